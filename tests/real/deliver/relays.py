"""Real relays on loopback: aiosmtpd, each misbehaviour one replaced server command."""

import asyncio
import socket
import ssl
import struct
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult

from digest.model.message import Envelope

MESSAGE = b"Subject: x\r\n\r\n.a line with a dot\r\nthe end\r\n"


def an_envelope(number: int = 1, *, recipient: str | None = None) -> Envelope:
    return Envelope(
        sender="wrap@news.porttide.example",
        recipient=recipient or f"reader{number}@readers.example",
        message_id=f"<ed1.{number}@news.porttide.example>",
        message=MESSAGE,
    )


@dataclass
class Mailbox:
    """aiosmtpd's handler: keeps what it accepted, in order, and how many lines there were."""

    accepted: list[tuple[str, bytes]] = field(default_factory=list)
    n_lines: int = 0
    greetings: list[str] = field(default_factory=list)
    offers: tuple[str, ...] = ()
    stop_listening: Callable[[], None] = lambda: None

    @property
    def addresses(self) -> list[str]:
        return [address for address, _ in self.accepted]

    async def handle_EHLO(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.greetings.append(hostname)
        return [*responses[:-1], *(f"250-{offer}" for offer in self.offers), responses[-1]]

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.accepted += [(to, envelope.original_content) for to in envelope.rcpt_tos]
        return "250 2.0.0 taken"


@asynccontextmanager
async def relay(
    mailbox: Mailbox | None = None, kind: type[SMTP] = SMTP, **options: Any
) -> AsyncIterator[tuple[int, Mailbox]]:
    """Listen on a free port; (port, mailbox). `tls` in options: TLS from the first byte."""
    box = mailbox or Mailbox()
    loop = asyncio.get_running_loop()
    tls = options.pop("tls", None)
    lines: list[SMTP] = []

    def answer() -> SMTP:
        box.n_lines += 1
        lines.append(kind(box, hostname="relay.localhost", loop=loop, **options))
        return lines[-1]

    server = await loop.create_server(answer, "127.0.0.1", 0, ssl=tls)
    box.stop_listening = server.close
    try:
        yield server.sockets[0].getsockname()[1], box
    finally:
        server.close()
        for line in lines:
            if line.transport is not None:
                line.transport.close()
        await server.wait_closed()


def replying(command: str, reply: str, *, when: Callable[[Any, str], bool] | None = None) -> Any:
    """A kind of server that answers `reply` to the command where `when(server, argument)`."""

    async def replaced(self: Any, arg: str) -> None:
        if when is None or when(self, arg):
            await self.push(reply)
        else:
            await getattr(SMTP, f"smtp_{command}")(self, arg)

    # aiosmtpd reads a command's help and phase off the method.
    replaced.__doc__ = getattr(SMTP, f"smtp_{command}").__doc__
    return type("Replying", (SMTP,), {f"smtp_{command}": replaced})


class AnswersBody(Mailbox):
    """Takes the message and then says or does something else; the message counts as accepted
    where it says 250."""

    def __init__(self, reply: str) -> None:
        super().__init__()
        self.reply = reply

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        return self.reply


class HangsUp(Mailbox):
    """Accepts each message and drops the line instead of saying so."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        await super().handle_DATA(server, session, envelope)
        server.transport.abort()
        return "250 nobody hears this"


class FallsSilent(Mailbox):
    """Accepts each message and never says so; `arrivals` gets the number of each."""

    def __init__(self) -> None:
        super().__init__()
        self.arrivals: asyncio.Queue[int] = asyncio.Queue()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        await super().handle_DATA(server, session, envelope)
        self.arrivals.put_nowait(len(self.accepted))
        await asyncio.Event().wait()
        return ""


class StopsAfter(Mailbox):
    """Sets the event while it takes the n-th message."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = n
        self.stop = asyncio.Event()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        if len(self.accepted) == self.n:
            self.stop.set()
        return answer


CLOSE, SILENCE, RESET = "close", "silence", "250 taken, and reset"


@dataclass
class Faulty(Mailbox):
    """Takes messages, with a deed instead of the answer where the test says so: a reply, CLOSE,
    SILENCE or RESET. `at` is by phase and number, counted over all lines from 1; `always` by
    phase. Phases are MAIL, RCPT, DATA, RSET, BODY (the message is refused) and TAKEN (it is not
    said)."""

    at: dict[tuple[str, int], str] = field(default_factory=dict)
    always: dict[str, str] = field(default_factory=dict)
    keeps_open: bool = False  # a transaction whose recipients were refused
    n_asked: Counter[str] = field(default_factory=Counter)

    def deed(self, phase: str) -> str | None:
        self.n_asked[phase] += 1
        return self.at.get((phase, self.n_asked[phase])) or self.always.get(phase)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        refusal = self.deed("BODY")
        if refusal is not None:
            return await misbehave(server, refusal)
        answer = await super().handle_DATA(server, session, envelope)
        deed = self.deed("TAKEN")
        return answer if deed is None else await misbehave(server, deed)


async def misbehave(server: Any, deed: str) -> str:
    """The reply to give; a relay that says 421, closes or falls silent never comes back."""
    if deed == RESET:
        await server.push("250 2.0.0 taken")
        linger = struct.pack("ii", 1, 0)
        server.transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, linger
        )
        server.transport.abort()
        await asyncio.Event().wait()
    if deed[:3].isdigit() and not deed.startswith("421"):
        return deed
    if deed != SILENCE:
        if deed != CLOSE:
            await server.push(deed)
        # Not abort(): what was said before shall arrive.
        server.transport.write_eof()
    await asyncio.Event().wait()
    raise AssertionError


