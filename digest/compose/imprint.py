"""What all envelopes of an edition share, and a reader's values made of it. Pure."""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from urllib.parse import quote

from digest.compose.compile import answer_address, domain_of
from digest.compose.headers import structured
from digest.compose.personal import Personal
from digest.compose.plain import tidy
from digest.compose.quoted import encode_piece
from digest.compose.words import Greeting, greeting_of, words_for
from digest.model.mac import StartedMac
from digest.model.message import Recipient
from digest.model.newsroom import Publication

# An address that needs no escaping in text, HTML or a link.
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9._~:/-]+")


class Tokens(NamedTuple):
    """A reader's signed tokens (subscribe/token.py), one for each purpose."""

    unsubscribe: str
    preferences: str


@dataclass(frozen=True, slots=True)
class Imprint:
    """`base_url` has no slash at its end; `key` is the install's secret; `sender` is the envelope
    sender, `answers` takes unsubscribe mails. What follows from these is worked out once."""

    publication: str
    day: date
    sender: str
    answers: str
    base_url: str
    key: bytes
    greeting: Greeting
    view_url: str = field(init=False, compare=False, repr=False)
    id_mac: StartedMac = field(init=False, compare=False, repr=False)
    id_start: str = field(init=False, compare=False, repr=False)
    id_end: str = field(init=False, compare=False, repr=False)
    mailto: str = field(init=False, compare=False, repr=False)
    list_lines: str = field(init=False, compare=False, repr=False)
    is_plain: bool = field(init=False, compare=False, repr=False)
    unsubscribe_start: bytes = field(init=False, compare=False, repr=False)
    preferences_start: bytes = field(init=False, compare=False, repr=False)
    view_piece: bytes = field(init=False, compare=False, repr=False)
    unsubscribe_room: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        day = self.day.isoformat()
        view_url = f"{self.base_url}/{self.publication}/{day}"
        mailto = f"mailto:{quote(self.answers, safe='@+')}"
        line = f"List-Unsubscribe: <{self.base_url}/u/>, <{mailto}?subject=unsubscribe%20>"
        made = {
            "view_url": view_url,
            "id_mac": StartedMac(self.key, f"message-id\0{self.publication}\0{day}\0".encode()),
            "id_start": f"<{self.day:%Y%m%d}.",
            "id_end": f"@{self.sender.rpartition('@')[2]}>",
            "mailto": mailto,
            "list_lines": _list_lines(self),
            "is_plain": _PLAIN_URL.fullmatch(view_url) is not None,
            "unsubscribe_start": encode_piece(f"{self.base_url}/u/"),
            "preferences_start": encode_piece(f"{self.base_url}/p/"),
            "view_piece": encode_piece(view_url),
            # What two tokens may take without a fold (RFC 5322 section 2.1.1).
            "unsubscribe_room": 76 - len(line),
        }
        for name, value in made.items():
            object.__setattr__(self, name, value)


def _list_lines(imprint: Imprint) -> str:
    """The list fields that all readers share (RFC 2369, RFC 8058 section 3.1: over plain HTTP, on
    a try-out, one click is not promised), and the empty line after a header."""
    archive = structured("List-Archive", f"<{imprint.base_url}/{imprint.publication}>")
    is_https = imprint.base_url.startswith("https://")
    post = structured("List-Unsubscribe-Post", "List-Unsubscribe=One-Click") if is_https else b""
    return (archive + post + b"\r\n").decode("ascii")


def imprint_of(publication: Publication, day: date, *, base_url: str, key: bytes) -> Imprint:
    """The imprint of a publication's edition."""
    return Imprint(
        publication=publication.slug,
        day=day,
        sender=f"{publication.from_address.rpartition('@')[0]}@{domain_of(publication)}",
        answers=answer_address(publication),
        base_url=base_url.rstrip("/"),
        key=key,
        greeting=greeting_of(words_for(publication.language), publication.send_at),
    )


def personal_values(recipient: Recipient, *, imprint: Imprint, tokens: Tokens) -> Personal:
    """What goes into the spots for this reader."""
    name = tidy(recipient.name)
    return Personal(
        unsubscribe_url=f"{imprint.base_url}/u/{tokens.unsubscribe}",
        preferences_url=f"{imprint.base_url}/p/{tokens.preferences}",
        view_url=imprint.view_url,
        name=name,
        address=tidy(recipient.address),
        greeting=imprint.greeting.to(name),
    )


def message_id_of(imprint: Imprint, subscriber_id: int) -> str:
    """Stable over retries, unlike between readers, and silent about them: `<day.hmac@domain>`."""
    mac = imprint.id_mac.digest(b"%d" % subscriber_id)
    return f"{imprint.id_start}{mac.hex()[:32]}{imprint.id_end}"
