"""Each format's fields end up in the same places of an Entry."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from digest.gather.parse import parse
from digest.gather.raw import Unreadable
from digest.model.feeds import Entry, Image
from tests.unit.gather.documents import ATOM, RSS, URL, atom_entry, only, parsed, rss_item

STORY = "https://www.porttide.example/stories/ferry"
LEDE = "The harbour ferry is safe for five years."
WIRE_END = "This report by The Canadian Press was first published March 12, 2026."
PUBLISHED = datetime(2026, 3, 12, 20, 25, tzinfo=UTC)
UPDATED = datetime(2026, 3, 12, 21, 25, tzinfo=UTC)
FERRY = Entry(
    feed="tide",
    key="tag:tide,2026:a1",
    title="Ferry gets five more years & a boat",
    url=STORY,
    lede=LEDE,
    byline="Nell Pike",
    dateline="PORT KESTREL",
    credit="The Canadian Press",
    categories=("Harbour", "News"),
    image=Image("https://www.porttide.example/ferry.jpg", "", 1200, 675),
    published_at=PUBLISHED,
    updated_at=UPDATED,
    language="en-CA",
)

RSS_FERRY = f"""<title>Ferry gets five more years &amp;amp; a boat</title>
<link>{STORY}?utm_source=rss</link><dc:creator>By Nell Pike</dc:creator>
<category>Harbour</category><category>News</category><category>harbour</category>
<pubDate>Thu, 12 Mar 2026 17:25:00 -0300</pubDate>
<atom:updated>2026-03-12T18:25:00-03:00</atom:updated>
<description>PORT KESTREL - {LEDE}</description>
<content:encoded>
<![CDATA[<p>PORT KESTREL - {LEDE}</p><p>More.</p><p>{WIRE_END}</p>]]></content:encoded>
<media:content url="/ferry.jpg" medium="image" width="1200" height="675"/>"""

ATOM_FERRY = f"""<entry><id>tag:tide,2026:a1</id>
<title type="html">Ferry gets five more years &amp;amp; a boat</title>
<link rel="alternate" href="/stories/ferry"/><author><name>Nell Pike</name></author>
<category term="x" label="Harbour"/><category term="News"/>
<published>2026-03-12T20:25:00Z</published><updated>2026-03-12T21:25:00Z</updated>
<summary>PORT KESTREL - {LEDE}</summary>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>{LEDE}</p><p>{WIRE_END}</p>
<img src="/ferry.jpg" width="1200" height="675"/></div></content></entry>"""

JSON_FERRY: dict[str, Any] = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "The Tide",
    "home_page_url": "https://www.porttide.example/",
    "language": "en-CA",
    "items": [
        {
            "id": "tag:tide,2026:a1",
            "url": STORY,
            "title": "Ferry gets five more years & a boat",
            "summary": f"PORT KESTREL - {LEDE}",
            "content_html": f"<p>{LEDE}</p><img src='/ferry.jpg' width='1200' height='675'>"
            f"<p>{WIRE_END}</p>",
            "date_published": "2026-03-12T17:25:00-03:00",
            "date_modified": "2026-03-12T18:25:00-03:00",
            "authors": [{"name": "Nell Pike"}],
            "tags": ["Harbour", "News"],
        }
    ],
}

POST_FERRY: dict[str, Any] = {
    "id": 7,
    "guid": {"rendered": "tag:tide,2026:a1"},
    "date": "2026-03-12T17:25:00",
    "date_gmt": "2026-03-12T20:25:00",
    "modified_gmt": "2026-03-12T21:25:00",
    "link": STORY,
    "lang": "en-CA",
    "title": {"rendered": "Ferry gets five more years &#038; a boat"},
    "excerpt": {"rendered": f"<p>PORT KESTREL - {LEDE}</p>\n"},
    "content": {"rendered": f"<p>PORT KESTREL - {LEDE}</p><p>{WIRE_END}</p>"},
    "_embedded": {
        "author": [{"name": "Nell Pike"}],
        "wp:term": [[{"name": "Harbour", "taxonomy": "category"}], [{"name": "News"}]],
        "wp:featuredmedia": [
            {
                "source_url": "https://www.porttide.example/ferry.jpg",
                "media_details": {"width": 1200, "height": 675},
            }
        ],
    },
}


@pytest.mark.parametrize(
    "body",
    [
        rss_item(RSS_FERRY, guid=FERRY.key).replace(
            b"</title>", b"</title><language>en-CA</language>", 1
        ),
        ATOM.format(ATOM_FERRY).encode(),
        json.dumps(JSON_FERRY).encode(),
        json.dumps([POST_FERRY]).encode(),
    ],
    ids=["rss", "atom", "jsonfeed", "wordpress"],
)
def test_all_formats_say_the_same(body: bytes) -> None:
    assert only(body) == FERRY


def test_rss_091_without_guid_or_date() -> None:
    body = b"""<?xml version="1.0"?><rss version="0.91"><channel><title>T</title>
    <item><title>Old</title><link>https://t.example/a?utm_medium=x</link></item></channel></rss>"""
    entry = only(body)
    assert (entry.key, entry.published_at) == ("https://t.example/a", None)


def test_rdf() -> None:
    body = b"""<?xml version="1.0"?><rdf:RDF xmlns="http://purl.org/rss/1.0/"
    xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://t.example/">
    <title>T</title></channel><item rdf:about="https://t.example/a"><title>One</title>
    <link>https://t.example/a</link><dc:date>2026-03-12T20:25:00Z</dc:date>
    <dc:creator>Nell Pike</dc:creator></item></rdf:RDF>"""
    entry = only(body)
    assert (entry.title, entry.byline, entry.published_at) == ("One", "Nell Pike", PUBLISHED)
    assert entry.updated_at is None


