"""Lists of feeds as other programs keep them: OPML 2.0 (opml.org/spec2.opml). Pure."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from xml.etree import ElementTree

from digest.errors import UnreadableFileError
from digest.model.newsroom import FeedSource


def read_opml(data: bytes) -> tuple[FeedSource, ...]:
    """The feeds of every outline that has an xmlUrl, in order, each address once.

    Names are made from the titles. Raises UnreadableFileError for anything but OPML.
    """
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 - a file the operator chose; expat caps entities
    except ElementTree.ParseError as error:
        raise UnreadableFileError(f"not an OPML file: {error}") from error
    if root.tag.lower() != "opml":
        raise UnreadableFileError(f"not an OPML file: it begins with <{root.tag}>")
    found: dict[str, FeedSource] = {}
    names: set[str] = set()
    for outline in root.iter("outline"):
        url = outline.get("xmlUrl", "").strip()
        if not url.startswith(("http://", "https://")) or url in found:
            continue
        title = (outline.get("title") or outline.get("text") or url).strip()
        name = free_name(title, names)
        names.add(name)
        found[url] = FeedSource(name=name, url=url, title=" ".join(title.split()))
    return tuple(found.values())


def write_opml(feeds: Iterable[FeedSource], title: str) -> bytes:
    """All feeds as one OPML document, UTF-8."""
    root = ElementTree.Element("opml", version="2.0")
    ElementTree.SubElement(ElementTree.SubElement(root, "head"), "title").text = title
    body = ElementTree.SubElement(root, "body")
    for feed in feeds:
        ElementTree.SubElement(
            body, "outline", type="rss", text=feed.label, title=feed.label, xmlUrl=feed.url
        )
    ElementTree.indent(root)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def as_toml(feeds: Sequence[FeedSource]) -> str:
    """[[feeds]] tables to append to config/digest.toml."""
    return "".join(
        f"\n[[feeds]]\nname = {_quoted(feed.name)}\ntitle = {_quoted(feed.title)}\n"
        f"url = {_quoted(feed.url)}\n"
        for feed in feeds
    )


def free_name(title: str, taken: Collection[str]) -> str:
    """A short name made from a title, not among those taken."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or "feed"
    number, free = 2, name
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    return free


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char for char in escaped if char.isprintable()) + '"'
