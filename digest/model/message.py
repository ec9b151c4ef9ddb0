"""From the edition to the bytes on the wire. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Body:
    """An edition rendered once: subject, HTML with its CSS inlined, text. Personal spots are
    still the markers of compose/personal.py."""

    subject: str
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class PersonalSpot:
    """Where a value of the reader's own goes; `is_html` asks for HTML escaping."""

    name: str
    is_html: bool


@dataclass(frozen=True, slots=True)
class CompiledMessage:
    """Everything that is the same for each recipient, encoded; `merge()` joins the rest.

    `head` are the header lines that all share (CRLF, no empty line at the end). `parts` alternate:
    bytes that all share, then the name of a personal spot and its encoding, and so on.
    """

    head: bytes
    parts: tuple[bytes | PersonalSpot, ...]


@dataclass(frozen=True, slots=True)
class Recipient:
    """A subscriber as an edition sees them. `topics` empty = every section."""

    subscriber_id: int
    address: str
    name: str = ""
    topics: frozenset[str] = frozenset()
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is handed to a relay (RFC 5321 section 2.3.1): sender, one recipient, the bytes."""

    sender: str
    recipient: str
    message_id: str
    message: bytes
