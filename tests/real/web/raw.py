"""A client that says exactly what it is told to, over a socket of its own."""

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Heard:
    """What came back before the server hung up, or the client stopped listening."""

    status: int
    headers: dict[str, str]
    body: bytes
    is_closed: bool


def dial(address: str, *, timeout_s: float = 20) -> socket.socket:
    """A connection to the server at http://host:port."""
    parts = urlsplit(address)
    return socket.create_connection((parts.hostname or "", parts.port or 80), timeout=timeout_s)


def say(address: str, message: bytes, *, timeout_s: float = 20) -> Heard:
    """Send all of it, then listen until the server hangs up."""
    with dial(address, timeout_s=timeout_s) as line:
        line.sendall(message)
        return listen(line)


def listen(line: socket.socket) -> Heard:
    """The answer, and whether the server ended the connection after it."""
    heard, is_closed = b"", False
    try:
        while True:
            some = line.recv(65536)
            if not some:
                is_closed = True
                break
            heard += some
            if _is_whole(heard):
                break
    except ConnectionResetError:
        is_closed = True
    head, _, body = heard.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = [line.lower().partition(": ") for line in lines]
    headers = {name: value for name, _, value in pairs}
    status = int(first.split(" ")[1]) if first else 0
    return Heard(status, headers, body, is_closed)


def _is_whole(heard: bytes) -> bool:
    head, found, body = heard.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return bool(found) and len(body) >= int(line.partition(b":")[2])
    return False
