"""Small feeds to test with: one item, or what stands around it."""

from digest.gather.parse import Parsed, parse
from digest.model.feeds import Entry

URL = "https://www.porttide.example/feed.xml"

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"
 xmlns:atom="http://www.w3.org/2005/Atom">
<channel><title>The Tide</title><link>https://www.porttide.example/</link>{}</channel></rss>"""

ATOM = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-CA">
<title>Notices</title><id>tag:county.example,2020:all</id>{}</feed>"""


def rss_item(fields: str, *, guid: str = "a1") -> bytes:
    """An RSS feed with one item of these elements and a guid."""
    guid = f'<guid isPermaLink="false">{guid}</guid>' if guid else ""
    return RSS.format(f"<item>{guid}{fields}</item>").encode()


def atom_entry(fields: str) -> bytes:
    """An Atom feed with one entry of these elements."""
    return ATOM.format(f"<entry><id>tag:county.example,2020:1</id>{fields}</entry>").encode()


def parsed(body: bytes, *, content_type: str = "application/xml", url: str = URL) -> Parsed:
    """What the body is read as; it must be readable."""
    found = parse(body, content_type=content_type, url=url, feed="tide")
    assert isinstance(found, Parsed), found
    return found


def only(body: bytes, *, content_type: str = "application/xml", url: str = URL) -> Entry:
    """The body's one entry."""
    (entry,) = parsed(body, content_type=content_type, url=url).entries
    return entry
