"""Where messages go here: Postfix's own sink, a Postfix that discards, and a long way to it.
I/O: processes, loopback, a temporary folder.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection

from tests.ports import free_port
from tests.real.deliver.postfix import MASTER, POSTFIX, open_folder, started_postfix

PATH = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
DELAY_S = 0.025
# What smtp-source writes above its payload: From, To, Date and Message-Id.
SOURCE_HEAD = 112
MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log/mail.log
maillog_file_prefixes = {folder}
multi_instance_enable = no
myhostname = relay.localhost
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_tls_security_level = {tls_level}
default_transport = discard
in_flow_delay = 0
"""


def has_sink() -> bool:
    """Whether Debian's postfix package is there."""
    return all(shutil.which(name, path=PATH) for name in ("smtp-sink", "smtp-source"))


def has_postfix() -> bool:
    """Whether a Postfix can be started: it wants to be root."""
    return POSTFIX.exists() and os.geteuid() == 0


@contextmanager
def sink() -> Iterator[int]:
    """The port of an smtp-sink."""
    port = free_port()
    as_user = ["-u", "postfix"] if os.geteuid() == 0 else []
    process = subprocess.Popen(
        [_tool("smtp-sink"), *as_user, f"127.0.0.1:{port}", "100"], stdout=subprocess.DEVNULL
    )
    try:
        _await_port(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def source_s(port: int, *, n: int, size: int, n_connections: int) -> float:
    """Seconds that smtp-source takes for n messages of `size` bytes, start to end."""
    words = ["-d", "-s", str(n_connections), "-l", str(size - SOURCE_HEAD), "-m", str(n)]
    begun = time.monotonic()
    subprocess.run([_tool("smtp-source"), *words, f"127.0.0.1:{port}"], check=True)
    return time.monotonic() - begun


@contextmanager
def discarding_postfix() -> Iterator[int]:
    """The port of a Postfix that queues what it takes and then throws it away."""
    master = MASTER + "discard unix - - n - - discard\n"
    with open_folder() as folder, started_postfix(folder, main=MAIN, master=master) as postfix:
        yield postfix.port


def serve_far(tell: Connection, port: int) -> None:
    """A way to that port, DELAY_S long in each direction and of any width; tells its own port."""
    asyncio.run(_serve_far(tell, port))


async def _serve_far(tell: Connection, port: int) -> None:
    server = await asyncio.start_server(partial(_join, port), "127.0.0.1", 0)
    tell.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


async def _join(port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.gather(_carry(reader, far_writer), _carry(far_reader, writer))


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    loop = asyncio.get_running_loop()
    on_the_way: deque[bytes] = deque()

    def arrive() -> None:
        if data := on_the_way.popleft():
            writer.write(data)
        else:
            writer.close()

    data = b"-"
    while data:
        data = b""
        with suppress(OSError):
            data = await reader.read(1 << 18)
        on_the_way.append(data)
        loop.call_later(DELAY_S, arrive)


def _tool(name: str) -> str:
    found = shutil.which(name, path=PATH)
    assert found is not None
    return found


def _await_port(port: int) -> None:
    for _ in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise TimeoutError(f"nothing listens on port {port}")
