"""Delivers an edition: lines to the relay, the desk between them and the ledger, one report.

I/O shell: claim -> envelope -> reply -> outcome -> record; judged by deliver/policy.py, carried out
here. A re-run goes on where the last one ended, however it ended. I/O: the relay and the database.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
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
    on_outcome: Callable[[Outcome], object],
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
        on_outcome=on_outcome,
        lease_s=lease_s,
    )
    run = _Run(Desk(store, terms), open_line=open_line, make_envelope=make_envelope, stop=stop)
    tally = await run.serve(n_connections)
    with store.write() as connection:
        finish_edition(connection, edition_id, now=clock())
    return _report(store, edition_id, tally, stop)


@dataclass(frozen=True, slots=True)
class _Tally:
    """What a run has come to so far."""

    n_sent: int = 0
    n_uncertain: int = 0
    streak: int = 0
    stopped_because: str = ""

    def after(self, outcome: Outcome) -> "_Tally":
        """With one more answer of the relay, and whether it ends the run."""
        is_sent = outcome.state is DeliveryState.SENT
        is_bad = outcome.concern is Concern.ADDRESS or outcome.code in (None, 421)
        streak = 0 if is_sent else self.streak + is_bad
        return replace(
            self,
            n_sent=self.n_sent + is_sent,
            n_uncertain=self.n_uncertain + outcome.is_uncertain,
            streak=streak,
            stopped_because=self.stopped_because or _why_stop(outcome, streak),
        )


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
        self._has_opened = asyncio.Event()
        self._n_opened = 0
        self._relay_error: RelayError | None = None
        self._error: Exception | None = None

    async def serve(self, n_connections: int) -> _Tally:
        """Until nobody is left to serve, or something stops the run.

        Raises RelayError when no line could be opened; what went wrong with the store or a message
        is raised once the other lines have booked what they had in hand.
        """
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
            if number > 0:
                # One line first: a wrong password is said once, not n_connections times.
                await self._has_opened.wait()
            await self._talk()
        except RelayError as error:
            self._relay_error = error
        except Exception as error:
            self._error = self._error or error
        finally:
            if number == 0:
                self._has_opened.set()

    async def _talk(self) -> None:
        job = await self._next_job()
        if job is None:
            return
        try:
            async with self._open_line() as line:
                self._has_opened.set()
                self._n_opened += 1
                while job is not None:
                    job = await self._serve(line, job)
        except RelayError:
            if job is not None:
                self._desk.put_back(job)
            raise

    async def _serve(self, line: Line, job: Job) -> Job | None:
        """Serve one reader; the next one, or None when this line is through."""
        if self._is_over():
            self._desk.put_back(job)
            return None
        if await self._desk.may_send(job):
            outcome = judge(await line.send(self._make_envelope(job.recipient)))
            self._tally = self._tally.after(outcome)
            await self._desk.book(job, outcome)
        return await self._next_job()

    async def _next_job(self) -> Job | None:
        return None if self._is_over() else await self._desk.next_job()

    def _is_over(self) -> bool:
        is_unreachable = self._relay_error is not None and not self._n_opened
        is_stopped = self._stop.is_set() or bool(self._tally.stopped_because)
        return is_stopped or is_unreachable or self._error is not None

    def _without_lines(self, error: RelayError) -> _Tally:
        if not self._n_opened:
            raise error
        return replace(self._tally, stopped_because=self._tally.stopped_because or str(error))


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
