"""Which characters a feed's bytes mean, whatever they are declared to be. Pure.

A byte order mark decides, then validity as UTF-8 (text in another encoding is hardly ever valid
UTF-8 by accident), then what HTTP and then what the XML declaration says (RFC 7303 section 3), then
Windows-1252. The declared order alone would turn the commonest mistake, UTF-8 declared Latin-1,
into nonsense without an error.
"""

import codecs
import re

_XML_ENCODING = re.compile(
    rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']"
)
_HTTP_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_KNOWN = re.compile(
    r"(utf[-_]?(8|16|32)|iso|latin|windows|cp|koi8|mac|big5|gb|hz|euc|shift|sjis|ascii|us-ascii|tis)"
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# WHATWG Encoding section 4.2: pages that say these mean Windows-1252.
_MEANT = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252",
          "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}  # fmt: skip
_ESCAPE = b"\x1b"  # ISO-2022: other scripts written in 7 bits, valid as UTF-8


def decode(body: bytes, *, content_type: str = "") -> tuple[str, str | None]:
    """(text without byte order mark, a warning where the declaration was wrong, else None)."""
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace"), None
    if (wide := _wide(body)) is not None:
        return body.decode(wide, "replace"), None
    declared = _declared(body, content_type)
    attempts = (*declared, "utf-8") if _ESCAPE in body else ("utf-8", *declared)
    for encoding in attempts:
        try:
            text = body.decode(encoding)
        except (UnicodeError, LookupError):
            continue
        return text, _complaint(declared, encoding, body)
    return body.decode("cp1252", "replace"), _complaint(declared, "cp1252", body)


def _wide(body: bytes) -> str | None:
    """UTF-16 without a mark shows in the zero bytes around the first character."""
    if body[:1] in b"<{[" and body[1:2] == b"\x00" and body[2:3] != b"\x00":
        return "utf-16-le"
    if body[:1] == b"\x00" and body[1:2] in (b"<", b"{", b"["):
        return "utf-16-be"
    return None


def _declared(body: bytes, content_type: str) -> tuple[str, ...]:
    http = _HTTP_CHARSET.search(content_type)
    xml = _XML_ENCODING.match(body)
    names = (http[1] if http else "", xml[1].decode("ascii") if xml else "")
    return tuple(_MEANT.get(name, name) for name in map(str.lower, names) if _KNOWN.match(name))


def _complaint(declared: tuple[str, ...], actual: str, body: bytes) -> str | None:
    if body.isascii() or not declared or actual in declared:
        return None
    return f"declared as {declared[0]}, but it is {actual}"
