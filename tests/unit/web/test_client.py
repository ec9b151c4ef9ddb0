"""Whose request it is: nobody is believed who is not trusted."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.settings.newsroom import LOOPBACK
from digest.web.client import address_of, client_address, networks_of

TRUSTED = networks_of([*LOOPBACK, "10.0.0.0/8", "2001:db8:1::/48"])
READER, FORGED = "203.0.113.9", "198.51.100.1"


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        (READER, [], READER),
        # Who is not trusted speaks for nobody.
        (READER, [FORGED], READER),
        (READER, ["127.0.0.1"], READER),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", [READER], READER),
        ("::1", [READER], READER),
        # What the reader wrote stands to the left of what our own web server added.
        ("127.0.0.1", [f"{FORGED}, {READER}"], READER),
        ("127.0.0.1", [FORGED, READER], READER),
        ("127.0.0.1", [f"127.0.0.1, {READER}"], READER),
        # Through two web servers of ours, and through one only.
        ("127.0.0.1", [f"{FORGED}, {READER}, 10.1.2.3"], READER),
        ("127.0.0.1", [f"{FORGED}, {READER}", "10.1.2.3"], READER),
        ("127.0.0.1", ["10.9.9.9, 10.1.2.3"], "10.9.9.9"),
        # What a web server could not tell, nobody to its left can.
        ("127.0.0.1", [f"{FORGED}, unknown"], "127.0.0.1"),
        ("127.0.0.1", [f"{FORGED}, "], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("127.0.0.1", [f"{FORGED}, 999.1.1.1, 10.1.2.3"], "10.1.2.3"),
        ("127.0.0.1", [f"<script>, {READER}"], READER),
        # In every spelling.
        ("127.0.0.1", [f"{READER}:51234"], READER),
        ("127.0.0.1", ["[2001:DB8::9]:443"], "2001:db8::9"),
        ("127.0.0.1", ["2001:db8:0:0::9"], "2001:db8::9"),
        ("127.0.0.1", [f"  {READER}\t"], READER),
        ("::ffff:127.0.0.1", [f"::ffff:{READER}"], READER),
        ("127.0.0.1", [f"{READER}, 2001:db8:1:2::3"], READER),
        ("fe80::1%eth0", [READER], "fe80::1"),
        # A socket without an address.
        ("", [READER], ""),
        ("testclient", [READER], ""),
    ],
)
def test_the_nearest_that_is_not_ours(peer: str, forwarded: list[str], client: str) -> None:
    assert client_address(peer, forwarded, TRUSTED) == client


def test_nobody_is_trusted_where_nobody_is_named() -> None:
    assert client_address("127.0.0.1", [READER], ()) == "127.0.0.1"


@given(st.lists(st.text(max_size=30), max_size=4))
def test_whatever_a_reader_writes_the_proxys_word_counts(written: list[str]) -> None:
    assert client_address("127.0.0.1", [*written, READER], TRUSTED) == READER
    assert client_address(READER, written, TRUSTED) == READER


@given(st.text(max_size=60))
def test_an_address_or_nothing(text: str) -> None:
    found = address_of(text)
    assert found is None or ip_address(str(found)) == found


@given(st.ip_addresses(), st.integers(1, 65535))
def test_a_port_is_no_part_of_it(ip: object, port: int) -> None:
    text = str(ip)
    written = f"[{text}]:{port}" if ":" in text else f"{text}:{port}"
    assert address_of(written) == address_of(text)
