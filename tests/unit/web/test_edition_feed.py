"""RSS of editions: valid XML whatever a feed said, and whole addresses."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from html import unescape
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.archive import SentEdition
from digest.model.feeds import Image
from digest.web.edition_feed import changed_at, description_of, rss_of
from tests.unit.compose.editions import DAY, EDITION, FRENCH, LEAD, PUBLICATION

AT = datetime(2026, 3, 12, 21, 0, 5, 123456, tzinfo=UTC)
BASE = "https://wrap.porttide.example/news"
EVIL = "]]></title></item><script>alert(1)</script><img src=x onerror=alert(2)> & \"'"


def sent(**more: object) -> SentEdition:
    return replace(SentEdition(DAY, "A subject", AT, AT, EDITION), **more)  # type: ignore[arg-type]


def feed_of(*editions: SentEdition) -> bytes:
    return rss_of(editions, PUBLICATION, base_url=BASE, about="What it is")


def test_a_feed_reader_finds_everything() -> None:
    parsed = feedparser.parse(feed_of(sent(), sent(day=DAY - timedelta(days=1))))
    assert not parsed.bozo
    assert parsed.version == "rss20"
    assert (parsed.feed.title, parsed.feed.link) == ("The Evening Tide", f"{BASE}/evening-tide")
    assert (parsed.feed.description, parsed.feed.language) == ("What it is", "en")
    own = next(link for link in parsed.feed.links if link.rel == "self")
    assert (own.href, own.type) == (f"{BASE}/evening-tide/feed.xml", "application/rss+xml")
    first, second = parsed.entries
    assert (first.title, first.link) == ("A subject", f"{BASE}/evening-tide/2026-03-12")
    assert first.id == first.link
    assert parsedate_to_datetime(first.published) == AT.replace(microsecond=0)
    assert second.link.endswith("/2026-03-11")
    assert LEAD.lede in first.description
    assert "https://www.porttide.example/images/ferry.jpg" in first.description
    for story in EDITION.stories:
        assert story.title in unescape(first.description)
    assert "Dans ce bulletin" in description_of(EDITION, FRENCH.language)


def test_a_feed_of_none_is_a_feed() -> None:
    parsed = feedparser.parse(feed_of())
    assert not parsed.bozo
    assert parsed.entries == []
    assert "lastBuildDate" not in feed_of().decode()


def test_it_changed_when_an_edition_came_or_went_on() -> None:
    later = AT + timedelta(hours=5)
    assert changed_at([]) is None
    assert changed_at([sent()]) == AT.replace(microsecond=0)
    # Yesterday's was paused, and went on after today's.
    assert changed_at([sent(), sent(changed_at=later)]) == later.replace(microsecond=0)


def item_of(xml: bytes) -> dict[str, str]:
    item = ET.fromstring(xml).find("channel/item")
    assert item is not None
    assert len(list(item)) == 5
    return {child.tag: child.text or "" for child in item}


class Reader(HTMLParser):
    """A description as a feed reader renders it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("evil", [EVIL, "<![CDATA[<b>", "&amp;lt;script&amp;gt;"])
def test_a_headline_stays_a_headline(evil: str) -> None:
    image = Image("https://x.example/a.jpg?'\"<b>", evil)
    url = "https://x.example/\"onclick='alert(1)'"
    story = replace(LEAD, title=evil, lede=evil, image=image, url=url)
    item = item_of(feed_of(sent(subject=evil, edition=replace(EDITION, lead=story))))
    assert item["title"] == evil
    read = Reader(item["description"])
    assert {tag for tag, _ in read.tags} == {"p", "img", "strong", "a", "ul", "li"}
    assert read.tags[1] == ("img", {"src": "https://x.example/a.jpg?'\"<b>", "alt": evil})
    assert ("a", {"href": story.url}) in read.tags
    assert read.text.count(evil) == 2


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,<script>", None, "x"])
def test_only_addresses_on_the_web_are_links(url: str | None) -> None:
    image = Image(url, "alt") if url else None
    bare = replace(EDITION, lead=replace(LEAD, url=url, image=image), sections=())
    assert {tag for tag, _ in Reader(description_of(bare, "en")).tags} == {"p", "strong"}


@given(st.text(st.characters()))
def test_any_text_makes_valid_xml(text: str) -> None:
    story = replace(LEAD, title=text, lede=text, url=text, image=Image(text, text))
    edition = replace(EDITION, lead=story)
    xml = rss_of(
        [sent(subject=text, edition=edition)], replace(PUBLICATION, title=text),
        base_url=BASE, about=text,
    )  # fmt: skip
    assert len(item_of(xml)) == 5
