"""The desk between ledger and lines: hands out one reader at a time, books each outcome.

It holds the batches this process has claimed, claims the next one before the last is used up,
renews leases, asks anew who still wants the mail, and closes a batch when its last reader has an
outcome. Every outcome is committed before `book()` returns. I/O: the database.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.clerk import Clerk
from digest.deliver.policy import retry_after
from digest.errors import StoreError, StoreLockedError
from digest.held import Held, Job, Refusal
from digest.model.ledger import ClaimedBatch, Concern, Delivery, DeliveryState, Outcome
from digest.model.message import Recipient
from digest.store.attempts import drop_attempts, hold_attempts
from digest.store.batches import (
    LEASE_S,
    claim_batch,
    close_batch,
    release_batch,
    renew_lease,
)
from digest.store.deliveries import LoadRecipients, Suppress, record
from digest.store.engine import Store
from digest.store.outcomes import OutcomeWriter

RECORD_TRIES = 3
# With fewer readers than this at hand, the next batch is claimed.
LOW = 250
# Who wants the mail is known as of so long ago, at most, when a message leaves.
KNOWN_FOR = timedelta(seconds=2)
UNSUBSCRIBED = Outcome(DeliveryState.SUPPRESSED, text="unsubscribed or suppressed")
EXPIRED = Outcome(DeliveryState.EXPIRED, text="the edition was old news")


def _nobody(*_: object) -> Mapping[int, Recipient]:
    return {}


def _nothing(*_: object) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Terms:
    """What is the same for a whole run; `stale_at` is when the edition is old news. `is_holding`:
    what may have been taken is never sent again. `has_gone_out`: earlier runs sent some of it.
    `on_outcomes` hears of outcomes once they are committed, a group at a time; on PostgreSQL in the
    writing thread."""

    edition_id: int
    publication: str
    stale_at: datetime
    owner: str
    clock: Callable[[], datetime]
    load_recipients: LoadRecipients = _nobody
    suppress: Suppress = _nothing
    on_outcomes: Callable[[Sequence[Outcome]], object] = _nothing
    lease_s: float = LEASE_S
    is_holding: bool = False
    has_gone_out: bool = False
    warming_up: frozenset[str] = frozenset()  # relays whose messages are counted by the day


# A delivery to commit, or with `hold` the job whose message is about to leave.
_Item = Delivery | Job


class Desk:
    """Used by several tasks of one event loop, until `close()`."""

    def __init__(self, store: Store, terms: Terms) -> None:
        self._store = store
        self._terms = terms
        self._held: list[Held] = []
        self._claim: asyncio.Task[None] | None = None
        self._is_all_claimed = False
        self._has_accepted = False
        self._doubtful: list[Refusal] = []
        self._writer = OutcomeWriter(store, has_attempts=terms.is_holding)
        self._clerk: Clerk[_Item] = Clerk(self._write, has_thread=not store.is_sqlite)

    def close(self) -> None:
        """Let go of thread and connection; nothing may be under way."""
        self._clerk.close()
        self._writer.close()

    def expect(self, n_in_flight: int) -> None:
        """So many messages may be on their way in all: half of their outcomes make a group."""
        self._clerk.wanted = max(1, n_in_flight // 2)

    async def next_job(self) -> Job | None:
        """The next reader, claiming another batch where needed; None when none can be claimed."""
        while (job := self._waiting_job()) is None:
            if self._claim is None:
                return None
            await asyncio.shield(self._claim)
        return job

    @property
    def has_waiting(self) -> bool:
        """Whether somebody of the batches held here is not served."""
        return any(held.waiting for held in self._held if held.is_ours)

    async def may_send(self, job: Job) -> bool:
        """Whether the reader is ours to serve and still wants the mail, asked right before a
        message leaves: a process that was paused finds its lease gone."""
        held, now = job.held, self._terms.clock()
        if now >= held.renew_at:
            await self.renew_leases()
        if held.is_ours and now >= held.check_at:
            return await self._check(job, now)
        return held.is_ours

    async def attempt(self, job: Job) -> bool:
        """With `hold`: write down that the message may be on its way, before it is. False: the
        batch is another worker's."""
        if self._terms.is_holding:
            await self._clerk.record(job)
        return job.held.is_ours

    async def book(self, job: Job, outcome: Outcome, *, relay: str) -> None:
        """Commit the outcome that the relay of that name gave.

        A refused address stays deferred until the relay accepts a message: then it is known that
        the relay does not just refuse everybody, and the refusals so far become failures, with the
        suppression of the addresses. Refused once more at another hour, an address has failed in
        any case, but nothing more is held against it.
        """
        held = job.held
        held.had_turn = True
        is_again = self._terms.has_gone_out and held.batch.n_attempts > 0
        if outcome.concern is Concern.ADDRESS and not is_again:
            held.n_doubtful += 1
            self._doubtful.append(Refusal(job, outcome, relay))
            outcome = replace(outcome, state=DeliveryState.DEFERRED)
        elif outcome.is_uncertain and self._terms.is_holding:
            outcome = replace(outcome, state=DeliveryState.HELD)
        proven: list[Refusal] = []
        if outcome.state is DeliveryState.SENT:
            self._has_accepted = True
            proven, self._doubtful = self._doubtful, []
        id_ = job.recipient.subscriber_id
        await self._clerk.record(self._delivery(held.batch, id_, outcome, relay=relay))
        held.n_out -= 1
        if proven:
            await self._strike_off(proven)
        await self._close_if_through(held)

    async def strike_off(self) -> None:
        """Make failures of the addresses refused since the last accepted message, if there was
        one; for a run that went through."""
        if self._has_accepted and self._doubtful:
            proven, self._doubtful = self._doubtful, []
            await self._strike_off(proven)

    async def _strike_off(self, proven: Sequence[Refusal]) -> None:
        await self._clerk.ask(lambda: self._fail(proven))
        for refusal in proven:
            refusal.job.held.n_doubtful -= 1
            await self._close_if_through(refusal.job.held)

    async def leave(self, job: Job) -> None:
        """The reader is not ours to serve, or wants no mail any more."""
        job.held.n_out -= 1
        await self._close_if_through(job.held)

    def put_back(self, job: Job) -> None:
        """The reader was not served: another line may."""
        job.held.n_out -= 1
        job.held.waiting.appendleft(job.recipient)

    async def renew_leases(self) -> None:
        """Renew once; what is lost to another worker is not handed out any further."""
        held = [item for item in self._held if item.is_ours]
        now = self._terms.clock()
        renewed = await self._clerk.ask(lambda: self._renew(held, now))
        for item, is_ours in zip(held, renewed, strict=True):
            item.is_ours = is_ours
            item.renew_at = self._renew_at(now)

    async def keep_leases(self) -> None:
        """Renew for ever, three times a lease."""
        while True:
            await asyncio.sleep(self._terms.lease_s / 3)
            # may_send() asks again, and lets the error out, when it comes to matter.
            with contextlib.suppress(StoreError):
                await self.renew_leases()

    async def release(self) -> None:
        """Give back what is not finished, so that the next run need not wait for the lease."""
        self._is_all_claimed = True
        if self._claim is not None:
            await self._claim
        for held in self._held:
            held.n_doubtful = 0
            await self._close_if_through(held)
        left = [held for held in self._held if held.is_ours]
        self._held.clear()
        await self._clerk.ask(lambda: self._release(left))

    def _waiting_job(self) -> Job | None:
        job = None
        n_waiting = 0
        for held in self._held:
            if held.is_ours and held.waiting:
                if job is None:
                    held.n_out += 1
                    job = Job(held.waiting.popleft(), held)
                n_waiting += len(held.waiting)
        if n_waiting < LOW and self._claim is None and not self._is_all_claimed:
            self._claim = asyncio.create_task(self._claim_one())
        return job

    async def _claim_one(self) -> None:
        try:
            held = await self._clerk.ask(self._claim_batch)
            if held is None:
                self._is_all_claimed = True
            else:
                self._held.append(held)
                await self._close_if_through(held)
        finally:
            self._claim = None

    def _claim_batch(self) -> Held | None:
        terms = self._terms
        now = terms.clock()
        with self._store.write() as connection:
            claimed = claim_batch(
                connection, terms.edition_id, owner=terms.owner, now=now, lease_s=terms.lease_s
            )
            if claimed is None:
                return None
            todo = claimed.todo
            if terms.is_holding:
                held = frozenset(hold_attempts(connection, claimed, now=now))
                todo = tuple(id_ for id_ in todo if id_ not in held)
            else:
                drop_attempts(connection, claimed)
            readers: Mapping[int, Recipient] = {}
            if now < terms.stale_at:
                readers = terms.load_recipients(connection, terms.publication, todo)
            unsent = EXPIRED if now >= terms.stale_at else UNSUBSCRIBED
            gone = [id_ for id_ in todo if id_ not in readers]
            record(connection, [self._delivery(claimed, id_, unsent, relay="") for id_ in gone])
        if gone:
            terms.on_outcomes((unsent,) * len(gone))
        return Held(
            batch=claimed,
            waiting=deque(readers[id_] for id_ in todo if id_ in readers),
            renew_at=self._renew_at(now),
            check_at=now + KNOWN_FOR,
        )

    async def _check(self, job: Job, now: datetime) -> bool:
        """Ask anew who of the batch still wants the mail; whether this reader does."""
        held = job.held
        held.check_at = now + KNOWN_FOR
        asked = (job.recipient.subscriber_id, *(one.subscriber_id for one in held.waiting))
        staying = await self._clerk.ask(lambda: self._load(asked))
        for id_ in held.take_out(staying):
            await self._clerk.record(self._delivery(held.batch, id_, UNSUBSCRIBED, relay=""))
        if job.recipient.subscriber_id in staying:
            return True
        gone = job.recipient.subscriber_id
        await self._clerk.record(self._delivery(held.batch, gone, UNSUBSCRIBED, relay=""))
        return False

    def _load(self, ids: Sequence[int]) -> Mapping[int, Recipient]:
        with self._store.read() as connection:
            return self._terms.load_recipients(connection, self._terms.publication, ids)

    def _renew_at(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self._terms.lease_s * 5 / 6)

    def _delivery(
        self, batch: ClaimedBatch, subscriber_id: int, outcome: Outcome, *, relay: str
    ) -> Delivery:
        now = self._terms.clock()
        return Delivery(batch.edition_id, subscriber_id, batch.id, batch.epoch, outcome, relay, now)

    def _write(self, items: Sequence[_Item]) -> None:
        """What the relay said must not be lost to a busy database: try again before giving up."""
        deliveries = [item for item in items if isinstance(item, Delivery)]
        jobs = [item for item in items if isinstance(item, Job)]
        now = self._terms.clock() if jobs else None
        attempts = [(job.held.batch, job.recipient.subscriber_id, now) for job in jobs if now]
        for n_left in reversed(range(RECORD_TRIES)):
            try:
                lost = self._writer.write(deliveries, attempts, self._carried(deliveries))
                break
            except StoreLockedError:
                if not n_left:
                    raise
        for job in jobs if lost else ():
            if job.held.batch.id in lost:
                job.held.is_ours = False
        if deliveries:
            self._terms.on_outcomes([item.outcome for item in deliveries])

    def _carried(self, deliveries: Sequence[Delivery]) -> list[tuple[str, datetime, int]]:
        if not self._terms.warming_up:
            return []
        return [
            (item.relay, item.at, 1)
            for item in deliveries
            if item.relay in self._terms.warming_up and item.outcome.state is DeliveryState.SENT
        ]

    def _fail(self, refusals: Sequence[Refusal]) -> None:
        with self._store.write() as connection:
            for one in refusals:
                id_ = one.job.recipient.subscriber_id
                delivery = self._delivery(one.job.held.batch, id_, one.outcome, relay=one.relay)
                record(connection, [replace(delivery, is_attempt=False)])
                self._terms.suppress(connection, one.job.recipient, one.outcome)

    async def _close_if_through(self, held: Held) -> None:
        if not held.is_through or held not in self._held:
            return
        if await self._clerk.ask(lambda: self._close(held.batch)) and held in self._held:
            self._held.remove(held)

    def _close(self, batch: ClaimedBatch) -> bool:
        wait: timedelta = retry_after(batch.n_attempts + 1, seed=batch.id)
        with self._store.write() as connection:
            return close_batch(connection, batch, retry_at=self._terms.clock() + wait)

    def _renew(self, held: Sequence[Held], now: datetime) -> list[bool]:
        lease_s = self._terms.lease_s
        with self._store.write() as connection:
            return [renew_lease(connection, item.batch, now=now, lease_s=lease_s) for item in held]

    def _release(self, left: Sequence[Held]) -> None:
        with self._store.write() as connection:
            for held in left:
                release_batch(connection, held.batch, had_turn=held.had_turn)
