"""How often a network and an address may ask to be subscribed."""

from datetime import UTC, datetime, timedelta

from digest.web.turnstile import ADDRESS_BURST, NETWORK_BURST, Turnstile

NOW = datetime(2026, 3, 13, 12, 0, tzinfo=UTC)


def test_one_address_from_many_networks() -> None:
    turnstile = Turnstile()
    taken = [
        turnstile.allows(ip=f"198.51.{number}.7", address="a@b.example", now=NOW)
        for number in range(100)
    ]
    assert sum(taken) == ADDRESS_BURST
    later = NOW + timedelta(hours=1)
    assert turnstile.allows(ip="198.51.0.7", address="a@b.example", now=later)


def test_ten_thousand_addresses_from_one_network() -> None:
    turnstile = Turnstile()
    taken = [
        turnstile.allows(ip=f"2001:db8::{number:x}", address=f"{number}@b.example", now=NOW)
        for number in range(10_000)
    ]
    assert sum(taken) == NETWORK_BURST
    assert turnstile.allows(ip="2001:db8:0:1::1", address="x@b.example", now=NOW)
