"""What the desk has put down: groups of attempts and outcomes, and refusals that turn out to be
failures. I/O: the database.
"""

from collections.abc import Sequence
from datetime import datetime

from digest.errors import StoreLockedError
from digest.held import Job, Refusal, Withdrawn
from digest.model.ledger import Concern, Delivery, DeliveryState
from digest.store.deliveries import record
from digest.store.engine import Store
from digest.store.outcomes import OutcomeWriter
from digest.terms import Terms

RECORD_TRIES = 3

# A delivery to commit; or with `hold` the job whose message is about to leave, or has not left.
Item = Delivery | Job | Withdrawn


class Scribe:
    """Holds one connection open, until `close()`; used by one thread at a time."""

    def __init__(self, store: Store, terms: Terms) -> None:
        self._store = store
        self._terms = terms
        self._writer = OutcomeWriter(store, has_attempts=terms.is_holding)

    def close(self) -> None:
        """Give the connection back."""
        self._writer.close()

    def write(self, items: Sequence[Item]) -> None:
        """Commit them. What the relay said must not be lost to a busy database: try again before
        giving up."""
        deliveries = [item for item in items if isinstance(item, Delivery)]
        jobs = [item for item in items if isinstance(item, Job)]
        now = self._terms.clock() if jobs else None
        attempts = [(job.held.batch, job.recipient.subscriber_id, now) for job in jobs if now]
        withdrawn = [
            (item.job.held.batch, item.job.recipient.subscriber_id)
            for item in items
            if isinstance(item, Withdrawn)
        ]
        for n_left in reversed(range(RECORD_TRIES)):
            try:
                lost = self._writer.write(
                    deliveries, attempts, withdrawn, self._carried(deliveries)
                )
                break
            except StoreLockedError:
                if not n_left:
                    raise
        for job in jobs if lost else ():
            if job.held.batch.id in lost:
                job.held.is_ours = False
        if deliveries:
            self._terms.on_outcomes([item.outcome for item in deliveries])

    def fail(self, refusals: Sequence[Refusal]) -> None:
        """Make failures of refusals that were put down as deferred; where it is the address that
        is refused, it gets no mail any more."""
        with self._store.write() as connection:
            for one in refusals:
                id_ = one.job.recipient.subscriber_id
                batch = one.job.held.batch
                delivery = self._terms.delivery(batch, id_, one.outcome, relay=one.relay)
                record(connection, [delivery._replace(is_attempt=False)])
                if one.outcome.concern is Concern.ADDRESS:
                    self._terms.suppress(connection, one.job.recipient, one.outcome)

    def _carried(self, deliveries: Sequence[Delivery]) -> list[tuple[str, datetime, int]]:
        if not self._terms.warming_up:
            return []
        return [
            (item.relay, item.at, 1)
            for item in deliveries
            if item.relay in self._terms.warming_up and item.outcome.state is DeliveryState.SENT
        ]
