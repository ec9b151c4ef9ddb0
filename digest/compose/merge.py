"""A compiled message and a reader to the envelope handed to the relay. Pure.

Same inputs, same bytes: a retry carries the same Message-ID, so that mailboxes that fold equal
ones hide a duplicate. Costs some tens of microseconds a reader.
"""

import hmac
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from urllib.parse import quote

from digest.compose.compile import answer_address, domain_of
from digest.compose.headers import ascii_address, mailbox, structured
from digest.compose.personal import (
    ONLY_PERSONAL,
    Personal,
    filled,
    markers_of,
    value_at,
    without_fences,
)
from digest.compose.plain import tidy
from digest.compose.quoted import encode_piece
from digest.model.edition import Edition
from digest.model.message import Body, CompiledMessage, Envelope, PersonalSpot, Recipient
from digest.model.newsroom import Publication


@dataclass(frozen=True, slots=True)
class Imprint:
    """What all envelopes of an edition share. `base_url` has no slash at its end; `key` is the
    install's secret; `sender` is the envelope sender, `answers` takes unsubscribe mails."""

    publication: str
    day: date
    sender: str
    answers: str
    base_url: str
    key: bytes

    @property
    def view_url(self) -> str:
        """The edition's page."""
        return f"{self.base_url}/{self.publication}/{self.day.isoformat()}"


@dataclass(frozen=True, slots=True)
class Tokens:
    """A reader's signed tokens (subscribe/token.py), one for each purpose."""

    unsubscribe: str
    preferences: str


def imprint_of(publication: Publication, day: date, *, base_url: str, key: bytes) -> Imprint:
    """The imprint of a publication's edition."""
    return Imprint(
        publication=publication.slug,
        day=day,
        sender=f"{publication.from_address.rpartition('@')[0]}@{domain_of(publication)}",
        answers=answer_address(publication),
        base_url=base_url.rstrip("/"),
        key=key,
    )


def merge(
    compiled: CompiledMessage, recipient: Recipient, *, imprint: Imprint, tokens: Tokens
) -> Envelope:
    """The reader's own message. Raises ValueError where the address can't stand in a header."""
    address = ascii_address(recipient.address)
    message_id = message_id_of(imprint, recipient.subscriber_id)
    values = personal_values(recipient, imprint=imprint, tokens=tokens)
    spots = {part: b"" for part in compiled.parts if isinstance(part, PersonalSpot)}
    for spot in spots:
        spots[spot] = encode_piece(value_at(values, spot.name, is_html=spot.is_html))
    own = _own_head(values, imprint, token=tokens.unsubscribe, message_id=message_id)
    to = structured("To", mailbox(values.reader_name, address))
    pieces = (part if isinstance(part, bytes) else spots[part] for part in compiled.parts)
    message = b"".join((compiled.head, to, own, b"\r\n", *pieces))
    return Envelope(imprint.sender, address, message_id, message)


def personal_values(recipient: Recipient, *, imprint: Imprint, tokens: Tokens) -> Personal:
    """What goes into the spots for this reader."""
    return Personal(
        unsubscribe_url=f"{imprint.base_url}/u/{tokens.unsubscribe}",
        preferences_url=f"{imprint.base_url}/p/{tokens.preferences}",
        view_url=imprint.view_url,
        reader_name=tidy(recipient.name),
        address=tidy(recipient.address),
    )


def message_id_of(imprint: Imprint, subscriber_id: int) -> str:
    """Stable over retries, unlike between readers, and silent about them: `<day.hmac@domain>`."""
    told = f"message-id\0{imprint.publication}\0{imprint.day.isoformat()}\0{subscriber_id}"
    mac = hmac.digest(imprint.key, told.encode(), sha256).hex()[:32]
    return f"<{imprint.day:%Y%m%d}.{mac}@{imprint.sender.rpartition('@')[2]}>"


def page_of(body: Body, edition: Edition, *, view_url: str) -> str:
    """The edition as a page for everybody: what is one reader's own is left out."""
    public = without_fences(ONLY_PERSONAL.sub("", body.html))
    neutral = Personal(view_url, view_url, view_url, reader_name="", address="")
    return filled(public, markers_of(edition), neutral, is_html=True)


def body_for(body: Body, edition: Edition, values: Personal) -> Body:
    """The body as one reader gets it, to look at (a preview)."""
    markers = markers_of(edition)
    html = filled(without_fences(body.html), markers, values, is_html=True)
    return Body(body.subject, html, filled(body.text, markers, values, is_html=False))


def _own_head(values: Personal, imprint: Imprint, *, token: str, message_id: str) -> bytes:
    """Message-ID and the list fields (RFC 2369, RFC 8058 section 3.1: an HTTPS URI must be there
    for one click; over plain HTTP, on a try-out, the promise is not made)."""
    mailto = f"mailto:{quote(imprint.answers, safe='@+')}?subject={quote(f'unsubscribe {token}')}"
    lines = [
        structured("Message-ID", message_id),
        structured("List-Unsubscribe", f"<{values.unsubscribe_url}>, <{mailto}>"),
        structured("List-Archive", f"<{imprint.base_url}/{imprint.publication}>"),
    ]
    if values.unsubscribe_url.startswith("https://"):
        lines.append(structured("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    return b"".join(lines)
