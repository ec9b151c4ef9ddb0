"""A body to everything of a message but its reader: headers and encoded parts. Pure.

multipart/alternative with text first and HTML last (RFC 2046 section 5.1.4), both quoted-printable:
no byte of a feed stands on the wire unencoded. Left open are the reader's values and stories.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime

from digest.compose.assemble import Assembly, Having, joined
from digest.compose.headers import ascii_address, mailbox, phrase, structured, unstructured
from digest.compose.marks import SPOT, Mark, cut_up, seed_of
from digest.compose.quoted import check_piece
from digest.compose.render import contact_href
from digest.compose.tree import Nodes, tree_of
from digest.model.edition import Edition
from digest.model.message import Body, CompiledMessage, Pieces
from digest.model.newsroom import Publication

# Most wraps have neither, and then nothing of the name is encoded.
_OF_THE_NAME = frozenset({"name", "greeting"})


def compile_message(
    body: Body, publication: Publication, *, edition: Edition, created_at: datetime
) -> CompiledMessage:
    """The message of an edition without its readers. `edition` is the one `body` was rendered
    from; `created_at` becomes the Date.

    Raises ValueError for a body of another edition (no unsubscribe spot is found in it), and where
    the publication's addresses or names can't stand in a header.
    """
    seed = seed_of(edition)
    text_values, html_values = (_values_in(part, seed) for part in (body.text, body.html))
    if "unsubscribe_url" not in text_values & html_values:
        raise ValueError("the body has no unsubscribe spot of this edition")
    trees = tuple(tree_of(_ended(part), seed) for part in (body.text, body.html))
    bare, plain, brief = (
        _pieces(trees, Assembly(edition, having), boundary_of(edition)) for having in Having
    )
    head = _head(body.subject, publication, edition, created_at)
    head += _content_type(boundary_of(edition))
    is_greeting = not _OF_THE_NAME.isdisjoint(text_values | html_values)
    return CompiledMessage(check_piece(head), bare, plain, brief, is_greeting)


def _pieces(trees: tuple[Nodes, ...], assembly: Assembly, boundary: str) -> Pieces:
    text, html = (assembly.pieces(tree) for tree in trees)
    return joined(
        [
            _part_head(boundary, "plain"),
            *text,
            # The line end before a boundary belongs to it (RFC 2046 section 5.1.1).
            b"\r\n" + _part_head(boundary, "html"),
            *html,
            f"\r\n--{boundary}--\r\n".encode("ascii"),
        ]
    )


def boundary_of(edition: Edition) -> str:
    """The MIME boundary: the same for the same edition; its "=_" can't occur in quoted-printable
    (RFC 2045 section 6.7)."""
    told = f"{edition.publication}\0{edition.day.isoformat()}".encode()
    return f"=_{hashlib.sha256(told).hexdigest()[:24]}"


def _values_in(part: str, seed: str) -> frozenset[str]:
    """The names of a reader's values that occur in a part."""
    marks = (mark for mark in cut_up(part, seed) if isinstance(mark, Mark))
    return frozenset(mark.name for mark in marks if mark.code == SPOT)


def _part_head(boundary: str, subtype: str) -> bytes:
    return (
        f"--{boundary}\r\nContent-Type: text/{subtype}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    ).encode("ascii")


def _ended(content: str) -> str:
    """A part must not end in a soft line break (RFC 2045 section 6.7)."""
    return content.rstrip("\n") + "\n"


def _head(subject: str, publication: Publication, edition: Edition, created_at: datetime) -> bytes:
    """The fields that all recipients share, each line closed by CRLF."""
    day = edition.day
    domain = domain_of(publication)
    lines = [
        structured("From", mailbox(publication.from_name, publication.from_address)),
        structured("Reply-To", answer_address(publication)) if publication.reply_to else b"",
        structured("Date", format_datetime(created_at.astimezone(UTC))),
        unstructured("Subject", subject),
        # RFC 2919 section 3
        structured("List-Id", f"{phrase(publication.title)} <{publication.slug}.{domain}>"),
        *_list_fields(publication),
        # Four fields, none of them the reader's (support.google.com/mail/answer/6254652)
        structured("Feedback-ID", f"ed{day:%Y%m%d}:{publication.slug}:wrap:{_sender_id(domain)}"),
        structured("Precedence", "bulk"),
        structured("Auto-Submitted", "auto-generated"),  # RFC 3834 section 5
        structured("X-Auto-Response-Suppress", "OOF, AutoReply"),
        structured("Content-Language", publication.language),
        structured("MIME-Version", "1.0"),
    ]
    return b"".join(lines)


def _list_fields(publication: Publication) -> Iterator[bytes]:
    """RFC 2369 sections 3.1 and 3.5; List-Unsubscribe and List-Archive are merge's."""
    href = contact_href(publication.contact)
    if href and href.isascii() and " " not in href:
        yield structured("List-Help", f"<{href}>")
    yield structured("List-Owner", f"<mailto:{answer_address(publication)}>")


def answer_address(publication: Publication) -> str:
    """Where people's answers go: reply_to, else from_address; ASCII."""
    return ascii_address(publication.reply_to or publication.from_address)


def domain_of(publication: Publication) -> str:
    """The sender's own domain, as A-labels."""
    return ascii_address(publication.from_address).rpartition("@")[2].lower()


def _sender_id(domain: str) -> str:
    """5 to 15 characters that stay the same for a sender."""
    return (re.sub(r"[^a-z0-9]", "", domain) + "wrap0")[:15]


def _content_type(boundary: str) -> bytes:
    return f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n'.encode("ascii")
