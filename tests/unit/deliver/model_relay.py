"""A relay without a network: SMTP's state, an answer chosen for each command, and a judge of what
the client writes. Its assertions are the client's duties (RFC 5321, 2920, 3030)."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum

from digest.deliver.offer import Offer

ADDRESS = re.compile(rb"<([^>]*)>")


class Choice(Enum):
    """What the relay makes of a command."""

    ACCEPT = "accept"
    LATER = "4xx"
    NEVER = "5xx"
    CLOSING = "421"
    CLOSE = "closes instead of doing it"
    LOSE = "does it and closes instead of saying so"


class Keeps(Enum):
    """What becomes of a transaction whose recipients were all refused, at its end."""

    NOTHING = "cleared"
    OPEN = "stays open; the next MAIL is nested, its RCPT counts"
    SHUT = "stays open; after a nested MAIL nothing counts before RSET"


@dataclass
class ModelRelay:
    """`messages`: what each recipient's body must be. `accepted`: how often each was taken."""

    offer: Offer
    messages: dict[str, bytes]
    choices: Iterable[Choice] = ()
    keeps: Keeps = Keeps.NOTHING
    is_generous: bool = False  # 354 although there is no recipient
    is_wordy: bool = False  # every reply on two lines
    accepted: Counter[str] = field(default_factory=Counter)
    sent: bytearray = field(default_factory=bytearray)
    ends: list[int] = field(default_factory=list)  # where in `sent` each reply ends
    is_closed: bool = False
    n_dots: int = 0
    n_resets: int = 0

    def __post_init__(self) -> None:
        self._choices: Iterator[Choice] = iter(self.choices)
        self._in = b""
        self._is_open = self._is_spoilt = False
        self._readers: list[str] = []
        self._is_in_data = False

    def hear(self, data: bytes) -> None:
        """More of what the client wrote."""
        self._in += data
        while not self.is_closed and self._step():
            pass

    def _step(self) -> bool:
        """Take one command or body, if it is there."""
        if self._is_in_data:
            body, dot, rest = (b"\r\n" + self._in).partition(b"\r\n.\r\n")
            if dot:
                self._in, self._is_in_data = rest, False
                self._body(re.sub(rb"(?m)^\.", b"", body[2:] + b"\r\n" if body[2:] else b""))
            return bool(dot)
        line, end, rest = self._in.partition(b"\r\n")
        if not end:
            return False
        verb, _, words = line.partition(b" ")
        if verb == b"BDAT":
            assert self.offer.has_chunking
            size, last = words.split()
            assert last == b"LAST"
            if len(rest) < int(size):
                return False
            self._in = rest[int(size) :]
            self._chunk(rest[: int(size)])
            return True
        self._in = rest
        {b"MAIL": self._mail, b"RCPT": self._rcpt, b"DATA": self._data, b"RSET": self._rset}[verb](
            words
        )
        return True

    def _mail(self, words: bytes) -> None:
        if self._is_open:
            self._is_spoilt = self.keeps is Keeps.SHUT
            self._say(503, "nested MAIL command")
        elif self._is_allowed("sender"):
            self._is_open = True
            self._say(250, "sender ok")

    def _rcpt(self, words: bytes) -> None:
        found = ADDRESS.search(words)
        assert found is not None
        reader = found[1].decode()
        if not self._is_open or self._is_spoilt:
            self._say(503, f"need MAIL before {reader}")
        elif self._is_allowed(reader):
            self._readers.append(reader)
            self._say(250, f"{reader} ok")

    def _data(self, words: bytes) -> None:
        # DATA ends a group: the client must wait for what it is answered.
        assert not self._in
        assert not self.offer.has_chunking
        if not self._readers and not (self.is_generous and self._is_open):
            self._say(503, "no valid recipients")
        elif self._is_allowed("DATA"):
            self._is_in_data = True
            self._say(354, "go on")

    def _rset(self, words: bytes) -> None:
        self.n_resets += 1
        if self._is_allowed("RSET"):
            self._clear()
            self._say(250, "reset")

    def _chunk(self, body: bytes) -> None:
        if self._readers and not self._is_spoilt:
            self._body(body)
        else:
            self._say(503, "no valid recipients")
            self._forget()

    def _body(self, body: bytes) -> None:
        if not self._readers:
            assert body == b"", "a message for nobody"
            self.n_dots += 1
            self._say(554, "no valid recipients")
            self._forget()
            return
        assert len(self._readers) == 1, "a reader gets another one's message"
        (reader,) = self._readers
        assert body == self.messages[reader]
        if self._is_allowed(reader, is_last=True):
            self.accepted[reader] += 1
            self._say(250, f"{reader} taken")
        self._clear()

    def _forget(self) -> None:
        if self.keeps is Keeps.NOTHING:
            self._clear()

    def _clear(self) -> None:
        self._is_open = self._is_spoilt = False
        self._readers = []

    def _is_allowed(self, what: str, *, is_last: bool = False) -> bool:
        choice = next(self._choices, Choice.ACCEPT)
        if choice is Choice.LATER:
            self._say(451, f"4.3.0 {what} later")
        elif choice is Choice.NEVER:
            self._say(550, f"5.1.1 {what} never")
        elif choice is Choice.CLOSING:
            self._say(421, f"4.3.2 {what} closing")
            self.is_closed = True
        elif choice is not Choice.ACCEPT:
            if is_last and choice is Choice.LOSE:
                self.accepted[what] += 1
            self.is_closed = True
        return choice is Choice.ACCEPT

    def _say(self, code: int, words: str) -> None:
        if self.is_closed:
            return
        if self.is_wordy:
            self.sent += b"%d-%b\r\n%d see above\r\n" % (code, words.encode(), code)
        else:
            self.sent += b"%d %b\r\n" % (code, words.encode())
        self.ends.append(len(self.sent))
