"""A relay's bytes to its replies (RFC 5321 section 4.2), however they are cut into packets. Pure.

Not covered: what a reply means, which is policy.py's.
"""

from typing import NamedTuple

# A line and a whole reply may be so long; more is no reply but an attack or a broken relay.
MAX_LINE = 8_192
MAX_REPLY = 32_768
_CODES = {str(code).encode(): code for code in range(200, 600)}


class Said(NamedTuple):
    """One reply: its code and its words as they came, the lines of a long one joined by blanks."""

    code: int
    words: bytes

    @property
    def text(self) -> str:
        """The words in one line."""
        return " ".join(self.words.decode("utf-8", "replace").split())


class ReplyReader:
    """Bytes in, replies out. `nonsense` says what came that is no reply: then nothing more of
    this connection can be believed."""

    def __init__(self) -> None:
        self.nonsense = ""
        self._rest = b""
        self._code = 0
        self._held: list[bytes] = []
        self._n_held = 0

    def feed(self, data: bytes) -> list[Said]:
        """The replies that are complete with these bytes, in order; after nonsense none."""
        if self.nonsense:
            return []
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        found: list[Said] = []
        for line in lines:
            code = _CODES.get(line[:3])
            if code is not None and line[3:4] == b" " and not self._held and len(line) < MAX_LINE:
                found.append(Said(code, line[4:]))
            elif (said := self._unusual(code, line.rstrip(b"\r"))) is not None:
                found.append(said)
            if self.nonsense:
                break
        if len(self._rest) > MAX_LINE and not self.nonsense:
            self.nonsense = "a line without an end"
        return found

    def _unusual(self, code: int | None, line: bytes) -> Said | None:
        """A line of a longer reply, or of only a code; else nonsense."""
        is_sound = code is not None and line[3:4] in (b" ", b"-", b"") and len(line) <= MAX_LINE
        if code is None or not is_sound or (self._held and code != self._code):
            self.nonsense = line[:100].decode("ascii", "backslashreplace") or "an empty line"
            return None
        self._code = code
        self._held.append(line[4:])
        # With their codes: a reply of empty lines has no end either.
        self._n_held += len(line)
        if self._n_held > MAX_REPLY:
            self.nonsense = "a reply without an end"
            return None
        if line[3:4] == b"-":
            return None
        words, self._held, self._n_held = b" ".join(self._held), [], 0
        return Said(code, words)
