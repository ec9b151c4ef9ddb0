"""Where in a page each mark stands, judged before the page is inlined. Pure.

Reads HTML as loosely as browsers do: comments, tags with quoted attributes, raw elements; all else
is text. A spot may be text or part of a few attributes that neither premailer nor a style rule
touches; a cut must stand between tags.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from digest.compose.marks import CONTROLS, RAW, SPOT, Mark, Site, read_raw, sealed
from digest.errors import TemplateError
from digest.model.message import Quoting

ALLOWED_ATTRIBUTES = ("href", "title", "alt", "aria-label")
_REGION = re.compile(
    r"<!--(?P<comment>.*?)-->"
    r"|<(?P<raw>style|script|textarea|title|xmp)\b[^>]*>.*?</(?P=raw)"
    r"""|(?P<tag></?[a-z](?:[^<>"']|"[^"]*"|'[^']*')*+>)"""
    r"|<[!?][^>]*>",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


@dataclass(frozen=True, slots=True)
class _Place:
    """`what` in words; `attribute` where it is within one's quotes, `before` what stands there
    before it."""

    what: str = ""
    attribute: str = ""
    before: str = ""


def seal_page(html: str, seed: str, sites: Sequence[Site], file: str) -> str:
    """The page, written by `file`, with its marks sealed. Raises TemplateError, naming the site,
    for a mark where a value could not be filled in, or a reader's stories be joined, afterwards."""
    parts, end, region = [], 0, None
    regions = _REGION.finditer(html)
    region = next(regions, None)
    for found in RAW.finditer(html):
        while region and region.end() <= found.start():
            region = next(regions, None)
        mark = read_raw(found[1], sites, file)
        is_inside = region is not None and region.start() < found.start()
        place = _place(region, found.start()) if region and is_inside else _Place()
        parts += [html[end : found.start()], sealed(mark, seed, _judged(mark, place, sites))]
        end = found.end()
    return "".join([*parts, html[end:]])


def _judged(mark: Mark, place: _Place, sites: Sequence[Site]) -> Quoting:
    """How a value is escaped there."""
    site = sites[mark.site]
    if mark.code != SPOT:
        if place.what or place.attribute:
            inside = place.what or f"the attribute {place.attribute}"
            raise TemplateError(
                f"{site}: {site.what} can't stand inside {inside}: put it between tags"
            )
        return Quoting.TEXT
    if place.what:
        raise TemplateError(
            f"{site}: {site.what} can't stand inside {place.what}: write it as text, or in "
            f"{', '.join(ALLOWED_ATTRIBUTES)} between quotes"
        )
    if not place.attribute:
        return Quoting.TEXT
    if place.attribute not in ALLOWED_ATTRIBUTES:
        raise TemplateError(
            f"{site}: {site.what} can't stand in the attribute {place.attribute}, which inlining "
            f"rewrites; only in {', '.join(ALLOWED_ATTRIBUTES)}"
        )
    if place.attribute != "href":
        return Quoting.ATTRIBUTE
    if not place.before and not mark.value.endswith("_url"):
        raise TemplateError(
            f"{site}: {site.what} is no address of a page: a link may begin with "
            "subscriber.unsubscribe_url, preferences_url or view_url, or with mailto:"
        )
    return Quoting.LINK


def _place(region: re.Match[str], at: int) -> _Place:
    if region["comment"] is not None:
        return _Place("a comment")
    if region["raw"] is not None:
        return _Place(f"<{region['raw'].lower()}>")
    if region["tag"] is None:
        return _Place("a declaration")
    for attribute in _ATTRIBUTE.finditer(region["tag"]):
        group = 2 if attribute[2] is not None else 3
        start = region.start() + attribute.start(group)
        if start <= at <= region.start() + attribute.end(group):
            before = CONTROLS.sub("", region["tag"][attribute.start(group) : at - region.start()])
            return _Place("", attribute[1].lower(), before.strip())
    return _Place("a tag")
