"""Delivers an edition: lines to the relay, the desk between them and the ledger, one report.

I/O shell: claim -> envelope -> reply -> outcome -> record; judged by deliver/policy.py, carried out
here. A re-run goes on where the last one ended, however it ended. I/O: the relay and the database.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.deliver.line import Line, OpenLine
from digest.deliver.policy import judge
from digest.desk import Desk, Job, Terms
from digest.errors import RelayError
from digest.model.ledger import (
    BatchState,
    Concern,
    DeliveryReport,
    DeliveryState,
    EditionState,
    Outcome,
)
from digest.model.message import Envelope, Recipient
from digest.store.batches import LEASE_S, adopt_orphans, count_open, hasten, next_claim_at
from digest.store.deliveries import LoadRecipients, Suppress, progress
from digest.store.editions import finish_edition, get_edition
from digest.store.engine import Store

N_CONNECTIONS = 4
STALE_AFTER = timedelta(hours=12)
# So many readers refused, or lines broken, without one message accepted in between: it is the
# relay and not the readers.
MAX_STREAK = 20
ASKED_TO_STOP = "It was asked to stop."
OPEN = (EditionState.READY, EditionState.SENDING)


async def deliver_edition(
    store: Store,
    edition_id: int,
    *,
    open_line: OpenLine,
    relay: str,
    make_envelope: Callable[[Recipient], Envelope],
    load_recipients: LoadRecipients,
    suppress: Suppress,
    on_outcomes: Callable[[Sequence[Outcome]], object],
    clock: Callable[[], datetime],
    stop: asyncio.Event,
    owner: str,
    n_connections: int = N_CONNECTIONS,
    stale_after: timedelta = STALE_AFTER,
    lease_s: float = LEASE_S,
    is_sole_sender: bool = False,
    is_eager: bool = False,
) -> DeliveryReport:
    """Serve everybody of the edition whom the ledger does not have an outcome for.

    `relay` is what the ledger calls it; `clock` gives aware UTC instants. `stop` drains: no new
    messages, replies awaited, outcomes committed. `is_sole_sender` is for the holder of the
    sending lock: what a dead process held is taken over without waiting for its lease. `is_eager`
    also takes what waits for its hour. An edition that is not open is only reported on.
    Raises RelayError when no line can be opened (nothing was sent), StoreError, LookupError.
    """
    with store.read() as connection:
        edition = get_edition(connection, edition_id)
    if edition.state not in OPEN:
        return _report(store, edition_id, _Tally(), stop)
    stale_at = edition.created_at + stale_after
    with store.write() as connection:
        if is_sole_sender:
            adopt_orphans(connection, edition_id)
        if is_eager or clock() >= stale_at:
            hasten(connection, edition_id)
    terms = Terms(
        edition_id=edition_id,
        publication=edition.publication,
        stale_at=stale_at,
        relay=relay,
        owner=owner,
        clock=clock,
        load_recipients=load_recipients,
        suppress=suppress,
        on_outcomes=on_outcomes,
        lease_s=lease_s,
    )
    desk = Desk(store, terms)
    try:
        run = _Run(desk, open_line=open_line, make_envelope=make_envelope, stop=stop)
        tally = await run.serve(n_connections)
    finally:
        desk.close()
    with store.write() as connection:
        finish_edition(connection, edition_id, now=clock())
    return _report(store, edition_id, tally, stop)


@dataclass(slots=True)
class _Tally:
    """What a run has come to so far."""

    n_sent: int = 0
    n_uncertain: int = 0
    streak: int = 0
    stopped_because: str = ""

    def note(self, outcome: Outcome) -> None:
        """Count one more answer of the relay, and see whether it ends the run."""
        if outcome.state is DeliveryState.SENT:
            self.n_sent += 1
            self.streak = 0
            return
        self.n_uncertain += outcome.is_uncertain
        self.streak += outcome.concern is Concern.ADDRESS or outcome.code in (None, 421)
        self.stopped_because = self.stopped_because or _why_stop(outcome, self.streak)


class _Run:
    """The lines of one run and why they stop."""

    def __init__(
        self,
        desk: Desk,
        *,
        open_line: OpenLine,
        make_envelope: Callable[[Recipient], Envelope],
        stop: asyncio.Event,
    ) -> None:
        self._desk = desk
        self._open_line = open_line
        self._make_envelope = make_envelope
        self._stop = stop
        self._tally = _Tally()
        self._opened: list[asyncio.Event] = []
        self._n_opened = 0
        self._relay_error: RelayError | None = None
        self._error: Exception | None = None

    async def serve(self, n_connections: int) -> _Tally:
        """Until nobody is left to serve, or something stops the run.

        Raises RelayError when no line could be opened; what went wrong with the store or a message
        is raised once the other lines have booked what they had in hand.
        """
        self._opened = [asyncio.Event() for _ in range(n_connections)]
        leases = asyncio.create_task(self._desk.keep_leases())
        try:
            await asyncio.gather(*(self._line(number) for number in range(n_connections)))
            has_left_over = self._desk.has_waiting
            if self._error is None:
                await self._desk.release()
                if not self._tally.stopped_because:
                    await self._desk.strike_off()
        finally:
            leases.cancel()
            await asyncio.wait([leases])
        if self._error is not None:
            raise self._error
        if self._relay_error is not None and has_left_over:
            return self._without_lines(self._relay_error)
        return self._tally

    async def _line(self, number: int) -> None:
        """One connection's life; a failure of it ends in a field and not in the other lines."""
        try:
            # One after the other: a wrong password is said once, and a relay is not taken by storm.
            if number > 0:
                await self._opened[number - 1].wait()
            await self._talk(number)
        except RelayError as error:
            self._relay_error = error
        except Exception as error:
            self._error = self._error or error
        finally:
            self._opened[number].set()

    async def _talk(self, number: int) -> None:
        if not self._n_opened and self._relay_error is not None:
            return
        job = await self._next_job()
        if job is None:
            return
        self._desk.put_back(job)
        async with self._open_line() as line:
            self._n_opened += 1
            self._opened[number].set()
            slots = [asyncio.ensure_future(self._slot(line)) for _ in range(line.n_slots)]
            for ended in await asyncio.gather(*slots, return_exceptions=True):
                if isinstance(ended, BaseException):
                    raise ended

    async def _slot(self, line: Line) -> None:
        """Serve one reader after the other over the line, which others use at the same time."""
        try:
            while (job := await self._next_job()) is not None:
                await self._serve(line, job)
        except Exception as error:
            # The other slots, and lines, stop too, each once it has booked what it has in hand.
            if not isinstance(error, RelayError):
                self._error = self._error or error
            raise

    async def _serve(self, line: Line, job: Job) -> None:
        if not await self._desk.may_send(job):
            self._desk.leave(job)
            return
        envelope = self._make_envelope(job.recipient)
        try:
            reply = await line.send(envelope)
        except RelayError:
            self._desk.put_back(job)
            raise
        outcome = judge(reply)
        self._tally.note(outcome)
        await self._desk.book(job, outcome)
        # Paused beyond its lease, a worker must let no further body leave.
        if await self._desk.may_send(job):
            line.settle(envelope)
        else:
            line.drop()

    async def _next_job(self) -> Job | None:
        return None if self._is_over() else await self._desk.next_job()

    def _is_over(self) -> bool:
        is_unreachable = self._relay_error is not None and not self._n_opened
        is_stopped = self._stop.is_set() or bool(self._tally.stopped_because)
        return is_stopped or is_unreachable or self._error is not None

    def _without_lines(self, error: RelayError) -> _Tally:
        if not self._n_opened:
            raise error
        self._tally.stopped_because = self._tally.stopped_because or str(error)
        return self._tally


def _why_stop(outcome: Outcome, streak: int) -> str:
    """Why no more should be sent after this outcome; "" to go on."""
    said = " ".join(part for part in (str(outcome.code or ""), outcome.text) if part)
    if outcome.concern is Concern.US:
        return f"The relay refuses our mail, whoever the reader: {said}"
    if streak >= MAX_STREAK:
        return (
            f"The relay took none of {streak} messages in a row. Is it the right one, and well? "
            f"Its last word: {said}"
        )
    return ""


def _report(store: Store, edition_id: int, tally: _Tally, stop: asyncio.Event) -> DeliveryReport:
    with store.read() as connection:
        edition = get_edition(connection, edition_id)
        is_open = edition.state in OPEN
        counts = progress(connection, edition_id) if is_open else edition.counts
        n_parked = count_open(connection, edition_id).get(BatchState.PARKED, 0)
        retry_at = next_claim_at(connection, edition_id)
    reason = tally.stopped_because or (ASKED_TO_STOP if stop.is_set() else "")
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
