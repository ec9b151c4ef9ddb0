"""Loopback servers beside the command: a folder over HTTP, a catcher of mail."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from aiosmtpd.smtp import SMTP

from digest.catcher import Catcher, catching
from tests.real.deliver.relays import Mailbox, relay


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder's files, at the address that is given."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def caught(folder: Path) -> Iterator[Catcher]:
    """Mail sent to 127.0.0.1 at the catcher's port, as files in the folder."""
    is_ready, is_over = threading.Event(), threading.Event()
    found: list[Catcher] = []

    async def run() -> None:
        async with catching(folder) as catcher:
            found.append(catcher)
            is_ready.set()
            await asyncio.to_thread(is_over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert is_ready.wait(10)
    try:
        yield found[0]
    finally:
        is_over.set()
        thread.join()


@contextmanager
def relaying(kind: type[SMTP] = SMTP) -> Iterator[tuple[dict[str, str], Mailbox]]:
    """A relay of that kind: the environment that leads `digest` to it, and what it takes."""
    is_ready, is_over = threading.Event(), threading.Event()
    found: list[tuple[int, Mailbox]] = []

    async def run() -> None:
        async with relay(kind=kind) as listening:
            found.append(listening)
            is_ready.set()
            await asyncio.to_thread(is_over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert is_ready.wait(10)
    port, box = found[0]
    try:
        url = f"smtp://127.0.0.1:{port}"
        yield {"DIGEST_SMTP_URL": url, "DIGEST_BASE_URL": "https://w.example"}, box
    finally:
        is_over.set()
        thread.join()