class Chunking(SMTP):
    """aiosmtpd with BDAT and with the deeds of a Faulty mailbox, which says what is offered."""

    event_handler: Faulty
    envelope: Any
    _reader: Any

    async def smtp_MAIL(self, arg: str) -> None:  # noqa: N802
        await self._do("MAIL", super().smtp_MAIL, arg)

    async def smtp_RCPT(self, arg: str) -> None:  # noqa: N802
        await self._do("RCPT", super().smtp_RCPT, arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        await self._do("DATA", super().smtp_DATA, arg)

    async def smtp_RSET(self, arg: str) -> None:  # noqa: N802
        await self._do("RSET", super().smtp_RSET, arg)

    async def smtp_BDAT(self, arg: str) -> None:  # noqa: N802
        """RFC 3030 section 2, for messages of one chunk."""
        size, last = arg.split()
        assert last == "LAST"
        body = await self._reader.readexactly(int(size))
        if not self.envelope.rcpt_tos:
            if not self.event_handler.keeps_open:
                self._set_post_data_state()  # type: ignore[no-untyped-call]
            await self.push("503 5.5.1 no valid recipients")
            return
        self.envelope.content = self.envelope.original_content = body
        answer = await self.event_handler.handle_DATA(self, self.session, self.envelope)
        self._set_post_data_state()  # type: ignore[no-untyped-call]
        await self.push(answer)

    async def _do(self, phase: str, method: Any, arg: str) -> None:
        deed = self.event_handler.deed(phase)
        if deed is None:
            await method(arg)
        else:
            await self.push(await misbehave(self, deed))


for _name in ("MAIL", "RCPT", "DATA", "RSET"):
    # aiosmtpd reads a command's help and phase off the method.
    getattr(Chunking, f"smtp_{_name}").__doc__ = getattr(SMTP, f"smtp_{_name}").__doc__


class ByteByByte(Chunking):
    """Each byte of a reply is a packet of its own."""

    async def push(self, status: str | bytes) -> None:
        reply = status if isinstance(status, bytes) else status.encode()
        for byte in reply + b"\r\n":
            self._writer.write(bytes([byte]))
            await self._writer.drain()
            await asyncio.sleep(0)


class InOnePacket(Chunking):
    """Says nothing before it has read all that has come, as Postfix does."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._unsaid = b""

    async def push(self, status: str | bytes) -> None:
        self._unsaid += (status if isinstance(status, bytes) else status.encode()) + b"\r\n"
        if not self._reader._buffer:
            self._writer.write(self._unsaid)
            self._unsaid = b""
            await self._writer.drain()


def password_check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:
    """aiosmtpd's authenticator: the user is `wrap`, the password `p/w`."""
    is_right = (data.login, data.password) == (b"wrap", b"p/w")
    return AuthResult(success=is_right, handled=False)


def certificate(folder: Path, name: str = "DNS:localhost,IP:127.0.0.1") -> tuple[Path, Path]:
    """A self-signed certificate for the name, and its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = [
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
        *("-subj", "/CN=test relay", "-addext", f"subjectAltName={name}"),
        *("-keyout", str(key), "-out", str(cert)),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return cert, key


def server_tls(cert: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context
