"""Quoted-printable (RFC 2045 section 6.7) in pieces that can be joined. Pure.

Every piece begins at a line's start and ends at one: where its last line is not ended by the text
itself, a soft line break closes it. So any row of pieces is legal and decodes to their texts
joined. No line begins with a dot, so that SMTP never has to stuff one (RFC 5321 section 4.5.2).
"""

import binascii
import re

_SOFT_BREAK = b"=\r\n"
_LINE_LIMIT = 76
# What quoted-printable leaves as it is, for a line that needs no thought.
_PLAIN = re.compile(r"(?!\.)[\x20-\x3c\x3e-\x7e]{1,75}")
# A line that may not stay: it begins with a dot, or is too long (binascii does not count anew where
# it writes a blank at a line's end as "=20").
_UNFIT = re.compile(rb"^(?:\.[^\r\n]*|[^\r\n]{77,})", re.MULTILINE)


def encode_piece(text: str) -> bytes:
    """`text` (UTF-8, any line ends) as quoted-printable lines of at most 76, CRLF only. A lone CR
    counts as a line end. Empty text is empty."""
    if _PLAIN.fullmatch(text):
        return text.encode("ascii") + _SOFT_BREAK
    plain = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8")
    coded = binascii.b2a_qp(plain, quotetabs=False, istext=True, header=False)
    coded = coded.replace(b"\n", b"\r\n")
    if coded and not coded.endswith(b"\r\n"):
        before, newline, last = coded.rpartition(b"\r\n")
        coded = before + newline + _broken(last, _LINE_LIMIT - len("=")) + _SOFT_BREAK
    return _UNFIT.sub(lambda found: _broken(found[0], _LINE_LIMIT), coded)


def check_piece(piece: bytes) -> bytes:
    """The piece, if it may stand in a message as it is; else ValueError.

    7 bit, lines ended by CRLF and by nothing else, none above 998 octets (RFC 5322 section 2.1.1)
    nor beginning with a dot.
    """
    lines = piece.split(b"\r\n")
    bare = b"".join(lines)
    if lines.pop() or not piece.isascii() or b"\0" in bare or b"\r" in bare or b"\n" in bare:
        raise ValueError("a piece of the message is not made of 7-bit lines")
    if any(len(line) > 998 or line.startswith(b".") for line in lines):
        raise ValueError("a line of the message is too long or begins with a dot")
    return piece


def _broken(line: bytes, limit: int) -> bytes:
    """The line as lines of at most `limit`, the soft breaks between them not counted; none begins
    with a dot."""
    done = b""
    while True:
        if line.startswith(b"."):
            line = b"=2E" + line[1:]
        if len(line) <= limit:
            return done + line
        at = min(_LINE_LIMIT - len("="), len(line) - 1)
        while b"=" in line[at - 2 : at]:  # an =XX stays whole
            at -= 1
        done += line[:at] + _SOFT_BREAK
        line = line[at:]
