"""CSS of `<style>` blocks into style attributes, by premailer. Pure.

What premailer 3.10 would do on its own and must not: fetch `@import` while parsing (allow_network
does not cover it), strip `!important` from rules it keeps, overwrite width attributes, shorten
colours to #rgb. A `<style data-premailer="ignore">` block passes through as it is: media queries
and clients' own selectors belong there. Elsewhere `@font-face`, `@supports` and `*` are dropped.
"""

from functools import lru_cache
from typing import Any

import cssutils
from premailer import Premailer

from digest.compose.selectors import refuse_unsteady

_SILENT = 50  # logging.CRITICAL: cssutils knows CSS 2.1 only and complains of the rest
_OPTIONS: dict[str, Any] = {
    "allow_network": False,
    "strip_important": False,
    "keep_style_tags": False,
    "remove_classes": False,
    "disable_validation": True,
    "cache_css_parsing": False,
    "cssutils_logging_level": _SILENT,
    "disable_basic_attributes": ["width", "height", "bgcolor", "align", "valign"],
    "align_floating_images": False,
    "disable_link_rewrites": True,
    "method": "html",
}
_DOCTYPE = "<!DOCTYPE html>"


def inline(html: str) -> str:
    """The page with its CSS inlined; begins with the HTML5 doctype.

    Takes 20 to 150 ms: call it once per edition, not per reader. Not for foreign CSS. Raises
    UnsteadySelectorError.
    """
    cssutils.ser.prefs.minimizeColorHash = False
    page: str = _Offline(**_OPTIONS).transform(html, pretty_print=False)
    page = page.rstrip() + "\n"
    return page if page[:9].lower() == "<!doctype" else f"{_DOCTYPE}\n{page}"


class _Offline(Premailer):  # type: ignore[misc]
    """Premailer whose CSS parser has nothing to fetch with, and reads the same CSS once."""

    def _parse_css_string(self, css_body: str, validate: bool = True) -> Any:
        parser = cssutils.CSSParser(fetcher=_nothing, validate=validate)
        return parser.parseString(css_body, validate=validate)

    def _parse_style_rules(self, css_body: str, ruleset_index: int) -> tuple[list[Any], list[Any]]:
        rules, leftover = _rules_of(css_body, ruleset_index)
        return [*rules], [*leftover]


@lru_cache(maxsize=8)
def _rules_of(css: str, index: int) -> tuple[list[Any], list[Any]]:
    """What premailer makes of a style block: nine tenths of an inlining, and a wrap is tried on
    many small pages that have the same CSS."""
    found: tuple[list[Any], list[Any]] = Premailer._parse_style_rules(
        _Offline(**_OPTIONS), css, index
    )
    for _, selector, _ in found[0]:
        refuse_unsteady(selector)
    return found


def _nothing(_url: str) -> tuple[str, bytes]:
    return "utf-8", b""
