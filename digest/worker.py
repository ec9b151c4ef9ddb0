"""Delivers an edition: lines to the relays, the desk between them and the ledger, one report.

I/O shell: claim -> envelope -> reply -> outcome -> record; judged by deliver/policy.py and
breaker.py, carried out here. A re-run goes on where the last one ended, however it ended. I/O: the
relays and the database.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.collector import rare_collections
from digest.deliver.breaker import RESUMED, Breaker, Seen, refusal_key
from digest.deliver.line import Line
from digest.deliver.policy import judge
from digest.desk import Desk
from digest.errors import RelayError, StoreError
from digest.held import Job
from digest.lines import REOPEN_AFTER_S, Lines
from digest.model.ledger import (
    BatchState,
    DeliveryReport,
    DeliveryState,
    EditionRecord,
    EditionState,
    Outcome,
)
from digest.model.message import Envelope, Recipient
from digest.store.batches import (
    LEASE_S,
    MAX_TRIES,
    adopt_orphans,
    count_open,
    has_work,
    hasten,
    next_claim_at,
)
from digest.store.deliveries import LoadRecipients, Suppress, progress
from digest.store.editions import finish_edition, get_edition, pause_edition, refresh_counts
from digest.store.engine import Store
from digest.store.seen import replies_so_far
from digest.terms import Terms
from digest.way import OpenWay, Way
from digest.ways import STALLED_S, Ways

STALE_AFTER = timedelta(hours=12)
# Asked to stop, a run waits so long for the replies it is owed; then it drops its lines.
DRAIN_S = 25.0
ASKED_TO_STOP = "It was asked to stop."
SPENT = "The warm-up allows no more messages today."
OPEN = (EditionState.READY, EditionState.SENDING)
Sign = Callable[[bytes], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Manner:
    """How an edition is delivered, beside to whom. `stale_after` its making it is old news.

    `is_sole_sender` is for the holder of the sending lock: what a dead process held is taken over
    without waiting for its lease. `is_eager` also takes what waits for its hour. `is_holding`: what
    may have been taken is held and never sent again. Asked to stop, replies are awaited for
    `drain_s` at most. A line that fails is made anew after each of `reopen_after_s`; a
    relay that lets nothing more leave for `stalled_s` has no share while another is well.
    """

    owner: str
    stale_after: timedelta = STALE_AFTER
    lease_s: float = LEASE_S
    is_sole_sender: bool = False
    is_eager: bool = False
    is_holding: bool = False
    drain_s: float = DRAIN_S
    reopen_after_s: tuple[float, ...] = REOPEN_AFTER_S
    stalled_s: float = STALLED_S


async def deliver_edition(
    store: Store,
    edition_id: int,
    *,
    ways: Sequence[Way],
    manner: Manner,
    make_envelope: Callable[[Recipient], Envelope],
    load_recipients: LoadRecipients,
    suppress: Suppress,
    on_outcomes: Callable[[Sequence[Outcome]], object],
    clock: Callable[[], datetime],
    stop: asyncio.Event,
    sign: Sign | None = None,
) -> DeliveryReport:
    """Serve everybody of the edition whom the ledger does not have an outcome for.

    `clock` gives aware UTC instants. `stop` drains: no new messages, replies awaited, outcomes
    committed. An edition that is not open is only reported on.
    Raises RelayError when no line can be opened (nothing was sent), SigningError, StoreError,
    LookupError.
    """
    with store.read() as connection:
        edition = get_edition(connection, edition_id)
    if edition.state not in OPEN:
        return _report(store, edition_id, _Tally(), "", is_stopped=stop.is_set())
    terms, seen = _prepare(store, edition, ways, manner, clock)
    desk = Desk(
        store,
        replace(terms, load_recipients=load_recipients, suppress=suppress, on_outcomes=on_outcomes),
    )
    run = _Run(
        desk,
        Breaker(seen),
        ways=ways,
        make_envelope=make_envelope,
        sign=sign,
        stop=stop,
        manner=manner,
    )
    try:
        with rare_collections():
            why = await run.serve(manner.drain_s)
    finally:
        desk.close()
    with store.write() as connection:
        if run.breaker.pause_because:
            pause_edition(connection, edition_id, reason=run.breaker.pause_because)
        if not finish_edition(connection, edition_id, now=clock()):
            refresh_counts(connection, edition_id)
            # Nobody is left over in hand where nothing could be claimed from the start.
            if not why and run.is_spent and has_work(connection, edition_id, now=clock()):
                why = SPENT
    return _report(store, edition_id, run.tally, why, is_stopped=stop.is_set())


def _prepare(
    store: Store,
    edition: EditionRecord,
    ways: Sequence[Way],
    manner: Manner,
    clock: Callable[[], datetime],
) -> tuple[Terms, Seen]:
    stale_at = edition.created_at + manner.stale_after
    with store.write() as connection:
        if manner.is_sole_sender:
            adopt_orphans(connection, edition.id)
        if manner.is_eager or clock() >= stale_at:
            hasten(connection, edition.id)
        n_sent, failed, refused = replies_so_far(connection, edition.id, since=edition.resumed_at)
    terms = Terms(
        edition_id=edition.id,
        publication=edition.publication,
        stale_at=stale_at,
        owner=manner.owner,
        clock=clock,
        lease_s=manner.lease_s,
        is_holding=manner.is_holding,
        warming_up=frozenset(way.label for way in ways if way.options.ramp is not None),
    )
    refusals: dict[str, int] = {}
    for reply, n in refused:
        key = refusal_key(judge(reply))
        if key:
            refusals[key] = refusals.get(key, 0) + n
    # Of an edition that was resumed somebody has looked at the list.
    n_failed = sum(n for _, n in failed)
    n_served = n_sent + n_failed
    if edition.resumed_at is not None:
        n_served = max(n_served, RESUMED.n_served)
    return terms, Seen(n_served, n_failed, refusals)


@dataclass(slots=True)
class _Tally:
    """What a run has come to so far."""

    n_sent: int = 0
    n_uncertain: int = 0

    def note(self, outcome: Outcome) -> None:
        """Count one more answer of a relay."""
        self.n_sent += outcome.state is DeliveryState.SENT
        self.n_uncertain += outcome.is_uncertain


class _Run:
    """The lines of one run and why they stop."""

    def __init__(
        self,
        desk: Desk,
        breaker: Breaker,
        *,
        ways: Sequence[Way],
        make_envelope: Callable[[Recipient], Envelope],
        sign: Sign | None,
        stop: asyncio.Event,
        manner: Manner,
    ) -> None:
        self.tally = _Tally()
        self.breaker = breaker
        self._desk = desk
        self._ways = Ways(
            ways,
            take=desk.next_job,
            put_back=desk.put_back,
            is_over=self._is_over,
            stalled_s=manner.stalled_s,
        )
        self._make_envelope = make_envelope
        self._sign = sign
        self._stop = stop
        self._lines = Lines(
            self._ways,
            serve=self._serve,
            fail=self._fail,
            expect=desk.expect,
            reopen_after_s=manner.reopen_after_s,
        )
        self._error: Exception | None = None

    async def serve(self, drain_s: float) -> str:
        """Until nobody is left to serve, or something stops the run: why, "" when it went through.

        Raises RelayError when no line could be opened; what went wrong with the store or a message
        is raised once the other lines have booked what they had in hand.
        """
        watchers = [
            asyncio.create_task(self._desk.keep_leases()),
            asyncio.create_task(self._end_drain(drain_s)),
        ]
        try:
            await self._lines.talk()
            has_left_over = self._desk.has_waiting
            if self._error is None and not self.breaker.has_tripped:
                await self._desk.strike_off()
            await self._release()
        finally:
            for watcher in watchers:
                watcher.cancel()
            await asyncio.wait(watchers)
        if self._error is not None:
            raise self._error
        error = self._ways.first_error if has_left_over else None
        if error is not None and not self._ways.n_opened:
            raise error
        return self._why(error)

    async def _release(self) -> None:
        """Give the batches back however the run ended: a batch whose holder is not heard of again
        counts as one that killed it, and waits for its lease."""
        try:
            await self._desk.release()
        except StoreError:
            # Of two troubles the first is told.
            if self._error is None:
                raise

    @property
    def is_spent(self) -> bool:
        """Whether only the warm-up keeps it from serving more."""
        return self._ways.is_spent and not self._stop.is_set()

    def _why(self, error: RelayError | None) -> str:
        # Asked to stop, a run leaves readers over, whatever else a relay said.
        trouble = "" if self._stop.is_set() else str(error or "")
        said = (self.breaker.pause_because, self.breaker.stop_because, trouble)
        return next(filter(None, said), "")

    async def _serve(self, way: OpenWay, line: Line, job: Job) -> None:
        envelope = self._make_envelope(job.recipient)
        if self._sign is not None:
            envelope = envelope._replace(message=await self._sign(envelope.message))
        if not (await self._desk.may_send(job) and await self._desk.attempt(job)):
            await self._desk.leave(job)
            return
        try:
            reply = await line.send(envelope)
        except RelayError:
            await self._desk.take_back(job)
            raise
        outcome = judge(reply)
        self.tally.note(outcome)
        if not_well := self.breaker.note(outcome, way.way.label):
            self._give_up(way, not_well)
        is_booked = False
        try:
            await self._desk.book(job, outcome, relay=way.way.label)
            # Paused beyond its lease, a worker must let no further body leave.
            is_booked = await self._desk.holds(job)
        finally:
            # What could not be booked leaves nobody waiting for room on the line.
            if is_booked:
                line.settle(envelope)
            else:
                line.drop()

    def _give_up(self, way: OpenWay, why: str) -> None:
        """The others get the readers of a relay that is not well; without others the run stops."""
        self._desk.distrust(way.way.label)
        self._ways.close(way, RelayError(why))
        if self._ways.error is not None:
            self.breaker.stop(why)

    async def _end_drain(self, drain_s: float) -> None:
        """What is not answered by then is uncertain: better than to be killed while it waits."""
        await self._stop.wait()
        self._ways.wake()
        await asyncio.sleep(drain_s)
        self._lines.hang_up()

    def _fail(self, error: Exception) -> None:
        self._error = self._error or error
        self._ways.wake()

    def _is_over(self) -> bool:
        return self._stop.is_set() or self.breaker.has_tripped or self._error is not None


def _report(
    store: Store, edition_id: int, tally: _Tally, why: str, *, is_stopped: bool
) -> DeliveryReport:
    with store.read() as connection:
        edition = get_edition(connection, edition_id)
        is_open = edition.state in (*OPEN, EditionState.PAUSED)
        counts: Mapping[str, int] = edition.counts
        if is_open:
            counts = progress(connection, edition_id)
        n_parked = count_open(connection, edition_id).get(BatchState.PARKED, 0)
        retry_at = next_claim_at(connection, edition_id)
    reasons = (why or (ASKED_TO_STOP if is_stopped else ""), _parked_words(n_parked))
    reason = " ".join(filter(None, reasons))
    return DeliveryReport(
        edition_id=edition_id,
        state=edition.state,
        n_total=edition.n_total,
        counts=counts,
        n_sent=tally.n_sent,
        n_uncertain=tally.n_uncertain,
        n_parked=n_parked,
        stopped_because=reason if is_open else "",
        retry_at=retry_at,
    )


def _parked_words(n: int) -> str:
    if not n:
        return ""
    many, them = ("1 batch is", "it") if n == 1 else (f"{n} batches are", "each of them")
    return f"{many} set aside: {MAX_TRIES} senders died over {them}. `digest send` tries again."
