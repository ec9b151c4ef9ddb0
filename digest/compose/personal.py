"""The places of a wrap that differ from reader to reader. Pure.

While an edition is rendered and inlined they are plain markers of [A-Za-z0-9] only, which Jinja's
escaping, premailer and line filling leave alone. The markers are derived from the whole edition:
a feed would have to know the digest of a text that contains its own to forge one.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from html import escape

from digest.model.edition import Edition

# What stands between these is for one reader only and left out of the page all can see.
ONLY_PERSONAL = re.compile(r"<!--personal-->(.*?)<!--/personal-->", re.DOTALL)
_FENCE = re.compile(r"<!--/?personal-->")


@dataclass(frozen=True, slots=True)
class Personal:
    """One value per spot: a reader's own, or the markers. `reader_name` may be empty."""

    unsubscribe_url: str
    preferences_url: str
    view_url: str
    reader_name: str
    address: str


NAMES = tuple(field.name for field in fields(Personal))


def markers_of(edition: Edition) -> Personal:
    """The markers of an edition (of one topic choice): all of one length, none within another."""
    seed = _seed(edition)
    return Personal(*(f"spot{seed}{number}" for number in range(len(NAMES))))


def split(text: str, markers: Personal) -> Iterator[tuple[str, str]]:
    """Pairs of what stands before a spot and the spot's name, in order; the last name is ""."""
    names = dict(zip(astuple(markers), NAMES, strict=True))
    rest = re.split(f"({'|'.join(names)})", text)
    for before, marker in zip(rest[::2], [*rest[1::2], ""], strict=True):
        yield before, names.get(marker, "")


def filled(text: str, markers: Personal, values: Personal, *, is_html: bool) -> str:
    """`text` with every marker replaced by its value, escaped where `is_html`."""
    return "".join(
        before + value_at(values, name, is_html=is_html) for before, name in split(text, markers)
    )


def value_at(values: Personal, name: str, *, is_html: bool) -> str:
    """The value of a spot; "" for the empty name."""
    value: str = getattr(values, name) if name else ""
    return escape(value) if is_html else value


def without_fences(html: str) -> str:
    """The HTML without the comments that mark what is personal."""
    return _FENCE.sub("", html)


def _seed(edition: Edition) -> str:
    parts = [edition.publication, edition.day.isoformat()]
    for story in edition.stories:
        parts += [str(story.id), story.title, story.url or "", story.lede, story.byline]
        parts += [source.label + (source.url or "") for source in (story.source, *story.also)]
    told = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(told).hexdigest()[:24]
