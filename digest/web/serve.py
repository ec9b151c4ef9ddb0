"""The web server in this process (uvicorn), until it is told to stop. I/O: a listening socket.

Meant to stand behind the newsroom's web server, which speaks TLS. Nothing is logged: addresses of
pages hold readers' tokens; only a programming error reaches standard error.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from functools import partial

import uvicorn

from digest.errors import WebError
from digest.settings.load import Settings
from digest.store.engine import Store
from digest.web.app import make_app
from digest.web.connection import Patience, PatientConnection
from digest.web.front import MAX_HEAD_BYTES
from digest.web.site import Clock

MAX_CONNECTIONS = 500
BACKLOG = 512
# What a reader's request gets to end in, once asked to stop.
GRACE_S = 5
PATIENCE = Patience()


class _Server(uvicorn.Server):
    """uvicorn, which else takes the signals from the process it runs in."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    settings: Settings,
    store: Store,
    *,
    clock: Clock,
    stop: asyncio.Event,
    on_start: Callable[[str], object] = lambda _address: None,
    patience: Patience = PATIENCE,
) -> None:
    """Serve readers' pages on settings.web until `stop` is set; requests in hand are answered.
    `on_start` gets the address once it takes connections.

    Raises SettingsError, TemplateError, WebError (the address can't be listened on).
    """
    server = _Server(
        uvicorn.Config(
            make_app(settings, store, clock=clock),
            # Its type asks for a class, and it calls what it gets.
            http=partial(PatientConnection, patience=patience),  # type: ignore[arg-type]
            h11_max_incomplete_event_size=MAX_HEAD_BYTES,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=MAX_CONNECTIONS,
            timeout_graceful_shutdown=GRACE_S,
        )
    )
    with contextlib.closing(listen(settings.web.host, settings.web.port)) as listening:
        closing = asyncio.create_task(_close_at(stop, server))
        on_start(_address_of(listening))
        try:
            await server.serve(sockets=[listening])
        finally:
            closing.cancel()


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections; port 0 means any free one. Raises WebError."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        raise WebError(
            f"Readers' pages can't be served on {host} port {port}: {error.strerror or error}. "
            "Stop what uses it, or set [web] host and port in the newsroom's file."
        ) from error


async def _close_at(stop: asyncio.Event, server: uvicorn.Server) -> None:
    await stop.wait()
    server.should_exit = True


def _address_of(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
