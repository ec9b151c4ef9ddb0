"""A relay that takes everything fast and counts it: CHUNKING and PIPELINING, or DATA alone."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

EHLO = b"250-sink\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n"


@dataclass
class Taken:
    """How often each address got the message: accepted, whether or not the sender heard of it."""

    copies: Counter[str] = field(default_factory=Counter)
    has_chunking: bool = True
    n_lines: int = 0


class Sink(asyncio.Protocol):
    """One connection; commands and messages are taken off the buffer as they are complete."""

    def __init__(self, taken: Taken) -> None:
        self._taken = taken
        self._buffer = b""
        self._recipient = ""
        self._n_left = -1  # octets of a chunk that are still to come; -1: none
        self._is_data = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._taken.n_lines += 1
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        out = []
        while (reply := self._next()) is not None:
            out.append(reply)
        if self._transport is not None and out:
            self._transport.write(b"".join(out))

    def _next(self) -> bytes | None:
        if self._n_left >= 0:
            if len(self._buffer) < self._n_left:
                return None
            self._buffer = self._buffer[self._n_left :]
            self._n_left = -1
            return self._take()
        if self._is_data:
            before, dot, rest = self._buffer.partition(b"\r\n.\r\n")
            if not dot:
                return None
            del before
            self._buffer, self._is_data = rest, False
            return self._take()
        line, end, rest = self._buffer.partition(b"\r\n")
        if not end:
            return None
        self._buffer = rest
        return self._answer(line)

    def _take(self) -> bytes:
        self._taken.copies[self._recipient] += 1
        return b"250 2.0.0 taken\r\n"

    def _answer(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"EHLO":
            return (
                EHLO + (b"250-CHUNKING\r\n" if self._taken.has_chunking else b"") + b"250 HELP\r\n"
            )
        if verb == b"RCPT":
            self._recipient = line.split(b"<")[1].split(b">")[0].decode()
        if verb == b"BDAT":
            self._n_left = int(line.split()[1])
            return b""
        if verb == b"DATA":
            self._is_data = True
            return b"354 go on\r\n"
        if verb == b"QUIT":
            return b"221 bye\r\n"
        return b"250 2.1.0 ok\r\n"


@asynccontextmanager
async def sink(*, has_chunking: bool = True) -> AsyncIterator[tuple[int, Taken]]:
    """Listen on a free port: (port, what was taken)."""
    taken = Taken(has_chunking=has_chunking)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Sink(taken), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], taken
    finally:
        server.close()
        await server.wait_closed()
