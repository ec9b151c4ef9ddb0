"""Connecting only where a feed may be: not into private networks. I/O: sockets, name lookups.

The address is judged that the socket is then opened to, so a name that answers differently the
second time (DNS rebinding) gains nothing, and every redirect passes here again. Proxies from the
environment are not used: they would hide the address.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import httpcore
import httpx

NAT64 = ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the last 32 bits
MAX_CONNECTIONS = 100


class PrivateAddressError(httpcore.ConnectError):
    """The name leads into a private network."""


class UnknownHostError(httpcore.ConnectError):
    """The name leads nowhere."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet (IANA special-purpose registries)."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _embedded(ip)
    if inner is not None:
        return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def _embedded(ip: IPv4Address | IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address is a way to."""
    if isinstance(ip, IPv4Address):
        return None
    if ip in NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Looks a name up, drops addresses not allowed, connects to what is left, in order."""

    def __init__(self, is_allowed: Callable[[str], bool]) -> None:
        self._is_allowed = is_allowed
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        allowed = [address for address in await _addresses(host, port) if self._is_allowed(address)]
        if not allowed:
            raise PrivateAddressError(host)
        for address in allowed[:-1]:
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(
            allowed[-1], port, timeout, local_address, socket_options
        )

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class GuardedTransport(httpx.AsyncHTTPTransport):
    """httpx's transport over the guarded backend; by default the open internet is allowed."""

    def __init__(
        self, context: ssl.SSLContext, *, is_allowed: Callable[[str], bool] = is_public
    ) -> None:
        super().__init__(verify=context)
        # httpx offers no way to hand a network backend to its pool.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=MAX_CONNECTIONS,
            network_backend=GuardedBackend(is_allowed),
        )


async def _addresses(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnknownHostError(host) from error
    return [str(item[4][0]) for item in found]
