"""RSS 0.9x to 2.0, RDF and Atom to raw entries (feedparser). Pure.

feedparser drops unsafe entity declarations and external ones (billion laughs, XXE) and, where the
XML is damaged, reads on loosely; what it then makes of a cut-off last item is not shown.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import feedparser

from digest.gather.clean import one_line, pixels
from digest.gather.images import ENCLOSURE, MEDIA_CONTENT, MEDIA_THUMBNAIL, is_picture
from digest.gather.raw import Markup, RawEntry, RawFeed, RawImage, Unreadable

_ITEM_END = re.compile(r"</(?:[a-z0-9]+:)?(?:item|entry)\s*>", re.IGNORECASE)
_CLOSED = re.compile(r"</(?:[a-z0-9]+:)?(?:rss|rdf|feed|channel|cdf)\s*>\s*", re.IGNORECASE)

Item = Any  # feedparser's dictionaries: everything is optional


class _Bytes:
    """A thing to read from: feedparser would take plain bytes for a file name."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self) -> bytes:
        return self._data


def read_xml(text: str, *, url: str) -> RawFeed | Unreadable:
    """All items of the document in its order. `url` is what relative links hang from."""
    try:
        document = _parsed(text, url)
    except Exception as error:  # whatever a foreign document brings out of the library
        return Unreadable(f"the XML can't be read ({type(error).__name__}: {one_line(str(error))})")
    if not document.entries and not document.version:
        return Unreadable("it is XML or text, but neither RSS, RDF nor Atom")
    entries, warnings = list(document.entries), []
    if _is_damaged(document):
        warnings.append(f"damaged XML, read as far as possible: {_where(document)}")
        if not _CLOSED.search(text) and len(entries) > len(_ITEM_END.findall(text)):
            entries.pop()
    feed = document.feed
    language = _text(feed, "language")
    return RawFeed(
        title=_text(feed, "title"),
        base=_text(feed, "link") or url,
        entries=tuple(_with_own_bases(_entry(item, language), url) for item in entries),
        warnings=tuple(warnings),
    )


def _parsed(text: str, url: str) -> Item:
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    body = _Bytes(text.encode("utf-8", "ignore"))
    # Cleaning is clean.py's work, and what relative links hang from is kept in `base`.
    return feedparser.parse(
        body, response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )


def _is_damaged(document: Item) -> bool:
    error = document.get("bozo_exception")
    return error is not None and hasattr(error, "getLineNumber")


def _where(document: Item) -> str:
    error = document["bozo_exception"]
    return f"line {error.getLineNumber()}, {one_line(error.getMessage())[:100]}"


def _entry(item: Item, feed_language: str) -> RawEntry:
    content = _longest(dict.get(item, "content") or ())
    return RawEntry(
        guid=_text(item, "id"),
        link=_text(item, "feedburner_origlink") or _text(item, "link"),
        title=_markup(dict.get(item, "title_detail")),
        summary=_summary(item),
        content=content,
        authors=tuple(_authors(item)),
        categories=tuple(_categories(item)),
        images=(*_enclosures(item), *_media(item)),
        published=tuple(_dates(item, "published", "created")),
        updated=tuple(_dates(item, "updated")),
        language=_language(item) or feed_language,
    )


def _with_own_bases(entry: RawEntry, url: str) -> RawEntry:
    """feedparser gives each text the feed's address for a base where no xml:base does; the story's
    own address is nearer (make_entry)."""
    summary, content = (
        replace(text, base="" if text.base == url else text.base)
        for text in (entry.summary, entry.content)
    )
    return replace(entry, summary=summary, content=content)


def _summary(item: Item) -> Markup:
    """A picture's media:description empties the detail of the summary, but not the summary."""
    detail = dict.get(item, "summary_detail") or {}
    return _markup({**detail, "value": _text(detail, "value") or _text(item, "summary")})


def _longest(details: Iterable[Item]) -> Markup:
    return _markup(max(details, key=lambda detail: len(_text(detail, "value")), default=None))


def _markup(detail: Item | None) -> Markup:
    """Only Atom can mean it when it says text/plain: RSS has no types, feedparser guesses them."""
    if not detail:
        return Markup()
    text = _text(detail, "value")
    is_html = "html" in _text(detail, "type") or "<" in text or "&" in text
    return Markup(text, is_html=is_html, base=_text(detail, "base"))


def _authors(item: Item) -> Iterable[str]:
    """As written where there is one: feedparser splits addresses under longer domains badly."""
    authors = dict.get(item, "authors") or ()
    if len(authors) < 2:
        yield _text(item, "author")
        return
    for author in authors:
        yield _text(author, "name")


def _categories(item: Item) -> Iterable[str]:
    for tag in dict.get(item, "tags") or ():
        yield _text(tag, "label") or _text(tag, "term")


def _enclosures(item: Item) -> Iterable[RawImage]:
    for link in dict.get(item, "links") or ():
        url, kind = _text(link, "href"), _text(link, "type")
        if link.get("rel") == "enclosure" and is_picture(kind=kind, medium="", url=url):
            yield RawImage(url, ENCLOSURE)


def _media(item: Item) -> Iterable[RawImage]:
    for media in dict.get(item, "media_content") or ():
        url, kind, medium = (_text(media, name) for name in ("url", "type", "medium"))
        if is_picture(kind=kind, medium=medium, url=url):
            yield _sized(media, url, MEDIA_CONTENT)
    for media in dict.get(item, "media_thumbnail") or ():
        yield _sized(media, _text(media, "url"), MEDIA_THUMBNAIL)


def _sized(media: Item, url: str, rank: int) -> RawImage:
    return RawImage(url, rank, width=pixels(media.get("width")), height=pixels(media.get("height")))


def _dates(item: Item, *names: str) -> Iterable[str | datetime]:
    """As written first; feedparser reads more formats, so its reading comes after."""
    for name in names:
        yield _text(item, name)
        if parsed := dict.get(item, f"{name}_parsed"):
            year, month, day, hour, minute, second = parsed[:6]
            yield datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)


def _language(item: Item) -> str:
    """xml:lang of the content, else of the title."""
    details = (*(dict.get(item, "content") or ()), dict.get(item, "title_detail") or {})
    return next(filter(None, (_text(detail, "language") for detail in details)), "")


def _text(item: Item, name: str) -> str:
    value = dict.get(item, name)
    return value if isinstance(value, str) else ""
