"""Feeds may not lead into the private network, by address, by name, or by redirect."""

import asyncio
import socket
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from digest.gather.fetch import fetch, open_client
from digest.gather.fetched import FetchCaps, Fetched, FetchFailed, FetchOutcome
from digest.gather.guard import GuardedTransport, is_public
from tests.real.gather.server import Site

CAPS = FetchCaps(timeout_s=5)


def get(url: str, caps: FetchCaps = CAPS) -> FetchOutcome:
    async def ask() -> FetchOutcome:
        async with open_client(user_agent="digest", caps=caps) as client:
            return await fetch(client, url, caps=caps, base=Path())

    return asyncio.run(ask())


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0",
        "100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1",
        "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:0:0:0:0:80ff:fffe", "localhost", "",
    ],
)  # fmt: skip
def test_private(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"],
)
def test_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001"])
def test_loopback_is_refused(site: Site, host: str) -> None:
    url = site.serve("/feed", b"secret").replace("127.0.0.1", host)
    found = get(url)
    assert isinstance(found, FetchFailed)
    assert "private network" in found.message
    assert site.requests == []


def test_loopback_is_served_where_allowed(site: Site) -> None:
    found = get(site.serve("/feed", b"open"), replace(CAPS, allow_private=True))
    assert isinstance(found, Fetched)


def test_a_name_without_address() -> None:
    found = get("http://no-such-host.invalid/feed")
    assert isinstance(found, FetchFailed)
    assert found.message == "there is no host named no-such-host.invalid"
    open_to_all = get("http://no-such-host.invalid/feed", replace(CAPS, allow_private=True))
    assert open_to_all == found


def only_first_loopback(address: str) -> bool:
    """Stands for the open internet where there is none: this one server."""
    return address == "127.0.0.1"


async def get_guarded(*urls: str) -> list[FetchOutcome]:
    """Ask with that policy, one after the other, by one client."""
    transport = GuardedTransport(httpx.create_ssl_context(), is_allowed=only_first_loopback)
    async with httpx.AsyncClient(transport=transport) as client:
        return [await fetch(client, url, caps=CAPS, base=Path()) for url in urls]


def test_each_redirect_is_judged(site: Site) -> None:
    inner = site.serve("/inner", b"secret").replace("127.0.0.1", "127.0.0.2")
    outer = site.serve("/outer", b"", status=302, Location=inner)
    (found,) = asyncio.run(get_guarded(outer))
    assert isinstance(found, FetchFailed)
    assert "private network" in found.message
    assert [path for path, _ in site.requests] == ["/outer"]


def test_the_address_connected_to_is_the_one_that_was_judged(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: a name that answers otherwise the second time is judged anew."""
    answers = ["127.0.0.1", "127.0.0.2"]

    async def answer(_loop: object, host: str, port: int, **_: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers.pop(0), port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", answer)
    url = site.serve("/feed", b"open", Connection="close").replace("127.0.0.1", "rebind.example")
    first, second = asyncio.run(get_guarded(url, url))
    assert isinstance(first, Fetched)
    assert isinstance(second, FetchFailed)
    assert "private network" in second.message
    assert (len(site.requests), answers) == (1, [])


def test_of_several_addresses_the_allowed_one_is_taken(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(_loop: object, host: str, port: int, **_: object) -> list[object]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in ("127.0.0.2", "127.0.0.1")
        ]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", answer)
    url = site.serve("/feed", b"open").replace("127.0.0.1", "many.example")
    (found,) = asyncio.run(get_guarded(url))
    assert isinstance(found, Fetched)
    assert site.requests[0][1]["host"].startswith("many.example:")
