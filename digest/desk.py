"""The desk between ledger and lines: hands out one reader at a time, books each outcome.

It holds the batches this process has claimed, claims the next one before the last is used up,
renews leases, asks anew who still wants the mail, and closes a batch when its last reader has an
outcome. Every outcome is committed before `book()` returns. I/O: the database.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from digest.claims import KNOWN_FOR, UNSUBSCRIBED, Claims
from digest.clerk import Clerk
from digest.errors import StoreError
from digest.held import Held, Job, Refusal, Standing, Withdrawn
from digest.model.ledger import DeliveryState, Outcome
from digest.scribe import Item, Scribe
from digest.store.engine import Store
from digest.terms import Terms

# With fewer readers than this at hand, the next batch is claimed.
LOW = 250


class Desk:
    """Used by several tasks of one event loop, until `close()`."""

    def __init__(self, store: Store, terms: Terms) -> None:
        self._terms = terms
        self._held: list[Held] = []
        self._claim: asyncio.Task[None] | None = None
        self._is_all_claimed = False
        self._checking = asyncio.Lock()
        self._standings: defaultdict[str, Standing] = defaultdict(Standing)  # by the relay's name
        self._n_refused = 0
        self._claims = Claims(store, terms)
        self._scribe = Scribe(store, terms)
        self._clerk: Clerk[Item] = Clerk(self._scribe.write, has_thread=not store.is_sqlite)

    def close(self) -> None:
        """Let go of thread and connection; nothing may be under way."""
        self._clerk.close()
        self._scribe.close()

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
        job.n_refused = self._n_refused
        if now >= held.renew_at:
            await self.renew_leases()
        if held.is_ours and now >= held.check_at:
            # Whoever comes while the database is asked waits for its answer.
            async with self._checking:
                if now >= held.check_at:
                    await self._check(held, now)
        return held.is_ours and job.recipient.subscriber_id not in held.gone

    async def holds(self, job: Job) -> bool:
        """Whether the reader's batch is still ours, asked before another body may leave. Whether
        the reader still wants the mail that has left makes no difference."""
        if self._terms.clock() >= job.held.renew_at:
            await self.renew_leases()
        return job.held.is_ours

    async def attempt(self, job: Job) -> bool:
        """With `hold`: write down that the message may be on its way, before it is. False: the
        batch is another worker's."""
        if self._terms.is_holding:
            await self._clerk.record(job)
        return job.held.is_ours

    async def book(self, job: Job, outcome: Outcome, *, relay: str) -> None:
        """Commit the outcome that the relay of that name gave.

        A refused reader stays deferred until that relay accepts a later message: then it is known
        that the relay does not just refuse everybody, and the refusals so far become failures, with
        the suppression of dead addresses. However often it has refused somebody: a relay that is
        not well is so for hours.
        """
        held, standing = job.held, self._standings[relay]
        held.had_turn = True
        proven: list[Refusal] = []
        if outcome.state is DeliveryState.SENT:
            standing.has_accepted = True
            if standing.doubtful:
                proven = standing.proven_by(job.n_refused)
        elif outcome.state is DeliveryState.FAILED:
            held.n_doubtful += 1
            self._n_refused += 1
            refusal = Refusal(job, outcome, relay, self._n_refused)
            # Of the relay, our own refusal says nothing.
            (proven if outcome.is_own else standing.doubtful).append(refusal)
            outcome = outcome._replace(state=DeliveryState.DEFERRED)
        elif outcome.is_uncertain and self._terms.is_holding:
            outcome = outcome._replace(state=DeliveryState.HELD)
        id_ = job.recipient.subscriber_id
        await self._clerk.record(self._terms.delivery(held.batch, id_, outcome, relay=relay))
        held.out.discard(id_)
        if proven:
            await self._strike_off(proven)
        await self._close_if_through(held)

    def distrust(self, relay: str) -> None:
        """The relay of that name is not well: whom it has refused is only deferred."""
        self._standings[relay].is_trusted = False

    async def strike_off(self) -> None:
        """Make failures of the readers whom a relay refused after the last message that it
        accepted, if there was one; for a run that went through."""
        for standing in self._standings.values():
            if proven := standing.proven_by_run():
                await self._strike_off(proven)

    async def _strike_off(self, proven: Sequence[Refusal]) -> None:
        await self._clerk.ask(lambda: self._scribe.fail(proven))
        for refusal in proven:
            refusal.job.held.n_doubtful -= 1
            await self._close_if_through(refusal.job.held)

    async def leave(self, job: Job) -> None:
        """The reader is not ours to serve, or wants no mail any more."""
        held, id_ = job.held, job.recipient.subscriber_id
        if id_ in held.gone:
            await self._clerk.record(self._terms.delivery(held.batch, id_, UNSUBSCRIBED))
        held.out.discard(id_)
        await self._close_if_through(held)

    async def take_back(self, job: Job) -> None:
        """The message could not leave: another line may serve the reader. With `hold` the attempt
        is forgotten first, or the next holder of the batch would take it for one that died."""
        if self._terms.is_holding:
            await self._clerk.record(Withdrawn(job))
        self.put_back(job)

    def put_back(self, job: Job) -> None:
        """The reader was not served: another line may."""
        job.held.out.discard(job.recipient.subscriber_id)
        job.held.waiting.appendleft(job.recipient)

    async def renew_leases(self) -> None:
        """Renew once; what is lost to another worker is not handed out any further."""
        held = [item for item in self._held if item.is_ours]
        now = self._terms.clock()
        renewed = await self._clerk.ask(lambda: self._claims.renew(held, now))
        for item, is_ours in zip(held, renewed, strict=True):
            item.is_ours = is_ours
            item.renew_at = self._claims.renew_at(now)

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
        for held in tuple(self._held):
            held.n_doubtful = 0
            await self._close_if_through(held)
        left = [held for held in self._held if held.is_ours]
        self._held.clear()
        await self._clerk.ask(lambda: self._claims.release(left))

    def _waiting_job(self) -> Job | None:
        job = None
        n_waiting = 0
        for held in self._held:
            if held.is_ours and held.waiting:
                if job is None:
                    job = Job(held.waiting.popleft(), held)
                    held.out.add(job.recipient.subscriber_id)
                n_waiting += len(held.waiting)
        if n_waiting < LOW and self._claim is None and not self._is_all_claimed:
            self._claim = asyncio.create_task(self._claim_one())
        return job

    async def _claim_one(self) -> None:
        try:
            held = await self._clerk.ask(self._claims.claim)
            if held is None:
                self._is_all_claimed = True
            else:
                self._held.append(held)
                await self._close_if_through(held)
        finally:
            self._claim = None

    async def _check(self, held: Held, now: datetime) -> None:
        """Ask anew who of the batch still wants the mail, those included who are out: put aside,
        they may wait for minutes."""
        # Readers come and go while the database answers: only of these it says anything.
        asked = held.unserved
        staying = await self._clerk.ask(lambda: self._claims.load(asked))
        held.check_at = now + KNOWN_FOR
        for id_ in held.take_out(frozenset(asked).difference(staying)):
            await self._clerk.record(self._terms.delivery(held.batch, id_, UNSUBSCRIBED))

    async def _close_if_through(self, held: Held) -> None:
        if not held.is_through or held not in self._held:
            return
        if await self._clerk.ask(lambda: self._claims.close(held.batch)) and held in self._held:
            self._held.remove(held)
