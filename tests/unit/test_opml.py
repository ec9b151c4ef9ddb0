"""OPML in and out."""

import tomllib

import pytest

from digest.errors import UnreadableFileError
from digest.model.newsroom import FeedSource
from digest.opml import as_toml, free_name, read_opml, write_opml

OPML = b"""<?xml version="1.0"?><opml version="1.0"><head/><body>
<outline text="Town">
  <outline text="The Tide" type="rss" xmlUrl="https://porttide.example/feed"/>
  <outline title='L\xc3\xa9o &amp; "friends"' xmlUrl="https://leo.example/rss"/>
  <outline text="The Tide again" xmlUrl="https://porttide.example/feed"/>
  <outline text="The Tide" xmlUrl="http://other.example/feed"/>
  <outline text="bad" xmlUrl="javascript:alert(1)"/>
</outline></body></opml>"""


def test_read() -> None:
    feeds = read_opml(OPML)
    assert [(feed.name, feed.url) for feed in feeds] == [
        ("the-tide", "https://porttide.example/feed"),
        ("leo-friends", "https://leo.example/rss"),
        ("the-tide-2", "http://other.example/feed"),
    ]


def test_what_is_written_reads_back_the_same() -> None:
    feeds = read_opml(OPML)
    assert [feed.url for feed in read_opml(write_opml(feeds, "Port Kestrel"))] == [
        feed.url for feed in feeds
    ]


@pytest.mark.parametrize("data", [b"", b"<html></html>", b"feeds:\n- x", b"<opml><body>"])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFileError, match="not an OPML file"):
        read_opml(data)


def test_as_toml_is_toml_whatever_the_title() -> None:
    feed = FeedSource("x", "https://x.example/?a=1", title='A "quoted"\\ name\x07')
    tables = tomllib.loads(as_toml([feed]))
    assert tables == {
        "feeds": [{"name": "x", "title": 'A "quoted"\\ name', "url": "https://x.example/?a=1"}]
    }


def test_names_are_free() -> None:
    assert free_name("Le Téléjournal !", ()) == "le-telejournal"
    assert free_name("新聞", {"feed"}) == "feed-2"
