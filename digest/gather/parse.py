"""A feed's bytes to entries, whatever format they turn out to be. Pure.

The bytes decide, not the declared type: feeds are served as text/html and text/plain every day.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from digest.gather.charset import decode
from digest.gather.clean import one_line
from digest.gather.entry import make_entry, without_duplicates
from digest.gather.jsonfeed import read_json_feed
from digest.gather.links import absolute_url, without_secrets
from digest.gather.raw import RawFeed, Unreadable
from digest.gather.wordpress import read_wordpress, read_wordpress_error
from digest.gather.xmlfeed import read_xml
from digest.model.feeds import Entry

HEAD_CHARS = 5_000
MAX_ENTRIES = 2_000

_ROOT = re.compile(r"<(?:[a-z0-9]+:)?(?:rss|rdf|feed|channel|cdf)[\s>/]", re.IGNORECASE)
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body|meta|script)[\s>/]", re.IGNORECASE)
_FEED_LINK = re.compile(
    r"<link\b[^<>]{0,500}application/(?:rss|atom|feed)\+(?:xml|json)[^<>]{0,500}>", re.IGNORECASE
)
_HREF = re.compile(r"href\s*=\s*[\"']?([^\"'\s>]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A feed that could be read; entries in its own order, no key twice."""

    title: str
    entries: tuple[Entry, ...]
    warnings: tuple[str, ...] = ()


def parse(body: bytes, *, content_type: str, url: str, feed: str) -> Parsed | Unreadable:
    """Entries of RSS, RDF, Atom, JSON Feed or WordPress posts, or one line that says why not.

    `url` is where the body was found, `feed` the name that the entries bear. An empty feed that
    is otherwise sound is Parsed without entries.
    """
    text, complaint = decode(body, content_type=content_type)
    text = text.lstrip("\ufeff \t\r\n\x00\x0b\x0c")
    if not text:
        return Unreadable("the answer is empty")
    raw = _read(text, url)
    if isinstance(raw, Unreadable):
        return Unreadable(one_line(raw.message))
    parsed = _with_entries(raw, feed=feed, url=url)
    warnings = (*((complaint,) if complaint else ()), *parsed.warnings)
    return Parsed(parsed.title, parsed.entries, warnings)


def _read(text: str, url: str) -> RawFeed | Unreadable:
    if text[0] in "{[":
        return _read_json(text, url)
    head = text[:HEAD_CHARS]
    if _ROOT.search(head) is None:
        return _not_a_feed(text, url)
    return read_xml(text, url=url)


def _read_json(text: str, url: str) -> RawFeed | Unreadable:
    try:
        document = json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        detail = str(error) if isinstance(error, json.JSONDecodeError) else "out of all measure"
        return Unreadable(f"damaged JSON: {detail}")
    if isinstance(document, list):
        return _read_posts(document, url)
    is_feed = "jsonfeed.org" in str(document.get("version")) or "items" in document
    if is_feed:
        return read_json_feed(document, url=url)
    return read_wordpress_error(document) or Unreadable(
        "it is JSON, but neither a JSON Feed nor WordPress posts"
    )


def _read_posts(posts: list[Any], url: str) -> RawFeed | Unreadable:
    if posts and not any(isinstance(post, dict) and "title" in post for post in posts):
        return Unreadable("it is JSON, but not WordPress posts")
    return read_wordpress(posts, url=url)


def _not_a_feed(text: str, url: str) -> Unreadable:
    if _HTML.search(text[:HEAD_CHARS]) is None:
        return Unreadable("it is neither XML nor JSON, so it is not a feed")
    link = _FEED_LINK.search(text[:200_000])
    href = _HREF.search(link[0]) if link else None
    named = absolute_url(href[1], url) if href else None
    hint = f"; it names a feed at {without_secrets(named)}" if named else ""
    return Unreadable(f"a web page (HTML) came instead of a feed{hint}")


def _with_entries(raw: RawFeed, *, feed: str, url: str) -> Parsed:
    base = absolute_url(raw.base, url) or url
    made = [make_entry(item, feed=feed, base=base) for item in raw.entries[:MAX_ENTRIES]]
    entries, n_double = without_duplicates(entry for entry in made if entry is not None)
    n_bare = made.count(None)
    warnings = list(raw.warnings)
    if n_double:
        warnings.append(f"{n_double} entries share an id with a newer one and were left out")
    if n_bare:
        warnings.append(f"{n_bare} entries have neither title nor text and were left out")
    if len(raw.entries) > MAX_ENTRIES:
        warnings.append(f"only the first {MAX_ENTRIES} of {len(raw.entries)} entries were read")
    return Parsed(one_line(raw.title)[:300], entries, tuple(warnings))
