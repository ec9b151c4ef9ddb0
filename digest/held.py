"""Batches in hand: whom each still has to serve, and what is not settled about it. Pure.

Values that the desk keeps and changes; nothing else does.
"""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from digest.model.ledger import ClaimedBatch, Outcome
from digest.model.message import Recipient


@dataclass(slots=True, eq=False)
class Held:
    """A claimed batch. `renew_at`: by then the lease is asked for before another message leaves;
    `check_at`: by then it is asked who still wants the mail. `n_out` readers are on a line,
    `n_doubtful` were refused in a way that may say more of the relay than of them."""

    batch: ClaimedBatch
    waiting: deque[Recipient]
    renew_at: datetime
    check_at: datetime
    n_out: int = 0
    n_doubtful: int = 0
    is_ours: bool = True
    had_turn: bool = False

    @property
    def is_through(self) -> bool:
        """Whether each reader of it has an outcome that stands."""
        return self.is_ours and not self.waiting and not self.n_out and not self.n_doubtful

    def take_out(self, staying: Collection[int]) -> tuple[int, ...]:
        """Take those off the list who are not in `staying`; their ids in order."""
        gone = tuple(one.subscriber_id for one in self.waiting if one.subscriber_id not in staying)
        if gone:
            kept = (one for one in self.waiting if one.subscriber_id in staying)
            self.waiting = deque(kept)
        return gone


@dataclass(frozen=True, slots=True)
class Job:
    """One reader to serve."""

    recipient: Recipient
    held: Held = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reader whose address the relay refused, and how."""

    job: Job
    outcome: Outcome
    relay: str