def test_xml_base() -> None:
    fields = """<title>T</title><link href="a"/>
    <content type="html" xml:base="https://cdn.example/x/">&lt;img src="b.jpg"&gt;</content>"""
    body = atom_entry(fields).replace(b"<feed ", b'<feed xml:base="https://other.example/n/" ')
    entry = only(body)
    assert entry.url == "https://other.example/n/a"
    assert entry.image == Image("https://cdn.example/x/b.jpg")


def test_relative_urls_hang_from_the_feed() -> None:
    entry = only(rss_item("<title>T</title><link>stories/a</link>"), url=URL)
    assert entry.url == "https://www.porttide.example/stories/a"


def test_the_first_readable_date_counts() -> None:
    dates = "<pubDate>Thu, 12 Mar 2026 20:25:00 GMT</pubDate><dc:date>whenever</dc:date>"
    assert only(rss_item(f"<title>T</title>{dates}")).published_at == PUBLISHED
    dates = "<pubDate>whenever</pubDate><dc:date>2026-03-12T20:25:00Z</dc:date>"
    assert only(rss_item(f"<title>T</title>{dates}")).published_at == PUBLISHED


def test_feedburners_link_leads_past_feedburner() -> None:
    body = rss_item("<title>T</title><link>https://feedproxy.example/~r/x</link>").replace(
        b"<title>T",
        b'<f:origLink xmlns:f="http://rssnamespace.org/feedburner/ext/1.0">https://t.example/a'
        b"</f:origLink><title>T",
    )
    assert only(body).url == "https://t.example/a"


def test_a_picture_caption_is_not_the_lede() -> None:
    fields = (
        "<title>T</title><description>The story.</description>"
        '<media:content url="/a.jpg" medium="image"><media:description>A pier</media:description>'
        "</media:content>"
    )
    assert only(rss_item(fields)).lede == "The story."


@pytest.mark.parametrize(
    ("description", "lede"),
    [
        ("<a href='https://n.example/1'>Comments</a>", ""),
        ("The start of it […]", "The whole of it."),
        ("The start of it [&#8230;]", "The whole of it."),
        ("The start of it...", "The whole of it."),
        ("Told. The post T appeared first on The Tide.", "Told."),
        ("Told. Continue reading T at The Tide", "Told."),
        ("", "The whole of it."),
    ],
)
def test_the_lede_is_the_best_text_there_is(description: str, lede: str) -> None:
    content = "<p>The whole of it.</p>" if lede else ""
    fields = (
        f"<title>T</title><description><![CDATA[{description}]]></description>"
        f"<content:encoded><![CDATA[{content}]]></content:encoded>"
    )
    if "start" in description:
        fields = fields.replace("The whole of it.", "The whole of it. " + "More of it. " * 80)
        assert only(rss_item(fields)).lede.startswith(lede + " More of it.")
    else:
        assert only(rss_item(fields)).lede == lede


def test_a_mail_address_is_not_printed() -> None:
    author = "<author>nell@tide.example (Nell Pike)</author>"
    assert only(rss_item(f"<title>T</title>{author}")).byline == "Nell Pike"
    author = "<author>nell@tide.example</author>"
    assert only(rss_item(f"<title>T</title>{author}")).byline == ""


def test_json_feed_10_and_loose_spellings() -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1",
        "author": {"name": "Nell Pike"},
        "items": [
            {"id": 5, "content_text": "Just a note.\n\nAnd more", "banner_image": "/b.png"},
            {"id": "6", "title": None, "external_url": "https://o.example/6", "summary": "S"},
            "not an item",
        ],
    }
    found = parsed(json.dumps(feed).encode())
    note, linked = found.entries
    assert (note.key, note.title, note.byline) == ("5", "Just a note. And more", "Nell Pike")
    assert note.image == Image("https://www.porttide.example/b.png")
    assert linked.url == "https://o.example/6"
    assert found.warnings == ("1 items are not as JSON Feed wants them",)


def test_json_feed_attachment_is_the_picture() -> None:
    item = {
        "id": "1", "title": "T", "image": "/i.jpg",
        "attachments": [{"url": "/s.mp3", "mime_type": "audio/mpeg"},
                        {"url": "/a.jpg", "mime_type": "image/jpeg"}],
    }  # fmt: skip
    image = only(json.dumps({"items": [item]}).encode()).image
    assert image == Image("https://www.porttide.example/a.jpg")


def test_wordpress_without_embed_and_with_a_deleted_picture() -> None:
    bare = {name: value for name, value in POST_FERRY.items() if name != "_embedded"}
    entry = only(json.dumps([bare]).encode())
    assert (entry.byline, entry.categories, entry.image) == ("", (), None)
    broken = {**POST_FERRY, "_embedded": {"wp:featuredmedia": [{"code": "rest_forbidden"}]}}
    assert only(json.dumps([broken]).encode()).image is None


def test_wordpress_without_posts_and_with_an_error() -> None:
    assert parsed(b"[]").entries == ()
    error = b'{"code":"rest_no_route","message":"No route was found","data":{"status":404}}'
    found = parse(error, content_type="application/json", url=URL, feed="tide")
    assert found == Unreadable("WordPress says: No route was found (rest_no_route)")


def test_a_feed_without_items_is_sound() -> None:
    assert parsed(RSS.format("").encode()).entries == ()
