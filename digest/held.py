"""Batches in hand: whom each still has to serve, and what is not settled about it. Pure.

Values that the desk keeps and changes; nothing else does.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from digest.model.ledger import ClaimedBatch, Outcome
from digest.model.message import Recipient


@dataclass(slots=True, eq=False)
class Held:
    """A claimed batch. `renew_at`: by then the lease is asked for before another message leaves;
    `check_at`: by then it is asked who still wants the mail. Readers are `waiting`, or `out`: put
    aside, in a relay's queue, or on a line. `gone` are those of both who want no mail any more;
    `n_doubtful` were refused in a way that may say more of the relay than of them."""

    batch: ClaimedBatch
    waiting: deque[Recipient]
    renew_at: datetime
    check_at: datetime
    out: set[int] = field(default_factory=set)
    gone: frozenset[int] = frozenset()
    n_doubtful: int = 0
    is_ours: bool = True
    had_turn: bool = False

    @property
    def is_through(self) -> bool:
        """Whether each reader of it has an outcome that stands."""
        return self.is_ours and not self.waiting and not self.out and not self.n_doubtful

    @property
    def unserved(self) -> tuple[int, ...]:
        """The ids of all who have no outcome yet."""
        return (*self.out, *(one.subscriber_id for one in self.waiting))

    def take_out(self, gone: frozenset[int]) -> tuple[int, ...]:
        """Take those who want no mail any more off the list, their ids in order, and note it of
        those who are out."""
        self.gone = gone
        found = tuple(one.subscriber_id for one in self.waiting if one.subscriber_id in gone)
        if found:
            kept = (one for one in self.waiting if one.subscriber_id not in gone)
            self.waiting = deque(kept)
        return found


@dataclass(slots=True, eq=False)
class Job:
    """One reader to serve. `n_refused` refusals had been heard when the message was begun."""

    recipient: Recipient
    held: Held = field(repr=False)
    n_refused: int = 0


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """An attempt that came to nothing: the message has not left."""

    job: Job


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reader whom the relay refused for good, and how; the `number`-th of a run."""

    job: Job
    outcome: Outcome
    relay: str
    number: int


@dataclass(slots=True, eq=False)
class Standing:
    """How far a relay's refusals are believed: `doubtful` are those not proven yet, in order.
    `is_trusted` False: it was given up, and none of them is held against anybody."""

    has_accepted: bool = False
    is_trusted: bool = True
    doubtful: list[Refusal] = field(default_factory=list)

    def proven_by(self, n_refused: int) -> list[Refusal]:
        """Those that came before a message was begun, now accepted, which began after so many:
        the relay does not just refuse everybody. Each is told once.

        A message that was on its way already when the relay fell ill proves nothing of later ones.
        """
        if not self.is_trusted:
            return []
        proven = [one for one in self.doubtful if one.number <= n_refused]
        del self.doubtful[: len(proven)]
        return proven

    def proven_by_run(self) -> list[Refusal]:
        """Those left when a run went through in which the relay accepted something."""
        if not (self.has_accepted and self.is_trusted):
            return []
        proven, self.doubtful = self.doubtful, []
        return proven
