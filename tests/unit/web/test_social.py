"""What other people's pages show of ours: whole, escaped, and the page else unchanged."""

from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.feeds import Image
from digest.web.social import (
    DESCRIPTION_LIMIT,
    Card,
    Picture,
    locale_of,
    picture_of,
    summary_of,
    tags_of,
    with_tags,
)
from tests.unit.compose.editions import EDITION, LEAD

CARD = Card("A title", "What it is", "The Evening Tide", "en-CA", is_indexed=False)
WHOLE = replace(
    CARD,
    url="https://wrap.example/evening-tide/2026-03-12",
    feed_url="https://wrap.example/evening-tide/feed.xml",
    picture=Picture("https://www.example/ferry.jpg", "A ferry", 1200, 675),
    published_at=datetime(2026, 3, 12, 21, tzinfo=UTC),
)


class Tags(HTMLParser):
    """Every tag with its attributes, as Python's own parser reads them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def said(html: str) -> dict[str, str | None]:
    """The tags' values by name."""
    return {
        str(given.get("name") or given.get("property") or given.get("rel")): given.get("content")
        or given.get("href")
        for _, given in Tags(html).seen
    }


def test_a_whole_card() -> None:
    assert said(tags_of(WHOLE)) == {
        "robots": "noindex",
        "description": "What it is",
        "canonical": "https://wrap.example/evening-tide/2026-03-12",
        "alternate": "https://wrap.example/evening-tide/feed.xml",
        "og:type": "article",
        "og:title": "A title",
        "og:description": "What it is",
        "og:url": "https://wrap.example/evening-tide/2026-03-12",
        "og:site_name": "The Evening Tide",
        "og:locale": "en_CA",
        "og:image": "https://www.example/ferry.jpg",
        "og:image:alt": "A ferry",
        "og:image:width": "1200",
        "og:image:height": "675",
        "article:published_time": "2026-03-12T21:00:00+00:00",
        "twitter:card": "summary_large_image",
    }


def test_what_is_not_known_is_not_said() -> None:
    assert said(tags_of(replace(CARD, is_indexed=True, language="mi"))) == {
        "description": "What it is",
        "og:type": "website",
        "og:title": "A title",
        "og:description": "What it is",
        "og:site_name": "The Evening Tide",
        "twitter:card": "summary",
    }


@given(st.text(st.characters(exclude_characters="\r\0", exclude_categories=["Cs"])))
def test_any_text_is_one_attributes_value(text: str) -> None:
    card = replace(WHOLE, title=text, description=text, site_name=text, url=text, feed_url=text,
                   picture=Picture(text, text, None, None))  # fmt: skip
    seen = Tags(tags_of(card)).seen
    assert {tag for tag, _ in seen} <= {"meta", "link"}
    for _, attributes in seen:
        assert set(attributes) <= {"name", "property", "content", "rel", "type", "title", "href"}
    assert (said(tags_of(card))["description"] or "") == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<!doctype html><html><head><title>T</title>", "</head><body>b</body></html>"),
        ("<html><head>", "</HEAD ><body>"),
        ("<head><!-- </head><body> -->", "</head>"),
        ("<head><style>/* </head> */</style>", "</head>"),
        ("<head><title></head></title>", "</head>"),
        ("<head><!--[if mso]><xml><o:A/></xml><![endif]-->", "</head>"),
        ('<head><meta content="</head>">', "</head>"),
        ("<head><meta content='\"</head>'>", "</head>"),
        ("<head><title>T</title>", "<body class=b>"),
        ("\n<!DOCTYPE html>", "<p>no head"),
        ("", "<p>nothing at all"),
        ("", "<!-- never closed </head"),
    ],
)
def test_the_tags_go_where_the_head_ends(before: str, after: str) -> None:
    assert with_tags(before + after, CARD) == before + tags_of(CARD) + after


@pytest.mark.parametrize("part", ["<!--", "<a '", "<style>", "<"])
def test_a_page_of_broken_tags_is_read_through_once_or_so(part: str) -> None:
    html = part * 2_000
    assert len(with_tags(html, CARD)) == len(html) + len(tags_of(CARD))


@pytest.mark.parametrize(
    ("language", "locale"),
    [
        ("en-CA", "en_CA"),
        ("fr-ca", "fr_CA"),
        ("zh-Hant-TW", "zh_TW"),
        ("en", "en_US"),
        ("FR", "fr_FR"),
        ("mi", ""),
        ("sr-Latn", ""),
    ],
)
def test_a_locale_has_a_country(language: str, locale: str) -> None:
    assert locale_of(language) == locale


def test_an_edition_in_a_sentence() -> None:
    summary = summary_of(EDITION)
    assert LEAD.lede.startswith(summary.rstrip("…"))
    assert len(summary) <= DESCRIPTION_LIMIT
    bare = replace(EDITION, lead=replace(LEAD, lede=" \n"))
    assert summary_of(bare).startswith("Ferry to Gannet Bay tied up for a third day")
    assert " · Boil-water advisory" in summary_of(bare)


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:image/svg+xml,<svg onload=alert(1)>", "//x.example/a.jpg",
     "https:///a.jpg", "https://x.example/a b.jpg", "https://x.example/\n", "https://[x/", ""],
)  # fmt: skip
def test_a_picture_is_on_the_web(url: str) -> None:
    assert picture_of(replace(LEAD, image=Image(url, "alt"))) is None


def test_a_picture_without_words_takes_the_headlines() -> None:
    picture = picture_of(replace(LEAD, image=Image("https://x.example/a.jpg")))
    assert picture == Picture("https://x.example/a.jpg", LEAD.title, None, None)
    assert picture_of(replace(LEAD, image=None)) is None
