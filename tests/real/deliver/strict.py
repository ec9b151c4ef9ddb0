"""A relay that does not forgive: whoever speaks before their turn gets 554 5.5.0 and is cut off,
as Postfix's smtpd_forbid_unauth_pipelining does (RFC 2920 section 3.1, RFC 5321 section 4.3.1)."""

import asyncio
import os
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace

from tests.real.deliver.relays import Faulty, misbehave

# The last of a group, whatever is offered.
LAST_OF_GROUP = {b"EHLO", b"DATA", b"QUIT", b"NOOP"}


@dataclass
class StrictBox(Faulty):
    """`unsynced`: what was said out of turn, and after what. `verbs`: all commands, in order."""

    is_generous: bool = False  # 354 although there is no recipient
    n_dots: int = 0  # messages for nobody
    closes_after: int | None = None  # so many messages on one line, and says nothing
    unsynced: list[bytes] = field(default_factory=list)
    verbs: list[bytes] = field(default_factory=list)
    # Called before the first body is read.
    before_body: Callable[["Strict"], object] = lambda _: None


class Strict(asyncio.Protocol):
    """One line."""

    def __init__(self, box: StrictBox) -> None:
        self.box = box
        self.transport: asyncio.Transport
        self._in = bytearray()
        self._has_come = asyncio.Event()
        self._is_open = False
        self._readers: list[str] = []
        self._n_taken = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.box.n_lines += 1
        self.task = asyncio.ensure_future(self._serve())

    def data_received(self, data: bytes) -> None:
        self._in += data
        self._has_come.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.task.cancel()

    async def push(self, reply: str) -> None:
        self.transport.write(f"{reply}\r\n".encode())

    def unread(self) -> bytes:
        """What has come and is not taken, here or in the system's buffer."""
        handle = self.transport.get_extra_info("socket").fileno()
        with socket.socket(fileno=os.dup(handle)) as peeking:
            try:
                more = peeking.recv(100, socket.MSG_PEEK | socket.MSG_DONTWAIT)
            except (BlockingIOError, ConnectionError):
                more = b""
        return bytes(self._in) + more

    async def _serve(self) -> None:
        await self.push("220 strict.localhost ESMTP")
        while True:
            line = bytes(await self._take_line())
            verb, _, words = line.partition(b" ")
            self.box.verbs.append(verb)
            body = await self._take(int(words.split()[0])) if verb == b"BDAT" else b""
            if verb in LAST_OF_GROUP or "PIPELINING" not in self.box.offers:
                await self._must_be_last(line)
            await self._do(verb, words, body)

    async def _do(self, verb: bytes, words: bytes, body: bytes) -> None:
        phase = {b"BDAT": "CHUNK"}.get(verb, verb.decode())
        deed = self.box.deed(phase) if phase in ("MAIL", "RCPT", "DATA", "RSET") else None
        if deed is not None:
            await self.push(await misbehave(self, deed))
            return
        match verb:
            case b"EHLO":
                lines = ["strict.localhost", *self.box.offers, "8BITMIME"]
                await self.push("\r\n".join(f"250-{line}" for line in lines[:-1]))
                await self.push(f"250 {lines[-1]}")
            case b"MAIL":
                await self.push("503 5.5.1 nested MAIL" if self._is_open else "250 2.1.0 ok")
                self._is_open = True
            case b"RCPT":
                if self._is_open:
                    self._readers += re.findall(r"<(.*)>", words.decode())
                await self.push("250 2.1.5 ok" if self._is_open else "503 5.5.1 need MAIL")
            case b"DATA":
                await self._data()
            case b"BDAT":
                await self._body(body)
            case b"RSET":
                self._clear()
                await self.push("250 2.0.0 reset")
            case b"QUIT":
                await self.push("221 2.0.0 bye")
                self.transport.close()
                await asyncio.Event().wait()
            case _:
                await self.push("500 5.5.2 what?")

    async def _data(self) -> None:
        if not self._readers and not (self._is_open and self.box.is_generous):
            await self.push("503 5.5.1 no valid recipients")
            return
        await self.push("354 go on")
        self.box.before_body(self)
        lines: list[bytes] = []
        while (line := await self._take_line()) != b".":
            lines.append(line.removeprefix(b".") + b"\r\n")
        if "PIPELINING" not in self.box.offers:
            await self._must_be_last(b".")
        await self._body(b"".join(lines))

    async def _body(self, body: bytes) -> None:
        if not self._readers:
            self.box.n_dots += body == b""
            if not self.box.keeps_open:
                self._clear()
            await self.push("554 5.5.1 no valid recipients")
            return
        envelope = SimpleNamespace(rcpt_tos=self._readers, original_content=body)
        self._clear()
        answer = await self.box.handle_DATA(self, None, envelope)
        await self.push(answer)
        self._n_taken += 1
        if self._n_taken == self.box.closes_after:
            await misbehave(self, "close")

    def _clear(self) -> None:
        self._is_open, self._readers = False, []

    async def _must_be_last(self, line: bytes) -> None:
        # The client may speak out of turn in what is left of this turn, and in the next ones.
        for _ in range(3):
            await asyncio.sleep(0)
        early = self.unread()
        if early:
            self.box.unsynced.append(line[:60] + b" < " + early[:60])
            await self.push("554 5.5.0 SMTP protocol synchronization")
            self.transport.close()
            await asyncio.Event().wait()

    async def _take_line(self) -> bytes:
        while (end := self._in.find(b"\r\n")) < 0:
            await self._more()
        line = bytes(self._in[:end])
        del self._in[: end + 2]
        return line

    async def _take(self, size: int) -> bytes:
        self.box.before_body(self)
        while len(self._in) < size:
            await self._more()
        body = bytes(self._in[:size])
        del self._in[:size]
        return body

    async def _more(self) -> None:
        self._has_come.clear()
        await self._has_come.wait()


@asynccontextmanager
async def strict_relay(box: StrictBox) -> AsyncIterator[int]:
    """Listen on a free port."""
    lines: list[Strict] = []

    def answer() -> Strict:
        lines.append(Strict(box))
        return lines[-1]

    with socket.socket(proto=socket.IPPROTO_TCP) as listening:
        # Small, so that it is soon full. (Without `proto` asyncio would leave Nagle on.)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        listening.bind(("127.0.0.1", 0))
        server = await asyncio.get_running_loop().create_server(answer, sock=listening)
        box.stop_listening = server.close
        try:
            yield listening.getsockname()[1]
        finally:
            server.close()
            # Until the client has left each line, and its QUIT, if it says one, is read.
            await asyncio.wait([line.task for line in lines], timeout=10)
            await server.wait_closed()
