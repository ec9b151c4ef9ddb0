"""A run's batches in the database: claimed, held, closed, given back, each in one transaction.
I/O: the database.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from digest.deliver.policy import retry_after
from digest.held import Held
from digest.model.ledger import ClaimedBatch, DeliveryState, Outcome
from digest.model.message import Recipient
from digest.store.attempts import drop_attempts, hold_attempts
from digest.store.batches import claim_batch, close_batch, release_batch, renew_lease
from digest.store.deliveries import record
from digest.store.engine import Store
from digest.terms import Terms

# Who wants the mail is known as of so long ago, at most, when a message leaves.
KNOWN_FOR = timedelta(seconds=2)
UNSUBSCRIBED = Outcome(DeliveryState.SUPPRESSED, text="left, paused or suppressed meanwhile")
EXPIRED = Outcome(DeliveryState.EXPIRED, text="the edition was old news")


class Claims:
    """Whatever the thread that it is called in."""

    def __init__(self, store: Store, terms: Terms) -> None:
        self._store = store
        self._terms = terms

    def claim(self) -> Held | None:
        """The next batch with those of it who still want the mail; None when there is none. Who is
        not to be served has an outcome with the claim."""
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
            record(connection, [terms.delivery(claimed, id_, unsent) for id_ in gone])
        if gone:
            terms.on_outcomes((unsent,) * len(gone))
        return Held(
            batch=claimed,
            waiting=deque(readers[id_] for id_ in todo if id_ in readers),
            renew_at=self.renew_at(now),
            check_at=now + KNOWN_FOR,
        )

    def load(self, ids: Sequence[int]) -> Mapping[int, Recipient]:
        """Who of them still wants the mail."""
        with self._store.read() as connection:
            return self._terms.load_recipients(connection, self._terms.publication, ids)

    def renew(self, held: Sequence[Held], now: datetime) -> list[bool]:
        """Hold them longer; which of them are still ours."""
        lease_s = self._terms.lease_s
        with self._store.write() as connection:
            return [renew_lease(connection, item.batch, now=now, lease_s=lease_s) for item in held]

    def renew_at(self, now: datetime) -> datetime:
        """When a lease that begins now is to be asked for again before a message leaves."""
        return now + timedelta(seconds=self._terms.lease_s * 5 / 6)

    def close(self, batch: ClaimedBatch) -> bool:
        """Done, where each reader has an outcome; the deferred have their next hour."""
        wait: timedelta = retry_after(batch.n_attempts + 1, seed=batch.id)
        with self._store.write() as connection:
            return close_batch(connection, batch, retry_at=self._terms.clock() + wait)

    def release(self, left: Sequence[Held]) -> None:
        """Give them back unfinished."""
        with self._store.write() as connection:
            for held in left:
                release_batch(connection, held.batch, had_turn=held.had_turn)
