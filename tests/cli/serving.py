"""Loopback servers beside the command: a folder over HTTP, a catcher of mail."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from digest.catcher import Catcher, catching


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
