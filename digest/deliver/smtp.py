"""Lines to a relay: Envelope -> Reply, over connections that are made anew as they end.
I/O: the network.

aiosmtplib connects, does TLS, EHLO and AUTH; then session.py takes the transport over, with
several messages on their way where the relay lets us. A line is used by `n_slots` tasks at once.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiosmtplib import SMTP, SMTPException

from digest.deliver.conversation import CLOSING, Transaction
from digest.deliver.cut import Scissors
from digest.deliver.offer import Offer, in_flight, read_offer
from digest.deliver.refusal import explain, is_lasting
from digest.deliver.relay import Relay, Security
from digest.deliver.session import DROPPED, Session
from digest.errors import RelayError
from digest.model.ledger import Phase, Reply
from digest.model.message import Envelope

MAX_MESSAGES = 100
# RFC 5321 section 4.5.3.2.6; giving up sooner makes duplicates (RFC 1047).
FINAL_TIMEOUT_S = 600.0
# A message that no connection would begin is handed to so many before it is left for later.
MAX_CONNECTIONS_A_MESSAGE = 3
# Dot-atoms and IP literals; quoted local parts are not taken.
ADDRESS = re.compile(r"[^\x00-\x20\x7f<>()\[\]\\,;:@\"]+@[A-Za-z0-9.:\[\]-]+")
# What aiosmtplib, asyncio and ssl raise when the line or the other side fails.
LINE_ERRORS = (SMTPException, OSError, asyncio.TimeoutError)


@dataclass(frozen=True, slots=True)
class Terms:
    """How a line is held: `timeout_s` for each reply, `final_timeout_s` for the last one;
    `in_flight` messages on their way at most, None: as the measured round trip asks for."""

    local_hostname: str
    tls_context: ssl.SSLContext | None
    timeout_s: float = 60
    final_timeout_s: float = FINAL_TIMEOUT_S
    max_messages: int = MAX_MESSAGES
    in_flight: int | None = None


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
    """One connection at a time, made anew after `max_messages`, a 421 or a break."""

    def __init__(self, relay: Relay, terms: Terms) -> None:
        self._relay = relay
        self._terms = terms
        self._session: Session | None = None
        self._client: SMTP | None = None
        self._renewing = asyncio.Lock()
        self._opening = Scissors()
        self._error: RelayError | None = None
        self._unsettled: dict[str, tuple[Session, Transaction]] = {}
        self._all_settled: asyncio.Future[None] | None = None
        self._n_drops = 0
        self.in_flight = 1

    @property
    def n_slots(self) -> int:
        """How many tasks keep the line busy: one more than messages may be on their way, so that
        the next one's MAIL goes out with the last body."""
        return self.in_flight + 1

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
        loop = asyncio.get_running_loop()
        try:
            await client.connect()
            # After STARTTLS what was said before is void (RFC 3207 section 4.2).
            asked_at = loop.time()
            await client.ehlo()
            round_trip_s = loop.time() - asked_at
            self._take_over(client, read_offer(client.esmtp_extensions), round_trip_s)
        except LINE_ERRORS as error:
            client.close()
            words = explain(error, relay.label, terms.timeout_s)
            raise RelayError(words, is_lasting=is_lasting(error)) from error
        except BaseException:
            # Cancelled, for one.
            client.close()
            raise

    async def send(self, envelope: Envelope) -> Reply:
        """Hand over one message and return the relay's last word on it; settle() it once that is
        in the ledger, or drop() the line: others wait for it.

        Raises RelayError when the line was gone and can't be made again: then nothing was sent.
        Raises ValueError for a message that could not be sent as it is.
        """
        reply: Reply | None = None
        n_drops = self._n_drops
        for _ in range(MAX_CONNECTIONS_A_MESSAGE):
            session = self._session
            if session is None or not self._has_room(session):
                session = await self._renewed(n_drops)
            if session is None:
                break
            reply = _unsendable(envelope, session.offer)
            if reply is not None:
                return reply
            transaction, reply = await session.send(envelope)
            if reply is None or _is_full_measure(reply, session):
                if self._n_drops != n_drops:
                    break
                continue
            if reply.phase is Phase.BODY:
                self._unsettled[envelope.message_id] = (session, transaction)
            elif transaction.has_left:
                # Refused before its body counted: a kill now would leave nothing unknown.
                session.settle(transaction)
            return reply
        words = "the line broke again and again" if self._n_drops == n_drops else DROPPED
        return reply or Reply(Phase.MAIL, None, "", words)

    def settle(self, envelope: Envelope) -> None:
        """What became of the message is in the ledger: another body may leave."""
        held = self._unsettled.pop(envelope.message_id, None)
        if held is not None:
            session, transaction = held
            session.settle(transaction)
        if self._all_settled is not None and not self._unsettled:
            self._wake()

    def drop(self) -> None:
        """Send no body that has not left yet: whoever waits for a reply ends without a code. The
        next message gets a new connection."""
        self._n_drops += 1
        self.close()
        self._opening.cut()
        self._unsettled.clear()
        self._wake()

    def hang_up(self) -> None:
        """As drop(), and for good: send() raises RelayError from now on."""
        self._error = self._error or RelayError(DROPPED)
        self.drop()

    async def quit(self) -> None:
        """Wait for what is on its way, and say good-bye."""
        session = self._session
        if session is not None:
            await session.idle()
            session.quit()

    def close(self) -> None:
        """Drop the connection."""
        if self._session is not None:
            self._session.abort()
        self._session = None

    async def _renewed(self, n_drops: int) -> Session | None:
        """A connection with room for a message; None when the line was dropped meanwhile.

        Raises RelayError when it can't be made anew, or was hung up.
        """
        async with self._renewing:
            is_open = self._session is not None and self._has_room(self._session)
            if not is_open and self._error is None and self._n_drops == n_drops:
                await self._renew(n_drops)
            if self._error is not None:
                raise self._error
            return self._session if self._n_drops == n_drops else None

    async def _renew(self, n_drops: int) -> None:
        await self.quit()
        self.close()
        # A kill may leave as many unknown as one connection may have on its way, not two.
        while self._unsettled:
            self._all_settled = self._all_settled or asyncio.get_running_loop().create_future()
            await asyncio.shield(self._all_settled)
        if self._n_drops != n_drops:
            return
        try:
            await self._opening.unless_cut(self.open())
        except RelayError as error:
            self._error = error

    def _wake(self) -> None:
        waiting, self._all_settled = self._all_settled, None
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    def _has_room(self, session: Session) -> bool:
        return session.is_usable and session.n_begun < self._terms.max_messages

    def _take_over(self, client: SMTP, offer: Offer, round_trip_s: float) -> None:
        protocol = client.protocol
        transport = None if protocol is None else protocol.transport
        if not isinstance(transport, asyncio.Transport):
            raise ConnectionError("the relay closed the line after EHLO")
        terms = self._terms
        self.in_flight = in_flight(offer, round_trip_s=round_trip_s, wanted=terms.in_flight)
        session = Session(
            offer,
            in_flight=self.in_flight,
            timeout_s=terms.timeout_s,
            final_timeout_s=terms.final_timeout_s,
        )
        session.start(transport)
        self._session, self._client = session, client


