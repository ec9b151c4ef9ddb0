"""A publication's editions as RSS 2.0 (https://www.rssboard.org/rss-specification). Pure.

A title is plain text; a description is HTML, so what a feed said is escaped twice: as text of that
HTML, and as text of the XML.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from email.utils import format_datetime
from html import escape
from xml.etree import ElementTree as ET

from digest.compose.plain import cut, tidy
from digest.compose.view import web_address
from digest.compose.words import words_for
from digest.model.archive import SentEdition
from digest.model.edition import Edition, Story
from digest.model.newsroom import Publication
from digest.web.social import picture_of

MOST_ITEMS = 20
MOST_HEADLINES = 12
KIND = "application/rss+xml"
_LEDE_LIMIT = 480
_ATOM = "http://www.w3.org/2005/Atom"


def rss_of(
    editions: Sequence[SentEdition], publication: Publication, *, base_url: str, about: str
) -> bytes:
    """The feed, as UTF-8 with its declaration; the editions are in order, the latest first.
    `base_url` has no slash at its end; `about` says what the feed is of."""
    home = f"{base_url}/{publication.slug}"
    rss = ET.Element("rss", {"version": "2.0", "xmlns:atom": _ATOM})
    channel = ET.SubElement(rss, "channel")
    _add(channel, "title", tidy(publication.title))
    _add(channel, "link", home)
    _add(channel, "description", tidy(about))
    _add(channel, "language", publication.language)
    modified_at = changed_at(editions)
    if modified_at:
        _add(channel, "lastBuildDate", format_datetime(modified_at, usegmt=True))
    ET.SubElement(channel, "atom:link", rel="self", type=KIND, href=f"{home}/feed.xml")
    for sent in editions:
        _add_item(channel, sent, home, publication.language)
    return bytes(ET.tostring(rss, encoding="utf-8", xml_declaration=True))


def changed_at(editions: Sequence[SentEdition]) -> datetime | None:
    """When the feed last got an edition; None for a feed of none. HTTP dates have whole seconds."""
    instants = [sent.changed_at.replace(microsecond=0) for sent in editions]
    return max(instants, default=None)


def description_of(edition: Edition, language: str) -> str:
    """An edition as a little HTML: the lead's picture and lede, then the other headlines."""
    return "".join(_paragraphs(edition, language))


def _add(parent: ET.Element, name: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, name, attributes).text = text


def _add_item(channel: ET.Element, sent: SentEdition, home: str, language: str) -> None:
    item = ET.SubElement(channel, "item")
    address = f"{home}/{sent.day}"
    _add(item, "title", tidy(sent.subject))
    _add(item, "link", address)
    _add(item, "guid", address, isPermaLink="true")
    _add(item, "pubDate", format_datetime(sent.created_at, usegmt=True))
    _add(item, "description", description_of(sent.edition, language))


def _paragraphs(edition: Edition, language: str) -> Iterator[str]:
    picture = picture_of(edition.lead)
    if picture:
        yield f'<p><img src="{escape(picture.url)}" alt="{escape(picture.alt)}"></p>'
    yield f"<p><strong>{_linked(edition.lead)}</strong></p>"
    lede = cut(tidy(edition.lead.lede), _LEDE_LIMIT)
    if lede:
        yield f"<p>{escape(lede)}</p>"
    others = edition.stories[1 : MOST_HEADLINES + 1]
    if others:
        lines = "".join(f"<li>{_linked(story)}</li>" for story in others)
        yield f"<p>{escape(words_for(language).in_this)}</p><ul>{lines}</ul>"


def _linked(story: Story) -> str:
    title, url = escape(tidy(story.title)), web_address(story.url)
    return f'<a href="{escape(url)}">{title}</a>' if url else title
