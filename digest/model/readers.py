"""Subscribers, their consent, and who gets no mail. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class SubscriptionState(Enum):
    """Subscriber x publication."""

    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"


class Frequency(Enum):
    """How often a reader wants the mail: which nights those are, subscribe/schedule.py says."""

    NIGHTLY = "nightly"
    WEEKDAYS = "weekdays"
    WEEKEND = "weekend"
    BIG_NEWS = "big_news"


@dataclass(frozen=True, slots=True)
class Consent:
    """How and when a reader agreed (CASL section 13): kept append-only. `note` also says what a
    reader changed, or why they left."""

    source: str
    at: datetime | None = None
    ip: str | None = None
    confirmed_at: datetime | None = None
    confirmed_ip: str | None = None
    note: str = ""
    wording: str = ""
    wording_version: str = ""
    language: str | None = None
    page: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a reader chooses for themselves. `topics` empty = every section; name and language are
    the reader's for all publications; a pause ends at `paused_until`."""

    name: str = ""
    language: str | None = None
    topics: tuple[str, ...] = ()
    frequency: Frequency = Frequency.NIGHTLY
    paused_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tonight:
    """Whom an edition is for: who asked for one of the frequencies and whose pause, if any, is
    over at that instant."""

    frequencies: frozenset[Frequency]
    at: datetime


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A reader of one publication, as listed and exported."""

    id: int
    address: str
    name: str
    language: str | None
    publication: str
    state: SubscriptionState
    topics: tuple[str, ...]
    created_at: datetime


class SuppressionReason(Enum):
    """Why an address gets no mail."""

    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    DISABLED = "disabled"
    BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a list that is taken in asks for one reader: to be subscribed, or, with `suppress`, to
    get no mail for that reason. `address` is folded (subscribe/address.py); `evidence` is what the
    list says of a suppression."""

    address: str
    as_given: str
    name: str
    topics: tuple[str, ...]
    language: str | None
    suppress: SuppressionReason | None
    evidence: str
    consent: Consent
