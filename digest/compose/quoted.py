"""Quoted-printable (RFC 2045 section 6.7) in pieces that can be joined. Pure.

Every piece begins at a line's start and ends at one: where its last line is not ended by the text
itself, a soft line break closes it. So any row of pieces is legal and decodes to their texts
joined.
"""

import binascii

_SOFT_BREAK = b"=\r\n"
_LINE_LIMIT = 76


def encode_piece(text: str) -> bytes:
    """`text` (UTF-8, any line ends) as quoted-printable lines of at most 76, CRLF only. A lone CR
    counts as a line end. Empty text is empty."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8")
    coded = binascii.b2a_qp(plain, quotetabs=False, istext=True, header=False)
    coded = coded.replace(b"\n", b"\r\n")
    if not coded or coded.endswith(b"\r\n"):
        return coded
    before, newline, last = coded.rpartition(b"\r\n")
    return before + newline + _with_room(last) + _SOFT_BREAK


def _with_room(line: bytes) -> bytes:
    """A last line, broken once more where the closing "=" would make it too long."""
    if len(line) < _LINE_LIMIT:
        return line
    at = _LINE_LIMIT - 4
    while b"=" in line[at - 2 : at]:  # an =XX stays whole
        at -= 1
    return line[:at] + _SOFT_BREAK + line[at:]
