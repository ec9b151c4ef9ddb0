"""Who was sent what: replies, outcomes, batches, editions as recorded. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, IntEnum
from typing import NamedTuple

from digest.model.edition import Edition


class Phase(Enum):
    """Where in the conversation a reply came, or the line broke."""

    OWN = "own"  # before it: we refuse what the relay could not carry to this reader
    CONNECT = "connect"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"  # before the message left
    BODY = "body"  # after the message left


# Replies, outcomes and deliveries are made for each message: as NamedTuples they cost a third of
# what frozen dataclasses do.


class Reply(NamedTuple):
    """The relay's last word on one message. `code` None: the line broke or nothing came."""

    phase: Phase
    code: int | None
    enhanced: str = ""
    text: str = ""


class DeliveryState(IntEnum):
    """Outcome of (edition, subscriber); the order is the one in which an upsert may rise.

    HELD: it may have been taken, and is not sent again unless somebody says so.
    """

    DEFERRED = 1
    HELD = 2
    FAILED = 3
    EXPIRED = 4
    SUPPRESSED = 5
    SENT = 6


class Concern(Enum):
    """Whom a failure is about."""

    NOBODY = "nobody"
    ADDRESS = "address"
    US = "us"  # the sender, its host or the content: stops the run


class Outcome(NamedTuple):
    """What a reply means. `is_uncertain`: the message may or may not have been accepted. `is_own`:
    the relay was not asked, so nothing is said of it."""

    state: DeliveryState
    concern: Concern = Concern.NOBODY
    code: int | None = None
    enhanced: str = ""
    text: str = ""
    is_uncertain: bool = False
    is_own: bool = False


class EditionState(Enum):
    """composed edition: ready -> sending -> sent; paused: it waits for somebody to look; a night
    without one: skipped."""

    READY = "ready"
    SENDING = "sending"
    PAUSED = "paused"
    SENT = "sent"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class BatchState(Enum):
    """See docs/ledger.md."""

    READY = "ready"
    SENDING = "sending"
    DONE = "done"
    PARKED = "parked"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ClaimedBatch:
    """A batch this process may send until its lease ends.

    `todo` excludes final outcomes: ids never tried ascending, then the deferred ones ascending.
    `n_attempts` is the most that any of them has seen.
    """

    id: int
    edition_id: int
    epoch: int
    todo: tuple[int, ...]
    n_attempts: int = 0


class Delivery(NamedTuple):
    """A row of the ledger. `is_attempt` False: it only says more of an attempt counted before."""

    edition_id: int
    subscriber_id: int
    batch_id: int
    epoch: int
    outcome: Outcome
    relay: str
    at: datetime
    is_attempt: bool = True


@dataclass(frozen=True, slots=True)
class EditionRecord:
    """An edition as the store keeps it. `counts` by the name of DeliveryState, lower case."""

    id: int
    publication: str
    day: date
    state: EditionState
    since: datetime
    cutoff: datetime
    created_at: datetime
    sent_at: datetime | None
    n_total: int
    reason: str
    subject: str
    counts: Mapping[str, int]
    edition: Edition | None
    resumed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """How a run ended. `counts` are the ledger's, by the name of DeliveryState in lower case;
    `n_sent` and `n_uncertain` are this run's. `stopped_because` is "" when it went through;
    `retry_at` is when something can next be claimed: deferred readers' hour, or the lease of a
    worker that died; None: nothing waits. `n_parked` batches wait for an eager run."""

    edition_id: int
    n_total: int
    counts: Mapping[str, int]
    n_sent: int
    n_uncertain: int
    n_parked: int
    state: EditionState
    stopped_because: str = ""
    retry_at: datetime | None = None

    @property
    def is_finished(self) -> bool:
        """Whether nobody is left to serve, now or later."""
        return self.state not in (EditionState.READY, EditionState.SENDING, EditionState.PAUSED)
