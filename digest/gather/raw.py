"""What a format's reader hands on: fields as the feed wrote them, uncleaned. Pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Markup:
    """A foreign text and whether it is HTML; `base` is what its relative URLs hang from."""

    text: str = ""
    is_html: bool = True
    base: str = ""


@dataclass(frozen=True, slots=True)
class RawImage:
    """A picture as named; `rank` is the order of trust, lowest first (see images.py)."""

    url: str
    rank: int
    alt: str = ""
    width: int | None = None
    height: int | None = None
    base: str = ""


@dataclass(frozen=True, slots=True)
class RawEntry:
    """One item of any format. `published` and `updated` hold every reading offered, best first."""

    guid: str = ""
    link: str = ""
    title: Markup = Markup()
    summary: Markup = Markup()
    content: Markup = Markup()
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    images: tuple[RawImage, ...] = ()
    published: tuple[str | datetime, ...] = ()
    updated: tuple[str | datetime, ...] = ()
    language: str = ""


@dataclass(frozen=True, slots=True)
class RawFeed:
    """A whole document; `base` is what entries' relative links hang from."""

    title: str = ""
    base: str = ""
    entries: tuple[RawEntry, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """No entries can be had; `message` says why, in one line of plain words."""

    message: str
