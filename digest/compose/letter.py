"""A letter, the mail to one reader, to the envelope handed to the relay. Pure.

Same inputs, same bytes: it is sent at least once, and a mailbox that folds equal Message-IDs shows
one. Its reader's own name is nowhere in it: whoever posts a form chooses that.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from digest.compose.compile import answer_address, domain_of
from digest.compose.headers import ascii_address, mailbox, structured, unstructured
from digest.compose.plain import tidy
from digest.compose.quoted import check_piece, encode_piece
from digest.model.message import Envelope
from digest.model.newsroom import Publication
from digest.model.signup import Letter


@dataclass(frozen=True, slots=True)
class LetterText:
    """A rendered letter; `language` is that of its words."""

    subject: str
    html: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class WayOut:
    """How its reader leaves, where a letter offers it: the page and the token in it."""

    unsubscribe_url: str
    token: str


def letter_envelope(
    letter: Letter,
    text: LetterText,
    publication: Publication,
    *,
    key: bytes,
    way_out: WayOut | None = None,
) -> Envelope:
    """The letter's message. Raises ValueError where an address can't stand in a header."""
    domain = domain_of(publication)
    recipient = ascii_address(letter.address)
    message_id = message_id_of(letter, domain, key=key)
    head = b"".join(
        (
            structured("From", mailbox(publication.from_name, publication.from_address)),
            structured("To", recipient),
            structured("Reply-To", answer_address(publication)) if publication.reply_to else b"",
            structured("Date", format_datetime(letter.created_at.astimezone(UTC))),
            structured("Message-ID", message_id),
            unstructured("Subject", tidy(text.subject)),
            b"" if way_out is None else _leaving(publication, way_out),
            structured("Auto-Submitted", "auto-generated"),  # RFC 3834 section 5
            structured("X-Auto-Response-Suppress", "OOF, AutoReply"),
            structured("Content-Language", text.language),
            structured("MIME-Version", "1.0"),
        )
    )
    sender = f"{publication.from_address.rpartition('@')[0]}@{domain}"
    boundary = f"=_{hashlib.sha256(message_id.encode()).hexdigest()[:24]}"
    message = head + _body(text, boundary=boundary)
    return Envelope(sender, recipient, message_id, check_piece(message), is_dotless=True)


def message_id_of(letter: Letter, domain: str, *, key: bytes) -> str:
    """Stable over retries, unlike between letters, and silent about them."""
    told = f"letter-id\0{letter.id}\0{letter.created_at.isoformat()}".encode()
    mac = hmac.digest(key, told, "sha256").hex()[:32]
    return f"<{_day(letter.created_at)}.{mac}@{domain}>"


def _day(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%d")


def _leaving(publication: Publication, way_out: WayOut) -> bytes:
    """RFC 2369 section 3.2, RFC 8058 section 3.1: over plain HTTP, on a try-out, one click is not
    promised."""
    answers = answer_address(publication)
    mailto = f"mailto:{answers}?subject=unsubscribe%20{way_out.token}"
    fields = structured("List-Unsubscribe", f"<{way_out.unsubscribe_url}>, <{mailto}>")
    if way_out.unsubscribe_url.startswith("https://"):
        fields += structured("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
    return fields


def _body(text: LetterText, *, boundary: str) -> bytes:
    """multipart/alternative, the text first (RFC 2046 section 5.1.4)."""
    parts = [f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n\r\n'.encode()]
    for subtype, content in (("plain", text.text), ("html", text.html)):
        head = (
            f"--{boundary}\r\nContent-Type: text/{subtype}; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        )
        # A part must not end in a soft line break (RFC 2045 section 6.7).
        parts += [head.encode(), encode_piece(content.rstrip("\n") + "\n"), b"\r\n"]
    return b"".join((*parts, f"--{boundary}--\r\n".encode()))
