"""One line to a relay: Envelope -> Reply, in lock step (RFC 5321). I/O: the network.

aiosmtplib connects, does TLS, EHLO, AUTH, MAIL and RCPT; DATA and the message are spoken here, so
that a broken line is known to be before or after the message left. Not covered: pipelining,
SMTPUTF8, 8BITMIME (messages are 7 bit).
"""

import asyncio
import contextlib
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiosmtplib import SMTP, SMTPException, SMTPResponseException, SMTPServerDisconnected

from digest.deliver.policy import parse_enhanced
from digest.deliver.refusal import explain
from digest.deliver.relay import Relay, Security
from digest.errors import RelayError
from digest.model.ledger import Phase, Reply
from digest.model.message import Envelope

MAX_MESSAGES = 100
# RFC 5321 section 4.5.3.2.6; giving up sooner makes duplicates (RFC 1047).
FINAL_TIMEOUT_S = 600.0
# Dot-atoms and IP literals; quoted local parts are not taken.
ADDRESS = re.compile(r"[^\x00-\x20\x7f<>()\[\]\\,;:@\"]+@[A-Za-z0-9.:\[\]-]+")
# What aiosmtplib, asyncio and ssl raise when the line or the other side fails.
LINE_ERRORS = (SMTPException, OSError, asyncio.TimeoutError)


@dataclass(frozen=True, slots=True)
class Terms:
    """How a line is held: `timeout_s` for each reply, `final_timeout_s` for the last one."""

    local_hostname: str
    tls_context: ssl.SSLContext | None
    timeout_s: float = 60
    final_timeout_s: float = FINAL_TIMEOUT_S
    max_messages: int = MAX_MESSAGES


@asynccontextmanager
async def connect(relay: Relay, terms: Terms) -> AsyncIterator["SmtpLine"]:
    """An open line; QUIT at the end, closed at once when cancelled.

    Raises RelayError when it can't be opened.
    """
    line = SmtpLine(relay, terms)
    await line.open()
    try:
        yield line
        await line.quit()
    finally:
        line.close()


class _Client(SMTP):
    # CRAM-MD5, which aiosmtplib tries first, is one more failed login for a relay that counts
    # them; the line is under TLS or on loopback (relay.py).
    AUTH_METHODS = ("plain", "login")


