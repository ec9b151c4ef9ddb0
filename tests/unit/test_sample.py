"""The sample town is whole: its files are well-formed, fictional, and odd where they should be."""

import html
import json
import re
import struct
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

import pytest

SAMPLE = Path(__file__).parents[2] / "config" / "sample"
IMAGES = SAMPLE / "images"
PICTURES = "https://www.porttide.example/images/"
FEEDS = ("tide.xml", "county.atom.xml", "neighbour.json", "radio.wp.json")
DAY = date(2026, 3, 12)
CUTOFF = datetime(2026, 3, 12, 21, 0, tzinfo=UTC)
CREDIT = "This report by The Canadian Press was first published March 12, 2026."
# Names of formats, not of places on the net.
NAMESPACES = (
    "http://purl.org/rss/1.0/modules/content/",
    "http://purl.org/dc/elements/1.1/",
    "http://search.yahoo.com/mrss/",
    "http://www.w3.org/2005/Atom",
    "http://www.w3.org/1999/xhtml",
    "https://jsonfeed.org/version/1.1",
)
ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
MEDIA = "{http://search.yahoo.com/mrss/}"
XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"

Json = dict[str, Any]


def text_of(name: str) -> str:
    return (SAMPLE / name).read_text(encoding="utf-8")


def tide() -> list[ElementTree.Element]:
    return ElementTree.fromstring(text_of("tide.xml")).findall("channel/item")


def tide_item(slug: str) -> ElementTree.Element:
    """The one item whose guid ends in `slug`."""
    (item,) = [item for item in tide() if (item.findtext("guid") or "").endswith(slug)]
    return item


def county() -> list[ElementTree.Element]:
    return ElementTree.fromstring(text_of("county.atom.xml")).findall(f"{ATOM}entry")


def neighbour() -> list[Json]:
    items: list[Json] = json.loads(text_of("neighbour.json"))["items"]
    return items


def radio() -> list[Json]:
    posts: list[Json] = json.loads(text_of("radio.wp.json"))
    return posts


def titles() -> list[str]:
    """Every headline of the four feeds, in the order of FEEDS."""
    return [
        *(item.findtext("title") or "" for item in tide()),
        *(entry.findtext(f"{ATOM}title") or "" for entry in county()),
        *(item["title"] for item in neighbour()),
        *(html.unescape(post["title"]["rendered"]) for post in radio()),
    ]


def ledes() -> Iterator[tuple[str, str]]:
    """(headline, lede as plain text) of every entry."""
    for item in tide():
        yield item.findtext("title") or "", item.findtext("description") or ""
    for entry in county():
        parts = [*entry.iterfind(f"{ATOM}summary"), *entry.iterfind(f"{ATOM}content")]
        yield entry.findtext(f"{ATOM}title") or "", plain("".join(parts[0].itertext()))
    for story in neighbour():
        body = story.get("summary") or story.get("content_html") or story["content_text"]
        yield story["title"], plain(body)
    for post in radio():
        yield post["title"]["rendered"], plain(post["excerpt"]["rendered"])


