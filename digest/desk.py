"""The desk between ledger and lines: hands out one reader at a time, books each outcome.

It holds the batches this process has claimed, renews their leases, and closes a batch when its
last reader has an outcome. Every outcome is committed before `book()` returns. I/O: the database.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

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

RECORD_TRIES = 3
UNSUBSCRIBED = Outcome(DeliveryState.SUPPRESSED, text="unsubscribed or suppressed")
# An address that the relay refused, and how.
Refusal = tuple[Recipient, Outcome]
EXPIRED = Outcome(DeliveryState.EXPIRED, text="the edition was old news")


@dataclass(frozen=True, slots=True)
class Terms:
    """What is the same for a whole run; `stale_at` is when the edition is old news."""

    edition_id: int
    publication: str
    stale_at: datetime
    relay: str
    owner: str
    clock: Callable[[], datetime]
    load_recipients: LoadRecipients
    suppress: Suppress
    on_outcome: Callable[[Outcome], object]
    lease_s: float = LEASE_S


@dataclass(slots=True)
class _Held:
    """A claimed batch: whom it still has to serve and how many are on a line."""

    batch: ClaimedBatch
    waiting: deque[Recipient]
    lease_until: datetime
    unsent: tuple[Outcome, ...] = ()
    n_out: int = 0
    is_ours: bool = True


@dataclass(frozen=True, slots=True)
class Job:
    """One reader to serve; given back by `book()` or `put_back()`."""

    recipient: Recipient
    held: _Held = field(repr=False)


class Desk:
    """Used by several connections of one event loop."""

    def __init__(self, store: Store, terms: Terms) -> None:
        self._store = store
        self._terms = terms
        self._held: list[_Held] = []
        self._claiming = asyncio.Lock()
        self._has_accepted = False
        self._doubtful: list[Refusal] = []

    async def next_job(self) -> Job | None:
        """The next reader, claiming another batch where needed; None when none can be claimed."""
        async with self._claiming:
            while (job := self._waiting_job()) is None:
                held = await asyncio.to_thread(self._claim)
                if held is None:
                    return None
                self._held.append(held)
                for outcome in held.unsent:
                    self._terms.on_outcome(outcome)
                await self._close_if_through(held)
        return job

    @property
    def has_waiting(self) -> bool:
        """Whether somebody of the batches held here is not served."""
        return any(held.waiting for held in self._held if held.is_ours)

    async def may_send(self, job: Job) -> bool:
        """Whether the batch is still ours, asked right before the message leaves: a process that
        was paused finds its lease gone. False: the reader is another worker's."""
        margin = timedelta(seconds=self._terms.lease_s / 6)
        if self._terms.clock() >= job.held.lease_until - margin:
            await self.renew_leases()
        if not job.held.is_ours:
            job.held.n_out -= 1
        return job.held.is_ours

    async def book(self, job: Job, outcome: Outcome) -> None:
        """Commit the outcome; with an accepted message also the suppression of the addresses that
        failed before it: now it is known that the relay does not just refuse everybody."""
        if outcome.state is DeliveryState.FAILED and outcome.concern is Concern.ADDRESS:
            self._doubtful.append((job.recipient, outcome))
        elif outcome.state is DeliveryState.SENT:
            self._has_accepted = True
        proven = self._take_doubtful() if outcome.state is DeliveryState.SENT else ()
        await asyncio.to_thread(self._write, job, outcome, proven)
        job.held.n_out -= 1
        self._terms.on_outcome(outcome)
        await self._close_if_through(job.held)

    async def strike_off(self) -> None:
        """Suppress what failed since the last accepted message; for a run that went through."""
        if self._has_accepted and self._doubtful:
            await asyncio.to_thread(self._suppress, self._take_doubtful())

    def put_back(self, job: Job) -> None:
        """The reader was not served: another line may."""
        job.held.n_out -= 1
        job.held.waiting.appendleft(job.recipient)

    async def renew_leases(self) -> None:
        """Renew once; what is lost to another worker is not handed out any further."""
        held = [item for item in self._held if item.is_ours]
        now = self._terms.clock()
        renewed = await asyncio.to_thread(self._renew, held, now)
        for item, is_ours in zip(held, renewed, strict=True):
            item.is_ours = is_ours
            item.lease_until = now + timedelta(seconds=self._terms.lease_s)

    async def keep_leases(self) -> None:
        """Renew for ever, three times a lease."""
        while True:
            await asyncio.sleep(self._terms.lease_s / 3)
            # may_send() asks again, and lets the error out, when it comes to matter.
            with contextlib.suppress(StoreError):
                await self.renew_leases()

    async def release(self) -> None:
        """Give back what is not finished, so that the next run need not wait for the lease."""
        for held in self._held:
            await asyncio.to_thread(self._release, held.batch)
        self._held.clear()

    def _waiting_job(self) -> Job | None:
        for held in self._held:
            if held.is_ours and held.waiting:
                held.n_out += 1
                return Job(held.waiting.popleft(), held)
        return None

    def _claim(self) -> _Held | None:
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
        return _Held(
            batch=claimed,
            waiting=deque(readers[id_] for id_ in claimed.todo if id_ in readers),
            lease_until=now + timedelta(seconds=terms.lease_s),
            unsent=(unsent,) * len(gone),
        )

    def _delivery(
        self, batch: ClaimedBatch, subscriber_id: int, outcome: Outcome, *, relay: str
    ) -> Delivery:
        now = self._terms.clock()
        return Delivery(batch.edition_id, subscriber_id, batch.id, batch.epoch, outcome, relay, now)

    def _take_doubtful(self) -> tuple[Refusal, ...]:
        taken, self._doubtful = tuple(self._doubtful), []
        return taken

    def _write(self, job: Job, outcome: Outcome, proven: Sequence[Refusal]) -> None:
        """What the relay said must not be lost to a busy database: try again before giving up."""
        for n_left in reversed(range(RECORD_TRIES)):
            try:
                return self._write_once(job, outcome, proven)
            except StoreLockedError:
                if not n_left:
                    raise
        return None

    def _write_once(self, job: Job, outcome: Outcome, proven: Sequence[Refusal]) -> None:
        row = self._delivery(
            job.held.batch, job.recipient.subscriber_id, outcome, relay=self._terms.relay
        )
        with self._store.write() as connection:
            record(connection, [row])
            for recipient, refusal in proven:
                self._terms.suppress(connection, recipient, refusal)

    def _suppress(self, refusals: Sequence[Refusal]) -> None:
        with self._store.write() as connection:
            for recipient, refusal in refusals:
                self._terms.suppress(connection, recipient, refusal)

    async def _close_if_through(self, held: _Held) -> None:
        if held.waiting or held.n_out or not held.is_ours:
            return
        if await asyncio.to_thread(self._close, held.batch):
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