class SmtpLine:
    """A connection that is made anew after `max_messages`, a 421 or a break."""

    def __init__(self, relay: Relay, terms: Terms) -> None:
        self._relay = relay
        self._terms = terms
        self._client: SMTP | None = None
        self._n_sent = 0

    async def open(self) -> None:
        """Connect, TLS, EHLO, AUTH. Raises RelayError in plain words."""
        relay, terms = self._relay, self._terms
        client = _Client(
            hostname=relay.host,
            port=relay.port,
            use_tls=relay.security is Security.TLS,
            start_tls=relay.security is Security.STARTTLS,
            tls_context=terms.tls_context if relay.security is not Security.NONE else None,
            username=relay.username,
            password=relay.password if relay.username else None,
            local_hostname=terms.local_hostname,
            timeout=terms.timeout_s,
        )
        try:
            await client.connect()
            # After STARTTLS what was said before is void (RFC 3207 section 4.2).
            await client.ehlo()
        except LINE_ERRORS as error:
            client.close()
            raise RelayError(explain(error, relay.label, terms.timeout_s)) from error
        self._client, self._n_sent = client, 0

    async def send(self, envelope: Envelope) -> Reply:
        """Hand over one message and return the relay's last word on it.

        Raises RelayError when the line was gone and can't be made again: then nothing was sent.
        Raises ValueError for a message that is not 7 bit with CRLF line ends.
        """
        wire = to_wire(envelope.message)
        unsendable = _unsendable(envelope.recipient)
        if unsendable is not None:
            return unsendable
        client = await self._ready_client()
        self._n_sent += 1
        talk = _Talk(client, self._terms)
        try:
            return await talk.hand_over(envelope, wire)
        except SMTPResponseException as error:
            return await self._refused(talk.phase, error)
        except LINE_ERRORS as error:
            self.close()
            return Reply(talk.phase, None, "", _broken(error))
        except asyncio.CancelledError:
            # The reply would be taken for the answer to the next command.
            self.close()
            raise

    async def quit(self) -> None:
        """Say good-bye; a relay that does not answer is left."""
        if self._client is not None and self._client.is_connected:
            with contextlib.suppress(*LINE_ERRORS):
                await self._client.quit(timeout=min(self._terms.timeout_s, 5))

    def close(self) -> None:
        """Drop the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None

    async def _ready_client(self) -> SMTP:
        if self._n_sent >= self._terms.max_messages:
            await self.quit()
            self.close()
        if self._client is None or not self._client.is_connected:
            await self.open()
        assert self._client is not None  # noqa: S101 - open() either sets it or raises
        return self._client

    async def _refused(self, phase: Phase, error: SMTPResponseException) -> Reply:
        """The relay said no: make the line fit for the next message."""
        is_word = 400 <= error.code < 600 or (200 <= error.code < 300 and phase is Phase.BODY)
        if not is_word:
            # Nonsense where an answer was due: the two sides no longer speak of the same thing.
            self.close()
            return Reply(phase, None, "", f"unexpected reply: {error.code} {error.message}")
        await self._reset(phase, error.code)
        text = " ".join(error.message.split())
        return Reply(phase, error.code, parse_enhanced(text), text)

    async def _reset(self, phase: Phase, code: int) -> None:
        if code == 421 or self._client is None:  # RFC 5321 section 3.8: it is closing
            self.close()
        elif phase is not Phase.BODY:
            # A refused RCPT or DATA leaves the transaction open (section 4.1.4).
            try:
                await self._client.rset()
            except LINE_ERRORS:
                self.close()


class _Talk:
    """One mail transaction (RFC 5321 section 3.3); `phase` is where it stands."""

    def __init__(self, client: SMTP, terms: Terms) -> None:
        self.phase = Phase.MAIL
        self._client = client
        self._terms = terms

    async def hand_over(self, envelope: Envelope, wire: bytes) -> Reply:
        """MAIL, RCPT, DATA, the message. Every refusal is raised."""
        client = self._client
        size = (f"SIZE={len(envelope.message)}",) if client.supports_extension("size") else ()
        await client.mail(envelope.sender, options=size)
        self.phase = Phase.RCPT
        await client.rcpt(envelope.recipient)
        self.phase = Phase.DATA
        start = await client.execute_command(b"DATA")
        if start.code != 354:
            raise SMTPResponseException(start.code, start.message)
        return await self._body(wire)

    async def _body(self, wire: bytes) -> Reply:
        protocol = self._client.protocol
        if protocol is None or not protocol.is_connected:
            raise SMTPServerDisconnected("the line broke")
        self.phase = Phase.BODY
        protocol.write(wire)
        last = await protocol.read_response(timeout=self._terms.final_timeout_s)
        if not 200 <= last.code < 300:
            raise SMTPResponseException(last.code, last.message)
        text = " ".join(last.message.split())
        return Reply(Phase.BODY, last.code, parse_enhanced(text), text)


def to_wire(message: bytes) -> bytes:
    """The message with its dots doubled and the final dot (RFC 5321 section 4.5.2).

    Raises ValueError unless it is 7 bit, its lines end in CRLF and no CR or LF stands alone
    (section 2.3.8): anything else could be cut in two by a lenient server.
    """
    n_lines = message.count(b"\r\n")
    if not message.isascii() or message.count(b"\n") != n_lines or message.count(b"\r") != n_lines:
        raise ValueError("a message must be 7 bit with CRLF line ends")
    if not message.endswith(b"\r\n"):
        raise ValueError("a message must end with CRLF")
    stuffed = message.replace(b"\r\n.", b"\r\n..")
    return (b"." if message.startswith(b".") else b"") + stuffed + b".\r\n"


def _unsendable(address: str) -> Reply | None:
    """Our own refusal of an address that RCPT can't carry as it is; None when it can.

    aiosmtplib would send what it makes of `a@b.example> X=1`; nobody but the reader is meant.
    """
    if not address.isascii():
        return Reply(Phase.RCPT, 553, "5.6.7", "the address needs SMTPUTF8, which is not used")
    if ADDRESS.fullmatch(address) is None:
        return Reply(Phase.RCPT, 553, "5.1.3", "not an address (RFC 5321 section 4.1.2)")
    return None


def _broken(error: BaseException) -> str:
    if isinstance(error, asyncio.TimeoutError):
        return "no answer in time"
    return f"the line broke: {' '.join(str(error).split()) or type(error).__name__}"
