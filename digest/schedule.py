"""`digest run`: polls feeds through the day, sends each publication's edition at its local hour.
I/O: clock, feeds, store, relay, log.

APScheduler only wakes us. Which night is due is computed anew at each tick (choose/window.py) and
whether it has been sent is the ledger's word, so a missed, doubled or late tick does no harm.
Publications are served one after the other.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from digest.choose.window import is_decided, next_due, night_due
from digest.errors import DigestError
from digest.logs import Logger
from digest.model.feeds import FeedResult, FeedStatus
from digest.model.ledger import EditionRecord, EditionState
from digest.model.newsroom import Publication
from digest.night import Night
from digest.night_report import Ending, NightReport
from digest.run import gather, send_night
from digest.sender import Clock
from digest.settings.load import Settings
from digest.store.batches import has_work
from digest.store.editions import find_edition, list_editions
from digest.store.engine import Store

TICK = timedelta(seconds=20)
# A feed's last word before the hour may be this old; then it is asked once more.
FRESH_ENOUGH = timedelta(minutes=2)
# A relay that refused is not asked again at once.
AFTER_TROUBLE = timedelta(minutes=5)
# So many of the latest editions are looked at for one that is not finished.
UNFINISHED = 7
OPEN = (EditionState.READY, EditionState.SENDING)


@dataclass
class Watch:
    """The loop's memory; losing it costs nothing but a repeated line in the log."""

    settings: Settings
    store: Store
    clock: Clock
    log: Logger
    stop: asyncio.Event
    polled_at: datetime | None = None
    missed: set[tuple[str, date]] = field(default_factory=set)
    resume_at: dict[str, datetime] = field(default_factory=dict)

    async def run(self) -> None:
        """Until `stop` is set: then nothing new is begun, and what is in hand is finished."""
        wake = asyncio.Event()
        scheduler = AsyncIOScheduler(timezone=UTC)
        # Every tick does all that is due, so ticks that come late or together may be one.
        scheduler.add_job(
            wake.set, IntervalTrigger(seconds=int(TICK.total_seconds())), coalesce=True,
            max_instances=1, misfire_grace_time=None,
        )  # fmt: skip
        scheduler.start()
        self._say_hello()
        try:
            while not self.stop.is_set():
                await self.tick()
                await _first_of(wake, self.stop)
                wake.clear()
        finally:
            scheduler.shutdown(wait=False)
            self.log.info("stopped")

    async def tick(self) -> None:
        """Do what is due now. What goes wrong is logged, and tried again at the next tick."""
        await self._guarded("tick", self._tick())

    async def _tick(self) -> None:
        due = [publication for publication in self.settings.publications if self._due(publication)]
        poll_every = timedelta(minutes=self.settings.gather.poll_every_min)
        await self._guarded("poll", self._poll(FRESH_ENOUGH if due else poll_every))
        for publication in due:
            night = self._due(publication)
            if night is not None and not self.stop.is_set():
                await self._guarded("send", self._send(night))

    def _due(self, publication: Publication) -> Night | None:
        """The night to work on: one whose hour has struck, else one left unfinished.

        A new night takes stories up to now, those of the last poll included, so that none of them
        counts as late, and thus new, another night.
        """
        now = self.clock()
        if now < self.resume_at.get(publication.slug, now):
            return None
        with self.store.read() as connection:
            catch_up = timedelta(hours=self.settings.deliver.catch_up_h)
            day = night_due(publication, now, catch_up=catch_up)
            if day is not None:
                tonight = find_edition(connection, publication.slug, day)
                if not is_decided(publication, tonight):
                    return Night(publication, day, now)
            latest = list_editions(connection, publication.slug, limit=UNFINISHED)
            self._report_missed(publication, latest)
            for record in latest:
                if record.state in OPEN and has_work(connection, record.id, now=now):
                    return Night(publication, record.day, record.cutoff)
        return None

    def _report_missed(self, publication: Publication, latest: Sequence[EditionRecord]) -> None:
        """Say once that last night's edition never was; a newsroom that begins has missed none."""
        night = night_due(publication, self.clock(), catch_up=timedelta(days=1))
        if night is None or night < min((record.day for record in latest), default=date.max):
            return
        if night in {record.day for record in latest if is_decided(publication, record)}:
            return
        if (publication.slug, night) not in self.missed:
            self.missed.add((publication.slug, night))
            advice = f"digest send --publication {publication.slug} --day {night}"
            self.log.warning(
                "night_missed",
                publication=publication.slug,
                day=night.isoformat(),
                to_send_it_now=advice,
            )

    async def _poll(self, poll_every: timedelta) -> None:
        now = self.clock()
        # A clock that was set back must not stop the polling.
        if self.polled_at is not None and timedelta() <= now - self.polled_at < poll_every:
            return
        self.polled_at = now
        results = await gather(
            self.settings, self.store, clock=self.clock, on_result=self._log_feed
        )
        self.log.info(
            "gathered",
            feeds=len(results),
            failed=sum(result.is_bad for result in results),
            new=sum(result.n_new for result in results),
            updated=sum(result.n_updated for result in results),
        )

    def _log_feed(self, result: FeedResult) -> None:
        if result.status is FeedStatus.FAILED:
            self.log.warning("feed_failed", feed=result.name, detail=result.detail)

    async def _send(self, night: Night) -> None:
        slug = night.publication.slug
        # Should this fail, the next try is not at the next tick but some minutes later.
        self.resume_at[slug] = self.clock() + AFTER_TROUBLE
        reports = await send_night(
            self.settings,
            self.store,
            night,
            clock=self.clock,
            stop=self.stop,
            on_start=self._log_start,
        )
        if all(_has_its_time(report, self.clock()) for report in reports):
            del self.resume_at[slug]
        for report in reports:
            self._log_report(report)

    def _log_start(self, record: EditionRecord) -> None:
        self.log.info(
            "sending",
            publication=record.publication,
            day=record.day.isoformat(),
            edition=record.id,
            recipients=record.n_total,
        )

    def _log_report(self, report: NightReport) -> None:
        self.log.info(
            "night",
            publication=report.publication,
            day=report.day.isoformat(),
            ending=report.ending.value,
            reason=report.reason,
            recipients=report.n_recipients,
            uncertain=report.n_uncertain,
            parked=report.n_parked,
            **dict(report.counts),
        )

    async def _guarded(self, what: str, work: Awaitable[None]) -> None:
        """Trouble that a person can end must not end the loop; a programming error does."""
        try:
            await work
        except (DigestError, OSError) as error:
            self.log.error(f"{what}_failed", kind=type(error).__name__, detail=str(error))

    def _say_hello(self) -> None:
        for publication in self.settings.publications:
            due = next_due(publication, self.clock())
            self.log.info("started", publication=publication.slug, next_due=due.isoformat())


def _has_its_time(report: NightReport, now: datetime) -> bool:
    """Whether the ledger says when to go on, if at all: otherwise each tick would begin a run."""
    if report.is_ok or report.reason:
        return report.is_ok
    is_over = report.ending is not Ending.INCOMPLETE
    return is_over or (report.retry_at is not None and report.retry_at > now)


async def _first_of(*events: asyncio.Event) -> None:
    waits = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
