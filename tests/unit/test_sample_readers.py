"""The sample's 25 readers: different wishes, proven consent, nobody real."""

import csv
import ipaddress
from datetime import datetime
from pathlib import Path

SUBSCRIBERS = Path(__file__).parents[2] / "config" / "sample" / "subscribers.csv"
TOPICS = {"news", "council", "business", "schools", "sports", "arts"}


def readers() -> list[dict[str, str]]:
    with SUBSCRIBERS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_only_fictional_addresses() -> None:
    assert all(row["email"].endswith(".example") for row in readers())


def test_readers() -> None:
    rows = readers()
    assert len(rows) == 25
    assert sorted(row["status"] for row in rows) == [
        "cleaned",
        *["subscribed"] * 23,
        "unsubscribed",
    ]
    assert len({row["email"].casefold() for row in rows}) == 25
    for row in rows:
        assert set(filter(None, row["topics"].split(";"))) <= TOPICS
        assert row["email"].partition("@")[0].isascii(), "a local part that needs SMTPUTF8"


def test_readers_differ() -> None:
    rows = readers()
    wishes = {len(row["topics"].split(";")) if row["topics"] else 0 for row in rows}
    assert wishes == {0, 1, 2, 3}
    assert any("+" in row["email"] for row in rows)
    assert any(row["email"] == "zoe@dépêche.example" for row in rows)
    assert any("," in row["name"] for row in rows)
    french = [row["name"] for row in rows if row["language"] == "fr"]
    assert sum(not name.isascii() for name in french) >= 2


def test_consent_is_proven_from_documentation_addresses() -> None:
    nets = [ipaddress.ip_network(net) for net in ("192.0.2.0/24", "2001:db8::/32")]
    for row in readers():
        assert datetime.fromisoformat(row["consent_time"]).tzinfo is not None
        assert any(ipaddress.ip_address(row["consent_ip"]) in net for net in nets)
