"""Whole rounds of polling, from a real server into a real store."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.errors import StoreLockedError
from digest.gather.fetched import FetchCaps
from digest.model.feeds import FeedResult, FeedStatus, StoredEntry
from digest.model.newsroom import FeedSource
from digest.poll import AT_ONCE_PER_HOST, Peek, peek, poll
from digest.store.engine import Store, open_store
from digest.store.entries import window
from digest.store.feeds import list_states
from tests.real.gather.server import Handler, Site
from tests.unit.gather.documents import RSS, rss_item

NOW = datetime(2026, 3, 12, 21, 0, tzinfo=UTC)
CAPS = FetchCaps(timeout_s=5, max_bytes=1_000_000, max_redirects=3, allow_private=True)
NOWHERE = Path("/nonexistent")


def ignore(_result: FeedResult) -> None:
    """Nobody is listening."""


def gather(
    store: Store,
    *feeds: FeedSource,
    now: datetime = NOW,
    caps: FetchCaps = CAPS,
    base: Path = NOWHERE,
    is_forced: bool = False,
    on_result: Callable[[FeedResult], None] = ignore,
) -> tuple[FeedResult, ...]:
    return asyncio.run(
        poll(
            store,
            feeds,
            now=lambda: now,
            caps=caps,
            user_agent="digest",
            base=base,
            is_forced=is_forced,
            on_result=on_result,
        )
    )


def stored(store: Store, feeds: Sequence[str] = ("tide",)) -> tuple[StoredEntry, ...]:
    with store.read() as connection:
        return window(
            connection,
            feeds=feeds,
            since=NOW - timedelta(days=9000),
            cutoff=NOW + timedelta(days=9000),
            late_h=0,
        )


def items(*titles: str) -> bytes:
    return RSS.format(
        "".join(f"<item><guid>{title}</guid><title>{title}</title></item>" for title in titles)
    ).encode()


def test_a_round(store: Store, site: Site) -> None:
    tide = FeedSource("tide", site.serve("/tide", items("a", "b"), ETag='"1"'))
    (result,) = gather(store, tide)
    assert result == FeedResult("tide", FeedStatus.OK, n_entries=2, n_new=2)
    site.serve("/tide", items("b", "c"), ETag='"2"')
    (result,) = gather(store, tide, now=NOW + timedelta(hours=1))
    assert result == FeedResult("tide", FeedStatus.OK, n_entries=2, n_new=1)
    assert site.requests[1][1]["if-none-match"] == '"1"'
    assert {item.entry.title for item in stored(store)} == {"a", "b", "c"}


def test_a_short_feed_polled_through_the_day_loses_nothing(sqlite_store: Store, site: Site) -> None:
    url = site.url("/tide")
    for hour in range(12):
        site.serve("/tide", items(*(f"story {n}" for n in range(hour * 3, hour * 3 + 4))))
        gather(sqlite_store, FeedSource("tide", url), now=NOW + timedelta(hours=hour))
    assert len(stored(sqlite_store)) == 37


def test_unchanged(sqlite_store: Store, site: Site) -> None:
    def page(handler: Handler) -> None:
        if handler.headers.get("If-None-Match") == '"1"':
            handler.answer(304)
        else:
            handler.answer(200, items("a"), ETag='"1"')

    tide = FeedSource("tide", site.act("/tide", page))
    gather(sqlite_store, tide)
    assert gather(sqlite_store, tide) == (FeedResult("tide", FeedStatus.UNCHANGED),)
    with sqlite_store.read() as connection:
        (state,) = list_states(connection)
    assert (state.etag, state.last_success_at) == ('"1"', NOW)


def test_retry_after_is_honoured(sqlite_store: Store, site: Site) -> None:
    tide = FeedSource("tide", site.serve("/tide", b"", status=503, Retry_After="7200"))
    (result,) = gather(sqlite_store, tide)
    assert (result.status, "out of service" in result.detail) == (FeedStatus.FAILED, True)
    (result,) = gather(sqlite_store, tide, now=NOW + timedelta(minutes=119))
    assert result.status is FeedStatus.WAITING
    assert len(site.requests) == 1
    site.serve("/tide", items("a"))
    (result,) = gather(sqlite_store, tide, now=NOW + timedelta(minutes=120))
    assert result.status is FeedStatus.OK


def test_failures_lengthen_the_wait_unless_forced(sqlite_store: Store, site: Site) -> None:
    tide = FeedSource("tide", site.url("/none"))
    gather(sqlite_store, tide)
    (result,) = gather(sqlite_store, tide, now=NOW + timedelta(minutes=4))
    assert result.status is FeedStatus.WAITING
    assert "404" in result.detail
    (result,) = gather(sqlite_store, tide, now=NOW + timedelta(minutes=4), is_forced=True)
    assert result.status is FeedStatus.FAILED
    with sqlite_store.read() as connection:
        (state,) = list_states(connection)
    assert state.failures == 2


def test_gone_is_not_asked_again_until_its_address_changes(sqlite_store: Store, site: Site) -> None:
    tide = FeedSource("tide", site.serve("/tide", b"", status=410))
    for now in (NOW, NOW + timedelta(days=30)):
        (result,) = gather(sqlite_store, tide, now=now, is_forced=True)
        assert result.status is FeedStatus.GONE
    assert len(site.requests) == 1
    moved = replace(tide, url=site.serve("/new", items("a")))
    assert gather(sqlite_store, moved)[0].status is FeedStatus.OK


def test_an_edited_entry_is_updated(sqlite_store: Store, site: Site) -> None:
    tide = FeedSource("tide", site.serve("/tide", rss_item("<title>Morning</title>")))
    gather(sqlite_store, tide)
    site.serve("/tide", rss_item("<title>Evening</title>"))
    (result,) = gather(sqlite_store, tide, now=NOW + timedelta(hours=6))
    assert (result.n_new, result.n_updated) == (0, 1)
    (item,) = stored(sqlite_store)
    assert (item.entry.title, item.published_at, item.first_seen_at) == ("Evening", NOW, NOW)


def test_dead_feeds_do_not_stop_the_others(sqlite_store: Store, site: Site) -> None:
    def keep_waiting(handler: Handler) -> None:
        handler.site.closing.wait(5)

    def endless(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not handler.site.closing.is_set():
            handler.wfile.write(bytes(65536))

    site.serve("/loop", b"", status=302, Location="/loop")
    dead = {
        "missing": site.url("/missing"),
        "broken": site.serve("/broken", b"", status=500),
        "slow": site.act("/slow", keep_waiting),
        "endless": site.act("/endless", endless),
        "loop": site.url("/loop"),
        "page": site.serve("/page", b"<!doctype html><html>Log in</html>"),
        "empty": site.serve("/empty", b""),
        "nonsense": "http://[::1",
        "file": "file:none.xml",
        "mail": "mailto:desk@tide.example",
    }
    alive = [FeedSource(f"ok{n}", site.serve(f"/ok{n}", items("a"))) for n in range(5)]
    feeds = [*(FeedSource(name, url) for name, url in dead.items()), *alive]
    heard: list[FeedResult] = []
    results = gather(sqlite_store, *feeds, caps=replace(CAPS, timeout_s=1), on_result=heard.append)
    assert [result.name for result in results] == [feed.name for feed in feeds]
    assert sorted(heard, key=str) == sorted(results, key=str)
    for result in results[: len(dead)]:
        assert result.status is FeedStatus.FAILED
        assert result.detail
        assert "\n" not in result.detail
    assert all(result.n_new == 1 for result in results[len(dead) :])


def test_a_bug_in_reading_one_feed_is_its_result(
    sqlite_store: Store, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last net: a document that brings out an error nobody has thought of."""
    import feedparser

    def explode(*_: object, **__: object) -> None:
        raise RuntimeError("boom\nboom")

    monkeypatch.setattr(feedparser, "parse", explode)
    tide = FeedSource("tide", site.serve("/tide", items("a")))
    note = FeedSource("note", site.serve("/note", b'{"items": [{"id": 1, "title": "T"}]}'))
    results = gather(sqlite_store, tide, note)
    assert results[0].status is FeedStatus.FAILED
    assert results[0].detail == "the XML can't be read (RuntimeError: boom boom)"
    assert results[1].status is FeedStatus.OK


