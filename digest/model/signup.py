"""Readers who come by themselves: what they ask for, where they stand, letters to them. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from digest.model.readers import SubscriptionState, SuppressionReason


class LetterKind(Enum):
    """A mail to one reader, beside the editions."""

    CONFIRM = "confirm"
    ALREADY = "already"
    WELCOME = "welcome"


class LetterState(Enum):
    """waiting -> sent | failed."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Proof:
    """What somebody agreed to, in which words, and whence (CASL section 13). `page` is where the
    form stood, as the browser tells."""

    wording: str
    wording_version: str
    language: str
    page: str
    ip: str | None
    user_agent: str


@dataclass(frozen=True, slots=True)
class Request:
    """A posted form. `address` is folded; `topics` empty means every section."""

    publication: str
    address: str
    as_given: str
    name: str
    topics: tuple[str, ...]
    proof: Proof


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of an address for one publication. `letters` are those of the last day, each
    with the instant it was written; `is_barred_everywhere`: the suppression is for all."""

    subscriber_id: int | None = None
    state: SubscriptionState | None = None
    barred: SuppressionReason | None = None
    is_barred_everywhere: bool = False
    letters: tuple[tuple[LetterKind, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class Deed:
    """What to write. `state` None: the subscription stays as it is; `is_taken`: what the form
    says of name and topics replaces what was said; `is_lifted`: their suppression for the
    publication ends; `is_spent`: the pressed link is of no use any more."""

    state: SubscriptionState | None = None
    is_taken: bool = False
    is_noted: bool = False
    is_lifted: bool = False
    is_spent: bool = False
    letter: LetterKind | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """One that waits. `n_tries` counts the attempts begun; `language` is the reader's own."""

    id: int
    kind: LetterKind
    subscriber_id: int
    publication: str
    address: str
    language: str | None
    created_at: datetime
    n_tries: int
