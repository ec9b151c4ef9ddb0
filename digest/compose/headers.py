"""Header fields as bytes (RFC 5322 section 2.2): encoded where they may be, folded where they may
be, refused where they would break out. Pure.

Written by hand because the standard library's policies encode long List-Unsubscribe fields (RFC
2047 section 5 forbids it; mailboxes then show no button) and some versions join encoded-words
without the blank between them. Every function returns whole lines, each closed by CRLF.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Sized

_SOFT_LIMIT = 76  # RFC 2047 section 2, for lines with an encoded-word; RFC 5322 would allow 78
_HARD_LIMIT = 998
_WORD_LIMIT = 64  # RFC 2047 section 2 allows 75, but the field's name stands on the line, too
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f]")
_NAME = re.compile(r"[A-Za-z0-9-]+")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
# Never cut inside <...> nor inside a quoted string: there a blank would be part of the value.
_FOLDABLE = re.compile(r'(?:<[^>]*>|"(?:[^"\\]|\\.)*"|[^\s<"])+|[<"]')
_SHORT_WORDS = re.compile(r"[^ ]{1,69}(?: [^ ]{1,69})*")
_PLAIN_Q = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
# Each octet in Q.
_Q = tuple(chr(o) if o in _PLAIN_Q else "_" if o == 0x20 else f"={o:02X}" for o in range(256))
_Q_ROOM = _WORD_LIMIT - len("=?utf-8?q??=")  # characters
_B_ROOM = _Q_ROOM // 4 * 3  # octets
_ADDRESS = re.compile(r"[^\s<>@,;:\\\"()\[\]]+@[^\s<>@,;:\\\"()\[\]]+")


def structured(name: str, value: str) -> bytes:
    """A field of ASCII tokens, addresses and <URIs>: folded at blanks only, never encoded.

    Raises ValueError for controls (CR, LF and NUL among them), for what is not ASCII, and where
    one token is too long for a line.
    """
    _refuse(name, value)
    if not value.isascii():
        raise ValueError(f"{name}: only ASCII may stand here")
    return _folded(name, _FOLDABLE.findall(value))


def unstructured(name: str, text: str) -> bytes:
    """A field of free text (Subject): as it is where it is short-worded ASCII, else in
    encoded-words (RFC 2047), a blank between each two.

    Raises ValueError for controls.
    """
    _refuse(name, text)
    return _folded(name, text.split(" ") if _is_plain(text) else list(_encoded_words(text)))


def mailbox(name: str, address: str) -> str:
    """The value `Name <address>`, or the bare address where there is no name. ASCII."""
    shown = ascii_address(address)
    return f"{phrase(name)} <{shown}>" if name else shown


def phrase(text: str) -> str:
    """A display name (RFC 5322 section 3.2.5): atoms, a quoted string, or encoded-words."""
    _refuse("a display name", text)
    if not _is_plain(text):
        return " ".join(_encoded_words(text))
    if _ATOMS.fullmatch(text) and len(text) <= 60:
        return text
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"' if len(quoted) <= 60 else " ".join(_encoded_words(text))


def ascii_address(address: str) -> str:
    """The address with its domain as A-labels (RFC 5890): no SMTPUTF8 needed.

    Raises ValueError for what is no address or has a non-ASCII local part.
    """
    if not _ADDRESS.fullmatch(address) or _FORBIDDEN.search(address):
        raise ValueError("not an address")
    if address.isascii():
        return address
    local, _, domain = address.rpartition("@")
    if not local.isascii():
        raise ValueError("the part before the @ must be ASCII")
    return f"{local}@{domain.encode('idna').decode('ascii')}"


def _refuse(name: str, value: str) -> None:
    if _FORBIDDEN.search(value):
        raise ValueError(f"{name}: control characters may not stand in a header")


def _is_plain(text: str) -> bool:
    """Whether it can stand unencoded and come out of unfolding as it went in."""
    return text.isascii() and "=?" not in text and _SHORT_WORDS.fullmatch(text) is not None


def _encoded_words(text: str) -> Iterator[str]:
    """`text` in encoded-words, each as long as it may be; no character is split between two of them
    (RFC 2047 section 5)."""
    is_mostly_ascii = len(text.encode("ascii", "ignore")) * 2 >= len(text)
    if is_mostly_ascii:
        return (f"=?utf-8?q?{_q(part)}?=" for part in _parts(text, _Q_ROOM, _q))
    return (f"=?utf-8?b?{_b(part)}?=" for part in _parts(text, _B_ROOM, str.encode))


def _parts(text: str, room: int, encode: Callable[[str], Sized]) -> Iterator[str]:
    """Cut where the next character, encoded, would not fit. What most texts come to, one part, is
    found at once."""
    if text and len(encode(text)) <= room:
        yield text
        return
    start, left = 0, room
    for at, char in enumerate(text):
        size = len(encode(char))
        if size > left:
            yield text[start:at]
            start, left = at, room
        left -= size
    if text:
        yield text[start:]


def _q(text: str) -> str:
    """The Q encoding, safe in a phrase, too (RFC 2047 sections 4.2 and 5 (3)): an octet's is always
    the same."""
    return "".join(map(_Q.__getitem__, text.encode()))


def _b(text: str) -> str:
    return b64encode(text.encode()).decode("ascii")


def _folded(name: str, words: list[str]) -> bytes:
    """The field with its words on as many lines as it takes (RFC 5322 section 2.2.3)."""
    if not _NAME.fullmatch(name):
        raise ValueError("not a field name")
    lines = [f"{name}:"]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > _SOFT_LIMIT and lines[-1] != f"{name}:":
            lines.append("")
        lines[-1] += f" {word}"
    if max(map(len, lines)) > _HARD_LIMIT:
        raise ValueError(f"{name}: longer than a line may be")
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")
