"""What is the same for a whole run of an edition, and how its outcomes are put down. I/O: none by
itself; it holds what reads and writes the store.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.model.ledger import ClaimedBatch, Delivery, Outcome
from digest.model.message import Recipient
from digest.store.batches import LEASE_S
from digest.store.deliveries import LoadRecipients, Suppress


def _nobody(*_: object) -> Mapping[int, Recipient]:
    return {}


def _nothing(*_: object) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Terms:
    """`stale_at` is when the edition is old news. `is_holding`: what may have been taken is never
    sent again. `on_outcomes` hears of outcomes once they are committed, a group at a time; on
    PostgreSQL in the writing thread."""

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
    warming_up: frozenset[str] = frozenset()  # relays whose messages are counted by the day

    def delivery(
        self, batch: ClaimedBatch, subscriber_id: int, outcome: Outcome, *, relay: str = ""
    ) -> Delivery:
        """The ledger's row for what has just become of a reader."""
        now = self.clock()
        return Delivery(batch.edition_id, subscriber_id, batch.id, batch.epoch, outcome, relay, now)
