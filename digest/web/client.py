"""Whose request it is: the address of the client, seen through the proxies in front of us. Pure.

Anybody may write an X-Forwarded-For header, and each proxy adds at its right end whom it was
called by. So it is read from the right, and only as far as trusted proxies wrote it.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import Request

Address = IPv4Address | IPv6Address
Networks = tuple[IPv4Network | IPv6Network, ...]
HEADER = "x-forwarded-for"


def networks_of(texts: Iterable[str]) -> Networks:
    """Addresses and networks as they stand in the settings. Raises ValueError."""
    return tuple(ip_network(text) for text in texts)


def client_of(request: Request, trusted: Networks) -> str:
    """The address of the client that made the request; "" where it can't be told."""
    peer = request.client.host if request.client else ""
    return client_address(peer, request.headers.getlist(HEADER), trusted)


def client_address(peer: str, forwarded: Sequence[str], trusted: Networks) -> str:
    """The address nearest to us that is no trusted proxy: `peer` is who holds the connection,
    `forwarded` the X-Forwarded-For headers in their order.

    Nonsense, and all to the left of it, is ignored: then it is the proxy that passed it on. Where
    all are trusted, it is the leftmost.
    """
    client = address_of(peer)
    if client is None:
        return ""
    hops = ",".join(forwarded).split(",") if forwarded else []
    while hops and is_in(client, trusted):
        hop = address_of(hops.pop())
        if hop is None:
            break
        client = hop
    return str(client)


def is_in(address: Address, networks: Networks) -> bool:
    """Whether one of the networks has the address."""
    return any(address in network for network in networks)


def address_of(text: str) -> Address | None:
    """The address of "192.0.2.1", "192.0.2.1:443", "2001:db8::1" or "[2001:db8::1]:443"; None for
    anything else. An IPv4 address in IPv6 clothes (::ffff:192.0.2.1) is IPv4."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        # A zone ("%eth0") means something on its own machine alone.
        ip = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return mapped or ip