def test_at_most_four_at_once_per_host(sqlite_store: Store, site: Site) -> None:
    """The first four wait for each other; the barrier breaks if there were never four."""
    barrier = threading.Barrier(AT_ONCE_PER_HOST)
    lock, now_open, most = threading.Lock(), [0], [0]

    def page(handler: Handler) -> None:
        with lock:
            now_open[0] += 1
            most[0] = max(most[0], now_open[0])
        barrier.wait(5)
        with lock:
            now_open[0] -= 1
        handler.answer(200, items("a"))

    feeds = [FeedSource(f"f{n}", site.act(f"/f{n}", page)) for n in range(12)]
    results = gather(sqlite_store, *feeds)
    assert [result.status for result in results] == [FeedStatus.OK] * 12
    assert most[0] == AT_ONCE_PER_HOST


def test_a_locked_store_is_raised_as_itself(sqlite_store: Store, site: Site) -> None:
    late = open_store(f"sqlite:///{sqlite_store.where}", busy_timeout_s=0.1)
    tide = FeedSource("tide", site.serve("/tide", items("a")))
    with sqlite_store.write(), pytest.raises(StoreLockedError):
        gather(late, tide)
    assert stored(late) == ()
    late.close()


def test_file_feeds_hang_from_the_base(sqlite_store: Store, tmp_path: Path) -> None:
    (tmp_path / "tide.xml").write_bytes(items("a"))
    tide = FeedSource("tide", "file:tide.xml")
    assert gather(sqlite_store, tide, base=tmp_path)[0].n_new == 1
    assert gather(sqlite_store, tide, base=tmp_path)[0].status is FeedStatus.UNCHANGED


def test_no_feeds(sqlite_store: Store) -> None:
    assert gather(sqlite_store) == ()


def test_peek_remembers_nothing(site: Site) -> None:
    feeds = [
        FeedSource("tide", site.serve("/tide", rss_item("<title>T</title>"), ETag='"1"')),
        FeedSource("none", site.url("/none")),
    ]
    found: tuple[Peek, ...] = ()
    for _ in range(2):
        found = asyncio.run(
            peek(feeds, now=lambda: NOW, caps=CAPS, user_agent="digest", base=NOWHERE)
        )
    assert [one.result.status for one in found] == [FeedStatus.OK, FeedStatus.FAILED]
    assert found[0].entries[0].published_at == NOW
    assert "if-none-match" not in site.requests[-1][1]
