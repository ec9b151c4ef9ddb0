"""/metrics: figures for the newsroom alone, and nothing of any reader's in them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from digest.model.feeds import FeedState
from digest.model.ledger import Delivery, DeliveryState, Outcome
from digest.model.newsroom import FeedSource
from digest.settings.newsroom import WebTable
from digest.store.deliveries import record
from digest.store.engine import Store, open_store
from digest.store.feeds import save_state
from digest.store.schema import edition
from digest.web.metrics import STATUSES
from tests.real.web.server import (
    FRENCH_SLUG,
    NOW,
    SLUG,
    Web,
    path_for,
    serving,
    settings_for,
)
from tests.unit.compose.editions import DAY

FEEDS = (FeedSource("tide", "https://tide.example/feed"), FeedSource("county", "https://c.example"))
READER = "203.0.113.9"


@contextmanager
def newsroom(tmp_path: Path, store: Store, **chosen: object) -> Iterator[Web]:
    """A server whose [web] table has these choices."""
    plain = settings_for(tmp_path)
    web = WebTable.model_construct(**{"host": "127.0.0.1", "port": 0, **chosen})  # type: ignore[arg-type]
    settings = replace(plain, feeds=FEEDS, web=web)
    with (
        serving(settings, store) as address,
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        yield Web(client, store, settings)


def figures(web: Web, **headers: str) -> dict[str, float]:
    """Each number by its name and labels, from a page that Prometheus can read."""
    answer = web.client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found: dict[str, float] = {}
    typed = ""
    for line in answer.text.splitlines():
        if line.startswith("# TYPE "):
            typed = line.split(" ")[2]
        elif not line.startswith("#"):
            shape = re.fullmatch(r'(\w+)(\{(?:\w+="[^"\\\n]*",?)+\})? (\S+)', line)
            assert shape is not None, line
            assert shape[1] == typed, "a name's numbers stand together"
            key = shape[1] + (shape[2] or "")
            assert key not in found
            found[key] = float(shape[3])
    return found


def test_what_a_newsroom_watches(tmp_path: Path, store: Store) -> None:
    with newsroom(tmp_path, store) as web:
        stay, leave = web.subscribe("ada@readers.example"), web.subscribe("omar@readers.example")
        web.subscribe("zoe@readers.example", FRENCH_SLUG)
        web.client.post(path_for(leave))
        edition_id = web.publish()
        with store.write() as connection:
            record(connection, [Delivery(edition_id, stay, 1, 1, Outcome(DeliveryState.SENT), "r",
                                         NOW)])  # fmt: skip
            connection.execute(update(edition).values(state="sending", n_total=2))
            for name, failures, at in (("tide", 3, None), ("county", 0, NOW), ("old", 9, NOW)):
                state = FeedState(name, "u", failures=failures, last_success_at=at,
                                  last_error="https://tide.example/?token=x")  # fmt: skip
                save_state(connection, state)
        found = figures(web)
    assert found[f'digest_readers{{publication="{SLUG}",status="confirmed"}}'] == 1
    assert found[f'digest_readers{{publication="{SLUG}",status="unsubscribed"}}'] == 1
    assert found[f'digest_readers{{publication="{SLUG}",status="bounced"}}'] == 0
    assert found[f'digest_readers{{publication="{FRENCH_SLUG}",status="confirmed"}}'] == 1
    assert found[f'digest_editions{{publication="{SLUG}",state="sending"}}'] == 1
    assert found[f'digest_editions{{publication="{FRENCH_SLUG}",state="sent"}}'] == 0
    latest = f'publication="{SLUG}"'
    assert found[f"digest_latest_edition_recipients{{{latest}}}"] == 2
    assert found[f'digest_latest_edition_deliveries{{{latest},state="sent"}}'] == 1
    assert found[f'digest_latest_edition_deliveries{{{latest},state="failed"}}'] == 0
    assert found[f'digest_latest_edition_state{{{latest},state="sending"}}'] == 1
    assert found[f'digest_latest_edition_state{{{latest},state="sent"}}'] == 0
    assert found['digest_feed_failures{feed="tide"}'] == 3
    assert found['digest_feed_failures{feed="county"}'] == 0
    assert 'digest_feed_failures{feed="old"}' not in found  # no longer configured
    assert found['digest_feed_last_success_timestamp_seconds{feed="county"}'] == NOW.timestamp()
    assert found["digest_feeds_failing"] == 1
    assert found["digest_database_up"] == 1
    assert found["digest_uptime_seconds"] == 0
    assert any(name.startswith("digest_build_info{version=") for name in found)


def test_requests_are_counted_by_pattern_never_by_address(web: Web) -> None:
    reader = web.subscribe("ada@readers.example")
    web.publish()
    path = path_for(reader)
    for _ in range(3):
        web.client.get(path)
    web.client.post(path)
    web.client.put(path)
    web.client.get(f"/{SLUG}/{DAY}")
    web.client.get(f"/{SLUG}/{DAY - timedelta(days=1)}")
    for number in range(50):
        web.client.get(f"/nobody-{number}")
    web.client.get("/nobody", headers={"X": "a" * 20_000})
    found = figures(web)
    assert found['digest_http_requests_total{route="/u/{token}",status="2xx"}'] == 4
    assert found['digest_http_requests_total{route="/u/{token}",status="4xx"}'] == 1
    assert found[f'digest_http_requests_total{{route="/{SLUG}/{{day}}",status="2xx"}}'] == 1
    assert found[f'digest_http_requests_total{{route="/{SLUG}/{{day}}",status="4xx"}}'] == 1
    assert found['digest_http_requests_total{route="other",status="4xx"}'] == 51
    text = web.client.get("/metrics").text
    for private in (path.split("/")[2], "readers.example", "nobody-", "?"):
        assert private not in text


def test_under_a_path_too(tmp_path: Path, sqlite_store: Store) -> None:
    settings = settings_for(tmp_path, base_url="https://www.porttide.example/wrap")
    with (
        serving(settings, sqlite_store) as address,
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        web = Web(client, sqlite_store, settings)
        client.get(f"/{SLUG}")
        client.get(f"/wrap/{SLUG}")
        assert figures(web)[f'digest_http_requests_total{{route="/{SLUG}",status="2xx"}}'] == 2


@pytest.mark.parametrize(
    ("chosen", "forwarded", "status"),
    [
        ({}, None, 200),
        ({}, READER, 404),  # through our own web server
        ({}, "127.0.0.1", 200),
        ({"metrics_from": (READER,)}, READER, 200),
        ({"metrics_from": ("203.0.113.0/24",)}, READER, 200),
        ({"metrics_from": ("203.0.113.0/24",)}, None, 404),
        ({"metrics_from": ()}, None, 404),
        # Who is not trusted can't make themselves somebody else, nor loopback somebody less.
        ({"trusted_proxies": (), "metrics_from": (READER,)}, READER, 404),
        ({"trusted_proxies": (), "metrics_from": ("127.0.0.1",)}, READER, 200),
        ({}, "127.0.0.1, 203.0.113.9", 404),
    ],
)
def test_only_who_may(
    tmp_path: Path, sqlite_store: Store, chosen: dict[str, object], forwarded: str | None,
    status: int,
) -> None:  # fmt: skip
    with newsroom(tmp_path, sqlite_store, **chosen) as web:
        headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
        answer = web.client.get("/metrics", headers=headers)
        assert answer.status_code == status
        assert ("digest_" in answer.text) is (status == 200)
        nowhere = web.client.get("/nowhere", headers=headers)
        if status == 404:
            assert answer.text == nowhere.text


def test_without_the_database_the_rest_is_shown(tmp_path: Path) -> None:
    empty = open_store(f"sqlite:///{tmp_path / 'empty.db'}")
    with newsroom(tmp_path, empty) as web:
        found = figures(web)
        assert found["digest_database_up"] == 0
        assert "digest_feeds_failing" not in found
    empty.close()


def test_readers_statuses_are_all_there() -> None:
    assert STATUSES[:3] == ("unconfirmed", "confirmed", "unsubscribed")
    assert "complained" in STATUSES
    assert len(STATUSES) == len(set(STATUSES))
