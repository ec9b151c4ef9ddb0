"""The desk between ledger and lines: hands out one reader at a time, books each outcome.

It holds the batches this process has claimed, claims the next one before the last is used up,
renews leases, and closes a batch when its last reader has an outcome. Every outcome is committed
before `book()` returns. I/O: the database, by one writing thread.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from digest.clerk import Clerk
from digest.deliver.policy import retry_after
from digest.errors import StoreError, StoreLockedError
from digest.model.ledger import ClaimedBatch, Concern, Delivery, DeliveryState, Outcome
from digest.model.message import Recipient
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
UNSUBSCRIBED = Outcome(DeliveryState.SUPPRESSED, text="unsubscribed or suppressed")
EXPIRED = Outcome(DeliveryState.EXPIRED, text="the edition was old news")
# An address that the relay refused, and how.
Refusal = tuple[Recipient, Outcome]


@dataclass(frozen=True, slots=True)
class Terms:
    """What is the same for a whole run; `stale_at` is when the edition is old news. `on_outcomes`
    hears of outcomes once they are committed, a group at a time, in the writing thread."""

    edition_id: int
    publication: str
    stale_at: datetime
    relay: str
    owner: str
    clock: Callable[[], datetime]
    load_recipients: LoadRecipients
    suppress: Suppress
    on_outcomes: Callable[[Sequence[Outcome]], object]
    lease_s: float = LEASE_S


@dataclass(slots=True, eq=False)
class _Held:
    """A claimed batch: whom it still has to serve and how many are on a line. `renew_at`: by then
    the lease must be asked for before another message leaves."""

    batch: ClaimedBatch
    waiting: deque[Recipient]
    renew_at: datetime
    n_out: int = 0
    is_ours: bool = True


@dataclass(frozen=True, slots=True)
class Job:
    """One reader to serve; given back by `book()` or `put_back()`."""

    recipient: Recipient
    held: _Held = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Fact:
    """An outcome to commit, with the refusals that it has proven."""

    delivery: Delivery
    proven: tuple[Refusal, ...] = ()


class Desk:
    """Used by several tasks of one event loop, between `open()` and `close()`."""

    def __init__(self, store: Store, terms: Terms) -> None:
        self._store = store
        self._terms = terms
        self._held: list[_Held] = []
        self._claim: asyncio.Task[bool] | None = None
        self._is_all_claimed = False
        self._has_accepted = False
        self._doubtful: list[Refusal] = []
        self._writer = OutcomeWriter(store)
        self._clerk: Clerk[_Fact] = Clerk(self._write, has_thread=not store.is_sqlite)

    def close(self) -> None:
        """Let go of thread and connection; nothing may be under way."""
        self._clerk.close()
        self._writer.close()

    async def next_job(self) -> Job | None:
        """The next reader, claiming another batch where needed; None when none can be claimed."""
        while (job := self._waiting_job()) is None:
            if not await self._claim_more():
                return None
        return job

    @property
    def has_waiting(self) -> bool:
        """Whether somebody of the batches held here is not served."""
        return any(held.waiting for held in self._held if held.is_ours)

    async def may_send(self, job: Job) -> bool:
        """Whether the batch is still ours, asked right before a message leaves: a process that was
        paused finds its lease gone. False: the batch is another worker's."""
        if self._terms.clock() >= job.held.renew_at:
            await self.renew_leases()
        return job.held.is_ours

    async def book(self, job: Job, outcome: Outcome) -> None:
        """Commit the outcome; with an accepted message also the suppression of the addresses that
        failed before it: now it is known that the relay does not just refuse everybody."""
        proven: tuple[Refusal, ...] = ()
        if outcome.state is DeliveryState.SENT:
            self._has_accepted = True
            proven = self._take_doubtful()
        elif outcome.state is DeliveryState.FAILED and outcome.concern is Concern.ADDRESS:
            self._doubtful.append((job.recipient, outcome))
        held = job.held
        delivery = self._delivery(
            held.batch, job.recipient.subscriber_id, outcome, self._terms.relay
        )
        await self._clerk.record(_Fact(delivery, proven))
        held.n_out -= 1
        if not held.waiting and not held.n_out:
            await self._close_if_through(held)

    async def strike_off(self) -> None:
        """Suppress what failed since the last accepted message; for a run that went through."""
        if self._has_accepted and self._doubtful:
            taken = self._take_doubtful()
            await self._clerk.ask(lambda: self._suppress(taken))

    def leave(self, job: Job) -> None:
        """The reader is another worker's."""
        job.held.n_out -= 1

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
        if self._claim is not None:
            await self._claim
        for held in self._held:
            await self._clerk.ask(lambda batch=held.batch: self._release(batch))  # type: ignore[misc]
        self._held.clear()

    def _waiting_job(self) -> Job | None:
        n_waiting = 0
        job = None
        for held in self._held:
            if not held.is_ours:
                continue
            if job is None and held.waiting:
                held.n_out += 1
                job = Job(held.waiting.popleft(), held)
            n_waiting += len(held.waiting)
        if n_waiting < LOW and self._claim is None and not self._is_all_claimed:
            self._claim = asyncio.create_task(self._claim_one())
        return job

    async def _claim_more(self) -> bool:
        """Whether there may be somebody waiting now."""
        if self._claim is None:
            # Somebody else's claim ended while we were about to look.
            return not self._is_all_claimed or self.has_waiting
        return await asyncio.shield(self._claim) or self.has_waiting

    async def _claim_one(self) -> bool:
        try:
            held = await self._clerk.ask(self._claim_batch)
            if held is None:
                self._is_all_claimed = True
                return False
            self._held.append(held)
            await self._close_if_through(held)
            return True
        finally:
            self._claim = None

    def _claim_batch(self) -> _Held | None:
        terms = self._terms
        now = terms.clock()
        with self._store.write() as connection:
            claimed = claim_batch(
                connection, terms.edition_id, owner=terms.owner, now=now, lease_s=terms.lease_s
            )
            if claimed is None:
                return None
            readers: Mapping[int, Recipient] = {}
            if now < terms.stale_at:
                readers = terms.load_recipients(connection, terms.publication, claimed.todo)
            unsent = EXPIRED if now >= terms.stale_at else UNSUBSCRIBED
            gone = [id_ for id_ in claimed.todo if id_ not in readers]
            record(connection, [self._delivery(claimed, id_, unsent, relay="") for id_ in gone])
        if gone:
            terms.on_outcomes((unsent,) * len(gone))
        return _Held(
            batch=claimed,
            waiting=deque(readers[id_] for id_ in claimed.todo if id_ in readers),
            renew_at=self._renew_at(now),
        )

    def _renew_at(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self._terms.lease_s * 5 / 6)

    def _delivery(
        self, batch: ClaimedBatch, subscriber_id: int, outcome: Outcome, relay: str
    ) -> Delivery:
        now = self._terms.clock()
        return Delivery(batch.edition_id, subscriber_id, batch.id, batch.epoch, outcome, relay, now)

    def _take_doubtful(self) -> tuple[Refusal, ...]:
        if not self._doubtful:
            return ()
        taken, self._doubtful = tuple(self._doubtful), []
        return taken

    def _write(self, facts: Sequence[_Fact]) -> None:
        """What the relay said must not be lost to a busy database: try again before giving up."""
        deliveries = [fact.delivery for fact in facts]
        for n_left in reversed(range(RECORD_TRIES)):
            try:
                self._writer.write(deliveries)
                break
            except StoreLockedError:
                if not n_left:
                    raise
        self._suppress([refusal for fact in facts for refusal in fact.proven])
        self._terms.on_outcomes([item.outcome for item in deliveries])

    def _suppress(self, refusals: Sequence[Refusal]) -> None:
        if not refusals:
            return
        with self._store.write() as connection:
            for recipient, refusal in refusals:
                self._terms.suppress(connection, recipient, refusal)

    async def _close_if_through(self, held: _Held) -> None:
        if held.waiting or held.n_out or not held.is_ours:
            return
        if await self._clerk.ask(lambda: self._close(held.batch)) and held in self._held:
            self._held.remove(held)

    def _close(self, batch: ClaimedBatch) -> bool:
        wait: timedelta = retry_after(batch.n_attempts + 1, seed=batch.id)
        with self._store.write() as connection:
            return close_batch(connection, batch, retry_at=self._terms.clock() + wait)

    def _renew(self, held: Sequence[_Held], now: datetime) -> list[bool]:
        lease_s = self._terms.lease_s
        with self._store.write() as connection:
            return [renew_lease(connection, item.batch, now=now, lease_s=lease_s) for item in held]

    def _release(self, batch: ClaimedBatch) -> None:
        with self._store.write() as connection:
            release_batch(connection, batch)
