"""Editions as they were sent, without what was one reader's own, and the list of them.
I/O: the store.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime, parsedate_to_datetime

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from digest.compose.splice import page_of
from digest.compose.when import long_day
from digest.compose.words import words_for
from digest.model.ledger import EditionRecord, EditionState
from digest.store.editions import find_edition, get_body, list_editions
from digest.store.engine import Store
from digest.web.answer import FOR_A_WHILE, edition_answer
from digest.web.site import Site

MOST_LISTED = 60
# Nobody has an edition before its first message leaves.
PUBLIC = (EditionState.SENDING, EditionState.PAUSED, EditionState.SENT)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the list; `href` is relative to the list's address."""

    href: str
    day: str
    date: str
    subject: str


async def show_edition(site: Site, slug: str, request: Request) -> Response:
    """GET and HEAD /{publication}/{day}."""
    day = day_of(request.path_params["day"])
    if day is None:
        raise HTTPException(404)
    # Where no address is set, the page's own day leads to itself.
    view_url = f"{site.base_url}/{slug}/{day}" if site.base_url else day.isoformat()
    found = await site.in_thread(_edition, site.store, slug, day, view_url)
    if found is None:
        raise HTTPException(404)
    html, modified_at = found
    etag = f'"{hashlib.sha256(html.encode("utf-8", "replace")).hexdigest()[:32]}"'
    is_kept = is_current(request.headers, etag=etag, modified_at=modified_at)
    return edition_answer(
        None if is_kept else html, etag=etag, modified=format_datetime(modified_at, usegmt=True)
    )


async def show_editions(site: Site, slug: str, _request: Request) -> Response:
    """GET and HEAD /{publication}."""
    records = await site.in_thread(_sent, site.store, slug)
    listed = tuple(_listed(record, site.looks[slug].language) for record in records)
    return site.page("editions", site.looks[slug], cache=FOR_A_WHILE, editions=listed)


def day_of(text: str) -> date | None:
    """The date of "2026-03-12"; None for anything else, other spellings of a date too, so that an
    edition has one address."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def is_current(headers: Headers, *, etag: str, modified_at: datetime) -> bool:
    """Whether what the browser has is still right; the tag goes before the date (RFC 9110 section
    13.1.3)."""
    tags = headers.get("if-none-match")
    if tags is not None:
        known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return etag in known or "*" in known
    try:
        since = parsedate_to_datetime(headers.get("if-modified-since", ""))
    except ValueError:
        return False
    return since.tzinfo is not None and modified_at <= since


def _edition(store: Store, slug: str, day: date, view_url: str) -> tuple[str, datetime] | None:
    with store.read() as connection:
        record = find_edition(connection, slug, day)
        if record is None or record.state not in PUBLIC or record.edition is None:
            return None
        body = get_body(connection, record.id)
    # What was rendered never changes; HTTP dates have whole seconds.
    modified_at = record.created_at.astimezone(UTC).replace(microsecond=0)
    return page_of(body, record.edition, view_url=view_url), modified_at


def _sent(store: Store, slug: str) -> tuple[EditionRecord, ...]:
    with store.read() as connection:
        return list_editions(connection, slug, limit=MOST_LISTED, states=PUBLIC)


def _listed(record: EditionRecord, language: str) -> Listed:
    return Listed(
        href=f"{record.publication}/{record.day}",
        day=record.day.isoformat(),
        date=long_day(record.day, words_for(language)),
        subject=record.subject,
    )