def _is_full_measure(reply: Reply, session: Session) -> bool:
    """Whether the relay only ended the connection, after others that it answered, and said nothing
    of the message."""
    return reply.code == CLOSING and reply.phase is not Phase.BODY and session.n_answered > 1


def _unsendable(envelope: Envelope, offer: Offer) -> Reply | None:
    """Our own refusal of what the relay could not take, or RCPT not carry; None when all is well.

    An address such as `a@b.example> X=1` would say more than RCPT; only the reader is meant.
    """
    address = envelope.recipient
    if ADDRESS.fullmatch(address) is None:
        return Reply(Phase.OWN, 553, "5.1.3", "not an address (RFC 5321 section 4.1.2)")
    if not offer.has_smtputf8:
        if not address.isascii():
            words = "the address needs SMTPUTF8, which is not offered"
            return Reply(Phase.OWN, 553, "5.6.7", words)
        if not envelope.sender.isascii():
            words = "the sender's address needs SMTPUTF8, which is not offered"
            return Reply(Phase.MAIL, 553, "5.6.7", words)
    if offer.size_limit is not None and len(envelope.message) > offer.size_limit:
        size = len(envelope.message)
        words = f"the message has {size:,} bytes, the relay takes {offer.size_limit:,} (SIZE)"
        return Reply(Phase.MAIL, 552, "5.3.4", words)
    return None
