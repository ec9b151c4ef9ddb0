"""What search engines and other people's pages show of one of ours: title, description, picture.
Pure.

Open Graph (https://ogp.me), `robots`, the canonical address and the feed of editions, put at the
end of a page's head; nothing else of the page is changed. What a template already says itself comes
first, and readers of these tags take the first. Every value is foreign: it stands in a
double-quoted attribute, escaped.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape

from digest.compose.plain import cut, tidy
from digest.compose.view import web_address
from digest.model.edition import Edition, Story

DESCRIPTION_LIMIT = 200
# What Open Graph calls a language whose country the newsroom did not say.
_LOCALES = {"en": "en_US", "fr": "fr_FR"}
# The head's end, or else where the body begins. Neither is what stands in a comment, a style block,
# a title or an attribute: libxml2 writes "<" into attributes as it is. Possessive, so that no text
# makes it slow.
_HEAD_END = re.compile(
    r"""<!--.*?-->|<(style|script|title)\b.*?</\1\s*>|(?P<end></head\s*>|<body\b)"""
    r"""|<[a-z](?:[^>"']++|"[^"]*+"|'[^']*+')*+>""",
    re.DOTALL | re.IGNORECASE,
)
_DOCTYPE = re.compile(r"\s*<!doctype[^>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Picture:
    """An image on the web; sizes in px where they are known."""

    url: str
    alt: str
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class Card:
    """A page in short. `url` and `feed_url` are "" where no base URL is set; `published_at` is for
    an edition, None for a list of them."""

    title: str
    description: str
    site_name: str
    language: str
    is_indexed: bool
    url: str = ""
    feed_url: str = ""
    picture: Picture | None = None
    published_at: datetime | None = None


def summary_of(edition: Edition) -> str:
    """An edition in a sentence or two: the lead's lede, else the headlines."""
    lede = tidy(edition.lead.lede)
    headlines = " · ".join(tidy(story.title) for story in edition.stories)
    return cut(lede or headlines, DESCRIPTION_LIMIT)


def picture_of(story: Story) -> Picture | None:
    """The story's image; None for what has no http(s) address."""
    image = story.image
    url = web_address(image.url) if image else None
    if image is None or url is None:
        return None
    return Picture(url, tidy(image.alt) or tidy(story.title), image.width, image.height)


def locale_of(language: str) -> str:
    """Open Graph's "fr_CA" for an RFC 5646 tag; "" for a language whose country is not known."""
    primary, *rest = language.split("-")
    region = next((part.upper() for part in rest if len(part) == 2 and part.isalpha()), "")
    return f"{primary.lower()}_{region}" if region else _LOCALES.get(primary.lower(), "")


def tags_of(card: Card) -> str:
    """The tags, a line each."""
    return "".join(f"{tag}\n" for tag in _tags(card))


def with_tags(html: str, card: Card) -> str:
    """The page with the card's tags in its head, and else as it was."""
    at = _place(html)
    return html[:at] + tags_of(card) + html[at:]


def _place(html: str) -> int:
    for found in _HEAD_END.finditer(html):
        if found["end"]:
            return found.start()
    doctype = _DOCTYPE.match(html)
    return doctype.end() if doctype else 0


def _tags(card: Card) -> Iterator[str]:
    if not card.is_indexed:
        yield _meta("name", "robots", "noindex")
    yield _meta("name", "description", card.description)
    if card.url:
        yield f'<link rel="canonical" href="{escape(card.url)}">'
    if card.feed_url:
        yield (
            f'<link rel="alternate" type="application/rss+xml" title="{escape(card.site_name)}" '
            f'href="{escape(card.feed_url)}">'
        )
    for name, value in _properties(card):
        if value:
            yield _meta("property", name, value)
    yield _meta("name", "twitter:card", "summary_large_image" if card.picture else "summary")


def _properties(card: Card) -> Iterator[tuple[str, str]]:
    yield "og:type", "article" if card.published_at else "website"
    yield "og:title", card.title
    yield "og:description", card.description
    yield "og:url", card.url
    yield "og:site_name", card.site_name
    yield "og:locale", locale_of(card.language)
    if card.picture:
        yield "og:image", card.picture.url
        yield "og:image:alt", card.picture.alt
        yield "og:image:width", str(card.picture.width or "")
        yield "og:image:height", str(card.picture.height or "")
    if card.published_at:
        yield "article:published_time", card.published_at.isoformat()


def _meta(kind: str, name: str, content: str) -> str:
    return f'<meta {kind}="{name}" content="{escape(content)}">'
