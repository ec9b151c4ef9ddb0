"""Bad documents, each with what is said of it; never an exception, never more than one line."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.gather.parse import Parsed, parse
from digest.gather.raw import Unreadable
from tests.unit.gather.documents import RSS, URL, parsed, rss_item
from tests.unit.gather.test_clean import is_harmless
from tests.unit.gather.test_formats import ATOM_FERRY, JSON_FERRY, POST_FERRY, RSS_FERRY

LAUGHS = """<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha ha ha ha ha ha ha ha ha ha">
{}]><rss version="2.0"><channel><title>T</title><item><guid>1</guid><title>Joke &z;</title></item>
</channel></rss>""".format(
    "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'
        for before, name in zip("abcdefgh", "bcdefghz", strict=True)
    )
)
OUTSIDE = """<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<rss version="2.0"><channel><title>T</title><item><guid>1</guid><title>Read: &x;</title></item>
</channel></rss>"""
PAGE = """<!DOCTYPE html><html><head><title>The Tide</title>
<link rel="alternate" type="application/rss+xml" href="/feed.xml"></head><body>Hi</body></html>"""


def refusal(body: bytes, content_type: str = "application/xml") -> str:
    found = parse(body, content_type=content_type, url=URL, feed="tide")
    assert isinstance(found, Unreadable), found
    assert "\n" not in found.message
    return found.message


@pytest.mark.parametrize("body", [b"", b" \r\n\t", b"\xef\xbb\xbf", b"\x00\x00"])
def test_empty(body: bytes) -> None:
    assert refusal(body) == "the answer is empty"


def test_html_instead_of_xml() -> None:
    message = refusal(PAGE.encode(), "text/html")
    assert message == (
        "a web page (HTML) came instead of a feed; it names a feed at "
        "https://www.porttide.example/feed.xml"
    )
    assert refusal(b"<html><body>Log in</body></html>") == (
        "a web page (HTML) came instead of a feed"
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"Just some words.", "neither XML nor JSON"),
        (b"<?xml version='1.0'?><opml version='2.0'/>", "neither XML nor JSON"),
        (b'{"a": 1', "damaged JSON"),
        (b'{"a": 1}', "neither a JSON Feed nor WordPress"),
        (b"[1, 2]", "not WordPress posts"),
        (b"[" * 200_000, "damaged JSON: out of all measure"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not a feed"),
    ],
)
def test_something_else(body: bytes, words: str) -> None:
    assert words in refusal(body)


def test_a_feed_served_as_a_page_is_a_feed() -> None:
    body = rss_item("<title>T</title>")
    assert len(parsed(body, content_type="text/html; charset=utf-8").entries) == 1


@pytest.mark.parametrize(("cut", "n_whole"), [("title", 2), ("item", 2), ("guid", 2)])
def test_truncated_xml(cut: str, n_whole: int) -> None:
    items = "".join(f"<item><guid>{n}</guid><title>Story {n}</title></item>" for n in range(3))
    text = RSS.format(items)
    found = parsed(text[: text.rindex(f"</{cut}>")].encode())
    assert [entry.title for entry in found.entries] == ["Story 0", "Story 1"][:n_whole]
    assert found.warnings[0].startswith("damaged XML, read as far as possible: line ")


def test_billion_laughs() -> None:
    found = parsed(LAUGHS.encode())
    assert len(found.entries) == 1
    assert len(found.entries[0].title) < 50


def test_external_entity_is_not_read() -> None:
    assert "root:" not in parsed(OUTSIDE.encode()).entries[0].title


@pytest.mark.parametrize("declared", ["UTF-8", "ISO-8859-1", "us-ascii", "nonsense"])
@pytest.mark.parametrize("actual", ["utf-8", "cp1252"])
def test_wrong_charset(declared: str, actual: str) -> None:
    text = RSS.format("<item><guid>1</guid><title>L’été à Québec</title></item>")
    body = text.replace("UTF-8", declared).encode(actual)
    for content_type in ("text/xml", "text/xml; charset=iso-8859-1", "application/rss+xml"):
        assert parsed(body, content_type=content_type).entries[0].title == "L’été à Québec"


def test_wrong_charset_is_reported() -> None:
    body = RSS.format("<item><guid>1</guid><title>Été</title></item>").encode("cp1252")
    assert parsed(body).warnings == ("declared as utf-8, but it is cp1252",)


def test_duplicate_guids() -> None:
    items = "".join(
        f"<item><guid>same</guid><title>{title}</title><pubDate>{day} Mar 2026</pubDate></item>"
        for title, day in (("first", 10), ("newest", 12), ("older", 11))
    )
    found = parsed(RSS.format(items + "<item><title>other</title></item>").encode())
    assert [entry.title for entry in found.entries] == ["newest", "other"]
    assert found.entries[0].published_at == datetime(2026, 3, 12, tzinfo=UTC)
    assert found.warnings == ("2 entries share an id with a newer one and were left out",)


def test_too_many_entries() -> None:
    items = "".join(f"<item><guid>{n}</guid><title>{n}</title></item>" for n in range(2_010))
    found = parsed(RSS.format(items).encode())
    assert len(found.entries) == 2_000
    assert found.warnings == ("only the first 2000 of 2010 entries were read",)


SEEDS = (
    rss_item(RSS_FERRY),
    ATOM_FERRY.encode(),
    str(JSON_FERRY).replace("'", '"').encode(),
    str([POST_FERRY]).replace("'", '"').encode(),
    LAUGHS.encode(),
    PAGE.encode(),
)
SCRAPS = st.one_of(
    st.binary(max_size=8),
    st.sampled_from(
        [b"<![CDATA[", b"]]>", b"&#x0;", b"&#xD800;", b"<item>", b"</item>", b"<!DOCTYPE", b"{",
         b"\xff\xfe", b"&amp;lt;", b"<!--", b"xml:base='http://['", b"\xe2\x80\xae"]
    ),
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A real document with scraps put in, pieces cut out and an end cut off."""
    body = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(body)))
        gone = draw(st.integers(0, 20))
        body = body[:at] + draw(SCRAPS) + body[at + gone :]
    return body[: draw(st.integers(0, len(body)))] if draw(st.booleans()) else body


@given(st.one_of(st.binary(), mutated(), st.binary().map(lambda junk: SEEDS[0][:200] + junk)))
def test_parse_never_raises_and_is_harmless(body: bytes) -> None:
    found = parse(body, content_type="text/xml", url=URL, feed="tide")
    if isinstance(found, Unreadable):
        assert is_harmless(found.message)
        return
    assert isinstance(found, Parsed)
    for entry in found.entries:
        texts = (entry.key, entry.title, entry.lede, entry.byline, entry.dateline, entry.credit)
        assert entry.title
        assert all(map(is_harmless, (*texts, *entry.categories)))
        assert entry.url is None or entry.url.startswith(("http://", "https://"))
        assert entry.image is None or entry.image.url.startswith(("http://", "https://"))
    assert len({entry.key for entry in found.entries}) == len(found.entries)
    assert all(map(is_harmless, (found.title, *found.warnings)))
