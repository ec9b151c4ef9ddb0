"""A conversation over an open connection: writes, reads, waits no longer than it should.
I/O: an asyncio transport.

Reading goes on while a write waits for room, so that full TCP buffers on both sides never hold
each other up. Timeouts: RFC 5321 section 4.5.3.2.
"""

import asyncio
import contextlib
import os
from functools import partial

from digest.deliver.conversation import Conversation, Transaction
from digest.deliver.offer import Offer
from digest.model.ledger import Phase, Reply
from digest.model.message import Envelope

NO_ANSWER = "no answer in time"
DROPPED = "the line was dropped"


class Session(asyncio.Protocol):
    """Takes a connected transport over after EHLO; used by several tasks of one event loop."""

    def __init__(
        self, offer: Offer, *, in_flight: int, timeout_s: float, final_timeout_s: float
    ) -> None:
        self.offer = offer
        self.n_begun = 0
        self.n_answered = 0
        self._talk = Conversation(offer, in_flight=in_flight)
        self._timeout_s = timeout_s
        self._final_timeout_s = final_timeout_s
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._is_full = False
        self._is_flush_due = False
        self._heard_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._idle: asyncio.Future[None] | None = None

    def start(self, transport: asyncio.Transport) -> None:
        """Speak over this transport from now on."""
        self._transport = transport
        transport.set_protocol(self)

    @property
    def is_usable(self) -> bool:
        """Whether another message may be begun."""
        is_open = self._transport is not None and not self._transport.is_closing()
        return is_open and not self._talk.trouble

    async def send(self, envelope: Envelope) -> tuple[Transaction, Reply | None]:
        """Hand over one message; the relay's last word, or None: surely not taken, and another
        connection may have it. The connection is dropped when cancelled: nobody would hear.

        Raises ValueError for a message that could not be sent as it is.
        """
        answer: asyncio.Future[Reply | None] = self._loop.create_future()
        transaction = Transaction(envelope, partial(_tell, answer))
        self._talk.begin(transaction)
        self.n_begun += 1
        self._flush()
        try:
            reply = await answer
        except asyncio.CancelledError:
            self.abort()
            raise
        if reply is not None and reply.code is not None:
            self.n_answered += 1
        return transaction, reply

    def settle(self, transaction: Transaction) -> None:
        """Its outcome is in the ledger: the next body may leave."""
        self._talk.settle(transaction)
        # Not at once: whoever settles mostly goes on to send, and both fit into one write.
        if not self._is_flush_due:
            self._is_flush_due = True
            self._loop.call_soon(self._flush_if_due)

    async def idle(self) -> None:
        """Wait until every message begun has ended."""
        while not self._talk.is_idle:
            if self._idle is None or self._idle.done():
                self._idle = self._loop.create_future()
            await asyncio.shield(self._idle)

    def abort(self) -> None:
        """Drop the connection; what is on its way ends as after a broken line."""
        self._fail(DROPPED)

    def quit(self) -> None:
        """Say good-bye and leave without waiting for the answer (RFC 5321 section 4.1.1.10)."""
        if self._transport is not None and self.is_usable:
            self._transport.write(b"QUIT\r\n")
            self._transport.close()
            self._talk.fail("we said good-bye")
        self._stop()

    # What asyncio calls.

    def data_received(self, data: bytes) -> None:
        """The relay speaks."""
        self._heard_at = self._loop.time()
        self._talk.receive(data)
        if self._talk.trouble:
            self._close()
        else:
            self._flush()

    def eof_received(self) -> bool:
        """The relay has no more to say."""
        self._fail("the line broke: the relay closed it")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone; its socket is not closed yet."""
        if exc is not None:
            self._hear_last_words()
        words = " ".join(str(exc or "the relay closed it").split())
        self._fail(f"the line broke: {words or type(exc).__name__}")

    def pause_writing(self) -> None:
        """The way out is full."""
        self._is_full = True

    def resume_writing(self) -> None:
        """There is room again."""
        self._is_full = False
        self._heard_at = self._loop.time()
        self._flush()

    def _hear_last_words(self) -> None:
        """A relay that closes while we write resets the connection, and our write fails, before its
        last replies are read: what they settle would be uncertain. Not under TLS."""
        transport = self._transport
        if transport is None or transport.get_extra_info("ssl_object") is not None:
            return
        handle = transport.get_extra_info("socket").fileno()
        with contextlib.suppress(OSError):
            while not self._talk.trouble and (data := os.read(handle, 65_536)):
                self._talk.receive(data)

    def _flush_if_due(self) -> None:
        if self._is_flush_due:
            self._flush()

    def _flush(self) -> None:
        self._is_flush_due = False
        if self._is_full or not self.is_usable or self._transport is None:
            return
        data = self._talk.to_write()
        if data:
            self._heard_at = self._loop.time()
            self._transport.write(data)
        if self._timer is None and self._talk.awaited is not None:
            self._watch()
        if self._idle is not None and self._talk.is_idle:
            self._stop()

    def _watch(self) -> None:
        """Look again when the reply that is owed would be late, or, since another one may be owed
        by then, when that would be."""
        late_at = self._heard_at + self._patience_s()
        look_at = min(late_at, self._loop.time() + self._timeout_s)
        self._timer = self._loop.call_at(look_at, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._talk.awaited is None:
            return
        if self._loop.time() >= self._heard_at + self._patience_s():
            self._fail(NO_ANSWER)
        else:
            self._watch()

    def _patience_s(self) -> float:
        is_last = self._talk.awaited is Phase.BODY
        return self._final_timeout_s if is_last else self._timeout_s

    def _fail(self, why: str) -> None:
        if not self._talk.trouble:
            self._talk.fail(why)
        self._close()

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.abort()
        self._stop()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._idle is not None and not self._idle.done():
            self._idle.set_result(None)


def _tell(answer: asyncio.Future[Reply | None], reply: Reply | None) -> None:
    """Unless whoever waited has been cancelled."""
    if not answer.done():
        answer.set_result(reply)
