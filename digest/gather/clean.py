"""Foreign HTML and text to plain one-line text, and the pictures met on the way (nh3). Pure.

What comes out holds no markup, no control characters, no line breaks and no bidirectional
overrides (UAX #9 section 3.1: they reorder the text around them), so it may stand in a header, in
HTML (escaped) and in a terminal. Not covered: right-to-left marks and joiners stay, scripts need
them.
"""

import html
import re
import unicodedata
from dataclasses import dataclass

import nh3

from digest.gather.raw import Markup, RawImage

MAX_HTML_CHARS = 80_000
MAX_TAGS = 6_000  # nh3 needs time quadratic in the depth of nesting
TAIL_CHARS = 4_000  # the end is kept too: a wire story's credit is its last line
CONTENT_IMAGE_RANK = 90

BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "footer", "h1", "h2",
    "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section",
    "table", "td", "th", "tr", "ul",
})  # fmt: skip
DROPPED = frozenset({
    "script", "style", "figcaption", "noscript", "iframe", "textarea", "select", "option",
    "svg", "math", "template", "object", "video", "audio", "title", "button", "canvas",
})  # fmt: skip
_TAG = re.compile(r"<(/?[a-z][a-z0-9]*)((?:\s+[a-z]+=\"[^\"]*\")*)\s*/?>")
_ATTRIBUTE = re.compile(r"([a-z]+)=\"([^\"]*)\"")
_BREAKS = re.compile(r"(?:<br>\s*){2,}")
_BLANK_LINES = re.compile(r"\r?\n\s*\n")
_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*(?=\s)|\s[»](?=\s)")
_PIXELS = re.compile(r"[0-9]{1,5}(?=(?:px|\.0*)?\s*$)")

_REMOVED = (
    *range(0x00, 0x20),
    0x7F,
    *range(0x80, 0xA0),
    *range(0x202A, 0x202F),  # bidirectional embeddings and overrides
    *range(0x2066, 0x206A),  # bidirectional isolates
    0x200B,
    0x2060,
    0xFEFF,
    *range(0xD800, 0xE000),  # lone surrogates can't be encoded
    *range(0xFDD0, 0xFDF0),
    0xFFFE,
    0xFFFF,
)
_SPACES = (0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029)


def _table() -> dict[int, str]:
    table = dict.fromkeys(_REMOVED, "")
    for code in range(0x80, 0xA0):  # Windows quotes and dashes that were declared Latin-1
        table[code] = bytes((code,)).decode("cp1252", "ignore")
    return table | dict.fromkeys(_SPACES, " ")


_HARMLESS = _table()


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Paragraphs of plain text in order, none empty, and the pictures among them."""

    paragraphs: tuple[str, ...] = ()
    images: tuple[RawImage, ...] = ()

    @property
    def text(self) -> str:
        """All paragraphs in one line."""
        return " ".join(self.paragraphs)


def one_line(text: str) -> str:
    """Plain text in one line: no control characters, single spaces, NFC (Unicode TR 15)."""
    return " ".join(unicodedata.normalize("NFC", text.translate(_HARMLESS)).split())


def clean(markup: Markup) -> Cleaned:
    """Read a foreign text; empty in, empty out."""
    if not markup.is_html:
        return Cleaned(_lines_of(_BLANK_LINES.split(markup.text[:MAX_HTML_CHARS])))
    if "<" not in markup.text:
        return Cleaned(_lines_of([html.unescape(markup.text[:MAX_HTML_CHARS])]))
    safe = _sanitised(_bounded(markup.text))
    images = tuple(
        image for tag in _TAG.finditer(safe) if (image := _image(tag, markup.base)) is not None
    )
    spaced = _TAG.sub(_space_for, _BREAKS.sub("\n", " ".join(safe.split())))
    return Cleaned(_lines_of([html.unescape(part) for part in spaced.split("\n")]), images)


def clean_line(markup: Markup) -> str:
    """A title: one line of plain text."""
    return clean(markup).text


def shorten(text: str, limit: int, *, at_sentence: bool = False) -> str:
    """At most `limit` characters: cut after a sentence, if asked and there is one in the second
    half, else after a word and closed by an ellipsis."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    if at_sentence:
        ends = [match.end() for match in _SENTENCE_END.finditer(text[:limit])]
        if ends and ends[-1] >= limit // 2:
            return text[: ends[-1]].rstrip()
    space = head.rfind(" ")
    cut = head[:space] if space > limit // 2 else head
    return cut.rstrip(" ,;:.–—-\u200d\ufe0f") + "…"


def _bounded(text: str) -> str:
    """A text too long or with too many tags, without its middle."""
    if len(text) <= MAX_HTML_CHARS and text.count("<") <= MAX_TAGS:
        return text
    head = text[: min(len(text), MAX_HTML_CHARS) - TAIL_CHARS].split("<", MAX_TAGS)[:-1]
    _, opening, tail = text[-TAIL_CHARS:].partition("<p")
    return "<".join(head) + opening + tail


def _sanitised(text: str) -> str:
    return nh3.clean(
        text.encode("utf-8", "ignore").decode("utf-8"),
        tags={*BLOCKS, "br", "img"},
        attributes={"img": {"src", "alt", "width", "height"}},
        clean_content_tags=set(DROPPED),
        url_schemes={"http", "https"},
        link_rel=None,
    )


def _space_for(tag: re.Match[str]) -> str:
    name = tag[1].lstrip("/")
    return "\n" if name in BLOCKS else " " if name in ("br", "img") else ""


def _lines_of(parts: list[str]) -> tuple[str, ...]:
    return tuple(line for part in parts if (line := one_line(part)))


def _image(tag: re.Match[str], base: str) -> RawImage | None:
    if tag[1] != "img":
        return None
    given = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(tag[2])}
    if not given.get("src"):
        return None
    return RawImage(
        url=given["src"],
        rank=CONTENT_IMAGE_RANK,
        alt=one_line(given.get("alt", "")),
        width=pixels(given.get("width")),
        height=pixels(given.get("height")),
        base=base,
    )


def pixels(value: object) -> int | None:
    """A width or height as feeds write it ("640", 640, "640px"); None where it is not one."""
    match = _PIXELS.match(str(value).strip()) if value is not None else None
    return int(match[0]) if match else None