def plain(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", markup)).strip()


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Width and height from the frame header (ITU T.81 B.2.2)."""
    at = 2
    while at < len(data):
        marker, length = struct.unpack(">HH", data[at : at + 4])
        if marker in (0xFFC0, 0xFFC2):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + length
    raise AssertionError("no frame header")


def test_four_feeds_of_sixty_entries_and_more() -> None:
    counts = [len(tide()), len(county()), len(neighbour()), len(radio())]
    assert counts == [30, 14, 14, 12]
    assert len(titles()) == sum(counts) >= 60


def test_identities_are_unique_within_a_feed() -> None:
    for ids in (
        [item.findtext("guid") for item in tide()],
        [entry.findtext(f"{ATOM}id") for entry in county()],
        [item["id"] for item in neighbour()],
        [post["id"] for post in radio()],
    ):
        assert None not in ids
        assert len(set(ids)) == len(ids)


def test_every_entry_has_a_lede_of_whole_sentences() -> None:
    for title, lede in ledes():
        assert 60 <= len(lede) <= 420, title
        assert lede.removesuffix("[…]").rstrip()[-1] in ".”", title


@pytest.mark.parametrize("name", FEEDS)
def test_only_fictional_addresses(name: str) -> None:
    text = text_of(name)
    for namespace in NAMESPACES:
        text = text.replace(namespace, "")
    hosts = set(re.findall(r"https?://([^/\"'<>\s?]+)", text)) | set(
        re.findall(r"@([\w.-]+)", text)
    )
    assert all(host.endswith(".example") for host in hosts), hosts


@pytest.mark.parametrize("name", FEEDS)
def test_running_text_names_no_day(name: str) -> None:
    text = text_of(name).replace(CREDIT, "")
    text = re.sub(r"<(pubDate|lastBuildDate)>[^<]*<", "<", text)
    days = r"\b(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b"
    months = r"\b(January|February|March|April|June|July|August|September|October|November)\b"
    french = r"\b(lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|mars 20\d\d)\b"
    assert not re.search(f"{days}|{months}|{french}", text)


def test_pictures_exist_and_fit_the_mail() -> None:
    named = {
        part
        for name in FEEDS
        for part in re.findall(re.escape(PICTURES) + r"([\w.-]+)", text_of(name))
    }
    named.add("library.jpg")
    files = {path.name for path in IMAGES.glob("*.jpg")}
    assert named == files
    assert 10 <= len(files) <= 12
    sizes = [path.stat().st_size for path in IMAGES.glob("*.jpg")]
    assert max(sizes) < 60_000
    assert sum(sizes) < 300_000
    for path in IMAGES.glob("*.jpg"):
        assert jpeg_size(path.read_bytes()) == (1200, 675), path.name


def test_enclosures_tell_their_true_length() -> None:
    enclosures = [found for item in tide() if (found := item.find("enclosure")) is not None]
    assert enclosures
    for enclosure in enclosures:
        path = IMAGES / enclosure.attrib["url"].removeprefix(PICTURES)
        assert int(enclosure.attrib["length"]) == path.stat().st_size


def test_logo_is_a_transparent_png() -> None:
    data = (IMAGES / "logo.png").read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", data[16:24]) == (600, 120)
    assert b"tRNS" in data or data[25] == 6


def test_images_come_in_every_way() -> None:
    items = tide()
    assert any(item.find(f"{MEDIA}content") is not None for item in items)
    assert any(item.find(f"{MEDIA}thumbnail") is not None for item in items)
    assert '<img src="/images/library.jpg"' in (
        tide_item("library-evenings-fishing-rods").findtext(CONTENT) or ""
    )
    pixel = tide_item("photo-high-water").findtext(CONTENT) or ""
    assert 'width="1" height="1"' in pixel
    assert any("image" in item for item in neighbour())
    assert any("wp:featuredmedia" in post["_embedded"] for post in radio())


def test_odd_dates() -> None:
    def date_of(slug: str) -> str | None:
        return tide_item(slug).findtext("pubDate")

    assert date_of("quilters-thirty-hands") is None
    assert date_of("curling-draw-to-the-button") == "yesterday evening"
    assert (date_of("bakery-reopens-apprentices") or "").endswith(" ADT")
    tomorrow = parsedate_to_datetime(date_of("weekend-fiddle-film") or "")
    assert tomorrow.date() == DAY + timedelta(days=1)
    old = parsedate_to_datetime(date_of("second-slip-study") or "")
    assert old.date() == DAY - timedelta(days=3)


def test_other_dates_lie_in_the_window() -> None:
    odd = ("quilters-", "curling-", "weekend-", "second-slip-")
    instants = [
        parsedate_to_datetime(item.findtext("pubDate") or "")
        for item in tide()
        if not any(name in (item.findtext("guid") or "") for name in odd)
    ]
    instants += [
        datetime.fromisoformat(entry.findtext(f"{ATOM}updated") or "") for entry in county()
    ]
    instants += [datetime.fromisoformat(item["date_published"]) for item in neighbour()]
    instants += [datetime.fromisoformat(post["date_gmt"] + "+00:00") for post in radio()]
    assert len(instants) == 66
    assert all(CUTOFF - timedelta(days=1) < instant <= CUTOFF for instant in instants)


def test_odd_items() -> None:
    assert tide_item("photo-high-water").find("title") is None
    assert tide_item("tide-table-2026-071").find("link") is None
    chowder = tide_item("fog-chowder-peoples-ladle").findtext("title") or ""
    assert all(sign in chowder for sign in ("&", '"', "“", "🍲"))
    assert "utm_source=" in (tide_item("tern-hill-basketball-banner").findtext("link") or "")


def test_ferry_story_in_three_feeds_and_in_french() -> None:
    ferry = [title for title in titles() if "five more years" in title.lower()]
    assert len(ferry) == 3
    assert "Le traversier du port est assuré pour cinq ans" in titles()
    assert sum(post["lang"] == "fr" for post in radio()) == 3


def test_morning_story_and_its_update() -> None:
    morning, update = tide_item("schools-closed-storm"), tide_item("schools-closed-storm-update")
    opening = "Schools closed across county today"
    assert (morning.findtext("title") or "").startswith(opening)
    assert (update.findtext("title") or "").startswith(opening)
    first, second = (parsedate_to_datetime(i.findtext("pubDate") or "") for i in (morning, update))
    assert first < second


def test_edited_entries() -> None:
    assert any(post["modified_gmt"] > post["date_gmt"] for post in radio())
    assert any("date_modified" in item for item in neighbour())
    stamps = [(e.findtext(f"{ATOM}published"), e.findtext(f"{ATOM}updated")) for e in county()]
    assert any(
        published
        and updated
        and datetime.fromisoformat(updated) > datetime.fromisoformat(published)
        for published, updated in stamps
    )
    assert any(published is None for published, _ in stamps)


def test_wire_stories_stand_in_two_feeds_word_for_word() -> None:
    wire = [plain(i.findtext(CONTENT) or "") for i in tide() if "Press" in i.findtext(CREATOR, "")]
    assert len(wire) == 2
    weather, halls = (re.sub(r"\s+", " ", story) for story in wire)
    assert weather.endswith(CREDIT)
    assert halls.endswith(CREDIT)
    (record,) = [i for i in neighbour() if i["authors"][0]["name"] == "The Canadian Press"]
    (post,) = [p for p in radio() if p["_embedded"]["author"][0]["name"] == "The Canadian Press"]
    assert re.sub(r"\s+", " ", plain(record["content_html"])) == weather
    assert re.sub(r"\s+", " ", plain(post["content"]["rendered"])) == halls


def test_boil_water_is_a_notice_and_a_story() -> None:
    assert sum("boil-water advisory" in title.lower() for title in titles()) == 2


def test_partner_story_has_the_tide_address_with_utm() -> None:
    links = {item.findtext("link") for item in tide()}
    tracked = [item["url"] for item in neighbour() if "utm_" in item["url"]]
    assert [url.partition("?")[0] in links for url in tracked] == [True]


def test_notices_have_relative_links() -> None:
    root = ElementTree.fromstring(text_of("county.atom.xml"))
    base = root.attrib[XML_BASE]
    for entry in county():
        link = entry.find(f"{ATOM}link")
        assert link is not None
        assert not urlsplit(link.attrib["href"]).netloc
        assert urljoin(base, link.attrib["href"]).startswith("https://www.kestrelcounty.example/")
    kinds = {found.attrib["type"] for found in root.iter(f"{ATOM}content")}
    assert kinds == {"html", "xhtml"}


def test_one_opinion_piece() -> None:
    opinions = [i for i in tide() if "Opinion" in [c.text for c in i.iterfind("category")]]
    assert len(opinions) == 1


def test_date_lines_are_there() -> None:
    datelines = [lede for _, lede in ledes() if re.match(r"[A-Z][A-Z ]+ [-–—] ", lede)]
    assert len(datelines) >= 30
