"""The archive: editions as they were sent, without what was one reader's own; the list of them, by
month; and their feed.
I/O: the store.

Search engines are let in where the newsroom says so (`noindex = false`), and only here.
"""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime
from email.utils import format_datetime, parsedate_to_datetime

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from digest.compose.splice import page_of
from digest.compose.words import words_for
from digest.model.archive import SentEdition
from digest.model.ledger import EditionState
from digest.model.newsroom import Publication
from digest.store.archive import days_of_editions, whole_editions
from digest.store.editions import find_edition, get_body
from digest.store.engine import Store
from digest.web.answer import FOR_A_WHILE, edition_answer, feed_answer, page_answer
from digest.web.cards import about, edition_card, list_card
from digest.web.edition_feed import MOST_ITEMS, changed_at, rss_of
from digest.web.months import after, by_month, day_of, month_of, month_title, years_of
from digest.web.site import Site
from digest.web.social import with_tags

MOST_LISTED = 30
MOST_IN_A_MONTH = 31
# Nobody has an edition before its first message leaves.
PUBLIC = (EditionState.SENDING, EditionState.PAUSED, EditionState.SENT)


async def show_edition(site: Site, slug: str, request: Request) -> Response:
    """GET and HEAD /{publication}/{day}, and /{publication}/{month}, the list of its editions."""
    text = request.path_params["day"]
    month = month_of(text)
    if month is not None:
        return await _show_list(site, slug, month)
    day = day_of(text)
    if day is None:
        raise HTTPException(404)
    publication = site.publications[slug]
    found = await site.in_thread(_edition, site.store, publication, day, site.base_url)
    if found is None:
        raise HTTPException(404)
    html, modified_at = found
    etag = etag_of(html.encode("utf-8", "replace"))
    is_kept = is_current(request.headers, etag=etag, modified_at=modified_at)
    answer = edition_answer(
        None if is_kept else html, etag=etag, modified=format_datetime(modified_at, usegmt=True)
    )
    return _found_by_engines(answer, publication)


async def show_editions(site: Site, slug: str, _request: Request) -> Response:
    """GET and HEAD /{publication}: the latest editions, and the way to the others."""
    return await _show_list(site, slug, None)


async def show_feed(site: Site, slug: str, request: Request) -> Response:
    """GET and HEAD /{publication}/feed.xml. Its addresses must be whole, so there is no feed where
    no base URL is set."""
    if not site.base_url:
        raise HTTPException(404)
    publication = site.publications[slug]
    editions = await site.in_thread(_latest, site.store, slug, limit=MOST_ITEMS)
    xml = rss_of(editions, publication, base_url=site.base_url, about=about(publication))
    etag, modified_at = etag_of(xml), changed_at(editions)
    is_kept = is_current(request.headers, etag=etag, modified_at=modified_at)
    modified = format_datetime(modified_at, usegmt=True) if modified_at else None
    answer = feed_answer(None if is_kept else xml, etag=etag, modified=modified)
    return _found_by_engines(answer, publication)


def etag_of(content: bytes) -> str:
    """The tag of a page or feed: another one as soon as a byte differs."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def is_current(headers: Headers, *, etag: str, modified_at: datetime | None) -> bool:
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
    return modified_at is not None and since.tzinfo is not None and modified_at <= since


async def _show_list(site: Site, slug: str, month: date | None) -> Response:
    days, editions = await site.in_thread(_listed, site.store, slug, month)
    if month is not None and not editions:
        raise HTTPException(404)
    publication, look = site.publications[slug], site.looks[slug]
    words = words_for(look.language)
    # Relative: from /{publication} to what is below it, from a month to what is beside it.
    base = f"{slug}/" if month is None else ""
    is_more = len(days) > len(editions)
    page = site.pages.render(
        "editions",
        look,
        title=look.words.editions_title if month is None else month_title(month, words),
        months=by_month(editions, words, base=base),
        years=years_of(days, words, base=base, here=month) if is_more else (),
        all_href=f"../{slug}" if month else None,
        feed_href=f"{base}feed.xml" if site.base_url else None,
    )
    card = list_card(publication, site.base_url, editions, month=month)
    answer = page_answer(replace(page, html=with_tags(page.html, card)), cache=FOR_A_WHILE)
    return _found_by_engines(answer, publication)


def _found_by_engines(answer: Response, publication: Publication) -> Response:
    if not publication.noindex:
        del answer.headers["X-Robots-Tag"]
    return answer


def _edition(
    store: Store, publication: Publication, day: date, base_url: str
) -> tuple[str, datetime] | None:
    with store.read() as connection:
        record = find_edition(connection, publication.slug, day)
        if record is None or record.state not in PUBLIC or record.edition is None:
            return None
        body = get_body(connection, record.id)
    # Where no address is set, the page's own day leads to itself.
    view_url = f"{base_url}/{publication.slug}/{day}" if base_url else day.isoformat()
    page = page_of(body, record.edition, view_url=view_url)
    card = edition_card(publication, base_url, record, record.edition)
    # What was rendered never changes; HTTP dates have whole seconds.
    modified_at = record.created_at.astimezone(UTC).replace(microsecond=0)
    return with_tags(page, card), modified_at


def _latest(store: Store, slug: str, *, limit: int) -> tuple[SentEdition, ...]:
    with store.read() as connection:
        return whole_editions(connection, slug, states=PUBLIC, limit=limit)


def _listed(
    store: Store, slug: str, month: date | None
) -> tuple[tuple[date, ...], tuple[SentEdition, ...]]:
    """Every edition's day, and the editions to be listed."""
    with store.read() as connection:
        days = days_of_editions(connection, slug, states=PUBLIC)
        if month is None:
            return days, whole_editions(connection, slug, states=PUBLIC, limit=MOST_LISTED)
        return days, whole_editions(
            connection, slug, states=PUBLIC, since=month, until=after(month),
            limit=MOST_IN_A_MONTH,
        )  # fmt: skip
