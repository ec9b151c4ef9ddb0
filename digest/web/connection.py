"""A client's connection, as uvicorn speaks HTTP/1.1 on it, with an end to our patience.
I/O: the connection, timers.

uvicorn waits for ever for a request that comes a byte at a time, for a reader who takes none of
the answer, and reads on what it has refused. Here each exchange has its time, and little is read
of a body that nobody will look at.
"""

import asyncio
import socket
from dataclasses import dataclass
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from digest.web.answer import EVERYWHERE, NOTHING

# What is still read, so that the client gets to see why it was refused.
MAX_UNWANTED_BYTES = 64 * 1024
BAD_REQUEST = b"This is no HTTP request that we understand.\n"


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds for a whole request to come, then for the whole answer to be taken; and for either
    once we are about to end."""

    request_s: float = 20
    answer_s: float = 60
    last_s: float = 3


class PatientConnection(H11Protocol):
    """One connection, and the requests that come on it one after the other."""

    def __init__(self, *args: Any, patience: Patience, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._patience = patience
        self._end: asyncio.TimerHandle | None = None
        self._is_answering = False
        self._n_unwanted = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """uvicorn's, and the time for a request begins."""
        # Headers and page leave as two packets. Nagle's algorithm holds the second one until the
        # first is acknowledged, 40 ms later; asyncio turns it off only for a socket that was made
        # with a protocol number, which create_server() does not give it.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(transport)
        self._give(self._patience.request_s)

    def data_received(self, data: bytes) -> None:
        """uvicorn's, unless it is too much of what nobody waits for."""
        if self._is_unwanted(len(data)):
            self.transport.abort()
            return
        if self._end is None:  # the next request of a connection that was kept
            self._give(self._patience.request_s)
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """uvicorn's, which then waits for the next request in its own time; for what is left of
        this one, our time goes on."""
        if self.conn.their_state is not h11.SEND_BODY:
            self._give(None)
        self._is_answering = False
        super().on_response_complete()
        # A request that came behind the last one is in hand now.
        if self.conn.our_state is h11.SEND_RESPONSE and self._end is None:
            self._give(self._patience.request_s)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """uvicorn's."""
        self._give(None)
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """uvicorn's; a request in hand has little time left."""
        super().shutdown()
        if not self.transport.is_closing():
            self._give(self._patience.last_s)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """With our headers; where an answer has begun there is no place for another."""
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.abort()
            return
        headers = {
            **EVERYWHERE,
            "Content-Security-Policy": NOTHING,
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Length": str(len(BAD_REQUEST)),
            "Connection": "close",
        }
        answer = h11.Response(status_code=400, headers=list(headers.items()), reason=b"Bad Request")
        for event in (answer, h11.Data(data=BAD_REQUEST), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _look(self) -> None:
        """The request has come whole: now the answer has its time."""
        is_whole = self.cycle is not None and not self.cycle.more_body
        if is_whole and not self.cycle.response_complete and not self._is_answering:
            self._is_answering = True
            self._give(self._patience.answer_s)

    def _is_unwanted(self, n: int) -> bool:
        """Whether the client goes on and on with a request that has its answer."""
        if self.cycle is None or not self.cycle.response_complete or not self.cycle.more_body:
            self._n_unwanted = 0
            return False
        self._n_unwanted += n
        return self._n_unwanted > MAX_UNWANTED_BYTES

    def _give(self, seconds: float | None) -> None:
        """So long from now, then the connection is dropped; None: no end."""
        if self._end is not None:
            self._end.cancel()
        self._end = None if seconds is None else self.loop.call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        self._end = None
        self.transport.abort()
