"""A name server on loopback UDP that knows what a test tells it, and misbehaves as told."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from digest.dns import Server

PIECE = 255  # octets of a TXT string (RFC 1035 section 3.3.14)


@dataclass
class Zone:
    """TXT records by name, without the dot at its end; `rcode` is said instead when it is set,
    and nothing at all when `is_silent`."""

    server: Server
    texts: dict[str, list[str]] = field(default_factory=dict)
    rcode: dns.rcode.Rcode = dns.rcode.NOERROR
    is_silent: bool = False
    asked: list[str] = field(default_factory=list)

    def answer_to(self, query: dns.message.Message) -> dns.message.Message:
        name = query.question[0].name.to_text(omit_final_dot=True)
        self.asked.append(name)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        texts = self.texts.get(name)
        answer.set_rcode(dns.rcode.NXDOMAIN if texts is None and not self.rcode else self.rcode)
        if texts and not self.rcode:
            strings = [" ".join(f'"{piece}"' for piece in _pieces(text)) for text in texts]
            answer.answer.append(dns.rrset.from_text(f"{name}.", 300, "IN", "TXT", *strings))
        return answer


@contextmanager
def dns_server() -> Iterator[Zone]:
    """Answers in a thread while the block runs."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
        port.bind(("127.0.0.1", 0))
        zone = Zone(port.getsockname())
        thread = threading.Thread(target=_serve, args=(port, zone))
        thread.start()
        try:
            yield zone
        finally:
            port.sendto(b"", zone.server)
            thread.join()


def _serve(port: socket.socket, zone: Zone) -> None:
    while True:
        wire, asker = port.recvfrom(4096)
        if not wire:
            return
        if not zone.is_silent:
            port.sendto(zone.answer_to(dns.message.from_wire(wire)).to_wire(), asker)


def _pieces(text: str) -> list[str]:
    return [text[at : at + PIECE] for at in range(0, len(text), PIECE)] or [""]
