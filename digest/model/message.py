"""From the edition to the bytes on the wire. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Body:
    """An edition rendered once, with every story: subject, HTML with its CSS inlined, text.

    Both parts hold the marks of compose/marks.py: with them, the edition and the publication the
    message can be compiled again, and any reader's page shown.
    """

    subject: str
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class Selection:
    """What of an edition is one reader's, in their order: pairs of a section's slug and the ids
    of the stories they get of it. Empty = the lead alone; the lead is always in. Raises
    ValueError for a section without stories: leave it out."""

    sections: tuple[tuple[str, tuple[int, ...]], ...]

    def __post_init__(self) -> None:
        for slug, stories in self.sections:
            if not stories:
                raise ValueError(f"no stories of section {slug!r}")


class Quoting(Enum):
    """What a value must be escaped for where it stands; the value is the letter in a mark."""

    PLAIN = "p"
    TEXT = "t"
    ATTRIBUTE = "a"
    LINK = "u"


class Over(Enum):
    """What a loop runs over, or a condition asks for; the value is the letter in a mark."""

    SECTIONS = "S"
    BRIEF = "B"
    STORIES = "T"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a value of the reader's own goes."""

    name: str
    quoting: Quoting


# The key of a loop's item: a section's slug, a story's id.
Key = str | int


@dataclass(frozen=True, slots=True)
class FlatLoop:
    """A loop whose items are ready bytes, by key, for each position an item may get. `inner` or
    `last` are empty where no item has anything to say there. No mapping is ever changed."""

    over: Over
    first: Mapping[Key, bytes]
    inner: Mapping[Key, bytes]
    last: Mapping[Key, bytes]
    only: Mapping[Key, bytes]


@dataclass(frozen=True, slots=True)
class StoryLoops:
    """A loop over sections each of which is nothing but a FlatLoop over its stories: what else a
    section writes was joined to its first and last story."""

    over: Over
    first: Mapping[Key, FlatLoop]
    inner: Mapping[Key, FlatLoop]
    last: Mapping[Key, FlatLoop]
    only: Mapping[Key, FlatLoop]


@dataclass(frozen=True, slots=True)
class Heads:
    """A loop over sections that says something of each one's first story only: by its id."""

    over: Over
    items: Mapping[Key, bytes]


@dataclass(frozen=True, slots=True)
class Loop:
    """Any other loop: its items hold spots, loops or conditions of their own."""

    over: Over
    first: Mapping[Key, "Pieces"]
    inner: Mapping[Key, "Pieces"]
    last: Mapping[Key, "Pieces"]
    only: Mapping[Key, "Pieces"]


# Two bytes never follow one another.
Piece = bytes | Spot | FlatLoop | StoryLoops | Heads | Loop
Pieces = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class CompiledMessage:
    """Everything of a message but the reader, encoded once; `pick()` and `merge()` join it.

    `head` are the header lines that all share (CRLF, no empty line at the end). The body with its
    MIME boundaries, for a reader of the lead alone (`bare`), of few sections (`plain`) and of so
    many that there is a `brief`: so every condition on having any is decided. `is_greeting`:
    readers' names, or greetings with them, occur in it.
    """

    head: bytes
    bare: Pieces
    plain: Pieces
    brief: Pieces
    is_greeting: bool


# NamedTuples where one is made for each message: a frozen dataclass costs three times as much.


class Picked(NamedTuple):
    """A compiled message cut down to one selection: `pieces` in order, the second for a reader's
    own header lines; `places` are indices into it and which value goes there. `is_greeting`:
    readers' names are among those. The lists are never changed."""

    pieces: list[bytes]
    places: list[tuple[int, Spot]]
    is_greeting: bool


@dataclass(frozen=True, slots=True)
class Recipient:
    """A subscriber as an edition sees them. `topics` empty = every section."""

    subscriber_id: int
    address: str
    name: str = ""
    topics: frozenset[str] = frozenset()
    language: str | None = None


class Envelope(NamedTuple):
    """What is handed to a relay (RFC 5321 section 2.3.1): sender, one recipient, the bytes.

    A merged `message` is 7 bit, ends every line with CRLF, has no line above 998 octets (76 in
    the body) and is `is_dotless`: no line begins with a dot, so DATA carries the same bytes as
    BDAT (RFC 5321 section 4.5.2, RFC 3030). Looking for a dot costs more than all the rest of
    handing a message over.
    """

    sender: str
    recipient: str
    message_id: str
    message: bytes
    is_dotless: bool = False
