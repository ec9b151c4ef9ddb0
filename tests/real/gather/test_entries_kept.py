"""Entries in the store: new, unchanged, edited, chosen by window, purged."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, insert

from digest.model.feeds import Entry, Image, StoredEntry
from digest.model.ledger import DeliveryState
from digest.store.engine import Store
from digest.store.entries import (
    Saved,
    count_entries,
    find_entries,
    purge_entries,
    save_entries,
    sent_entry_ids,
    sent_urls,
    window,
)
from digest.store.schema import delivery, edition, edition_entry

NOW = datetime(2026, 3, 12, 21, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
FERRY = Entry(
    feed="tide",
    key="a1",
    title="Ferry é 🌊",
    url="https://t.example/a",
    lede="Safe.",
    byline="Nell Pike",
    dateline="PORT KESTREL",
    credit="The Canadian Press",
    categories=("Harbour", "News"),
    image=Image("https://t.example/a.jpg", "Pier", 1200, 675),
    published_at=NOW - HOUR,
    updated_at=NOW,
    language="en-CA",
)


def save(store: Store, *entries: Entry, now: datetime = NOW) -> Saved:
    with store.write() as connection:
        return save_entries(connection, entries, now=now)


def all_of(store: Store, *feeds: str) -> tuple[StoredEntry, ...]:
    return look(store, *(feeds or ("tide",)), since=NOW - 10_000 * HOUR, cutoff=NOW + 10_000 * HOUR)


def look(
    store: Store, *feeds: str, since: datetime, cutoff: datetime, late_h: float = 0
) -> tuple[StoredEntry, ...]:
    with store.read() as connection:
        return window(connection, feeds=feeds, since=since, cutoff=cutoff, late_h=late_h)


def test_there_and_back(store: Store) -> None:
    bare = Entry("tide", "b", "Bare")
    assert save(store, FERRY, bare) == Saved(n_new=2)
    first, second = all_of(store)
    assert (first.entry, first.published_at, first.first_seen_at) == (FERRY, NOW - HOUR, NOW)
    assert second.entry == replace(bare, published_at=NOW)
    with store.read() as connection:
        assert find_entries(connection, [second.id, first.id, 999]) == (first, second)
        assert count_entries(connection) == {"tide": 2}


def test_unchanged_rows_are_not_written(sqlite_store: Store) -> None:
    save(sqlite_store, FERRY)
    statements: list[str] = []
    event.listen(
        sqlite_store.engine, "before_cursor_execute", lambda *call: statements.append(call[2])
    )
    assert save(sqlite_store, FERRY, now=NOW + HOUR) == Saved()
    assert statements
    assert not [one for one in statements if one.startswith(("INSERT", "UPDATE"))]


@pytest.mark.parametrize(
    "edited",
    [
        replace(FERRY, title="Ferry safe"),
        replace(FERRY, lede="Safe, says the mayor."),
        replace(FERRY, image=None),
        replace(FERRY, categories=("News",)),
        replace(FERRY, updated_at=NOW + HOUR),
        replace(FERRY, url=None),
    ],
)
def test_an_edit_keeps_its_place_in_time(store: Store, edited: Entry) -> None:
    save(store, FERRY, replace(FERRY, key="other"))
    before = all_of(store)
    moved = replace(edited, published_at=NOW + 5 * HOUR)
    assert save(store, moved, now=NOW + HOUR) == Saved(n_updated=1)
    after = all_of(store)
    assert after[0] == replace(before[0], entry=edited)
    assert after[1] == before[1]


def test_the_same_key_in_another_feed_is_another_entry(store: Store) -> None:
    assert save(store, FERRY, replace(FERRY, feed="record")) == Saved(n_new=2)


def test_twice_in_one_call(store: Store) -> None:
    assert save(store, FERRY, replace(FERRY, title="Later")) == Saved(n_new=1)
    assert [item.entry.title for item in all_of(store)] == ["Later"]


def test_nothing_to_save(store: Store) -> None:
    assert save(store) == Saved()


def test_many(store: Store) -> None:
    entries = [replace(FERRY, key=f"k{n}") for n in range(1_000)]
    assert save(store, *entries) == Saved(n_new=1_000)
    edited = [replace(entry, lede="New") for entry in entries[:500]]
    assert save(store, *edited, *entries[500:]) == Saved(n_updated=500)


@pytest.mark.parametrize(
    ("published", "seen", "is_in"),
    [
        (-1, -1, True),
        (-24, -24, False),  # at `since`: the edition before had it
        (-23.9, -23.9, True),
        (0, 0, True),  # at the cut-off
        (0.1, 0.1, False),
        (-30, -1, True),  # late: the feed was down
        (-30, -25, False),  # seen before, so it had its night
        (-37, -1, False),  # too old to be late news
    ],
)
def test_window(store: Store, published: float, seen: float, is_in: bool) -> None:
    entry = replace(FERRY, published_at=NOW + published * HOUR)
    save(store, entry, now=NOW + seen * HOUR)
    found = look(store, "tide", "record", since=NOW - 24 * HOUR, cutoff=NOW, late_h=12)
    assert bool(found) is is_in


def test_window_has_only_its_feeds_in_order(store: Store) -> None:
    for feed, key, hours in (("tide", "a", 1), ("record", "b", 3), ("radio", "c", 2)):
        save(store, replace(FERRY, feed=feed, key=key, published_at=NOW - hours * HOUR))
    save(store, replace(FERRY, key="d", published_at=NOW - HOUR))
    found = look(store, "tide", "record", since=NOW - 24 * HOUR, cutoff=NOW)
    assert [item.entry.key for item in found] == ["b", "a", "d"]
    assert look(store, since=NOW - 24 * HOUR, cutoff=NOW) == ()


def put_edition(
    store: Store, state: str, *entry_ids: int, publication: str = "wrap", n_got_it: int = 0
) -> None:
    with store.write() as connection:
        key = connection.execute(
            insert(edition).values(
                publication=publication,
                day=date(2026, 3, 12) - timedelta(days=entry_ids[0]),
                state=state,
                since=NOW - 24 * HOUR,
                cutoff=NOW,
                created_at=NOW,
                counts={},
            )
        ).inserted_primary_key
        assert key is not None
        rows = [
            {"edition_id": key[0], "entry_id": id, "url": f"https://t.example/{id}"}
            for id in entry_ids
        ]
        connection.execute(insert(edition_entry), rows)
        for number in range(n_got_it):
            connection.execute(
                insert(delivery).values(
                    edition_id=key[0], subscriber_id=number, batch_id=1, epoch=1,
                    state=DeliveryState.SENT.value, at=NOW,
                )
            )  # fmt: skip


def test_what_was_sent(store: Store) -> None:
    put_edition(store, "sent", 1, 2)
    put_edition(store, "sending", 3, n_got_it=1)
    put_edition(store, "skipped", 4)
    put_edition(store, "cancelled", 5)
    put_edition(store, "sent", 6, publication="other")
    put_edition(store, "sending", 7)
    put_edition(store, "ready", 8)
    with store.read() as connection:
        assert sent_entry_ids(connection, "wrap", after=NOW - HOUR) == {1, 2, 3}
        assert sent_entry_ids(connection, "wrap", after=NOW) == frozenset()
        urls = sent_urls(connection, "wrap", after=NOW - HOUR)
    assert urls == {f"https://t.example/{number}" for number in (1, 2, 3)}


def purge(store: Store, before: datetime) -> int:
    with store.write() as connection:
        return purge_entries(connection, before=before)


def test_purge_keeps_the_young_and_those_of_unfinished_editions(store: Store) -> None:
    for key in ("sent", "ready"):
        save(store, replace(FERRY, key=key), now=NOW)
    save(store, replace(FERRY, key="young"), now=NOW + 2 * HOUR)
    ids = {item.entry.key: item.id for item in all_of(store)}
    put_edition(store, "sent", ids["sent"])
    put_edition(store, "ready", ids["ready"])
    assert purge(store, NOW + HOUR) == 1
    assert {item.entry.key for item in all_of(store)} == {"ready", "young"}
    assert purge(store, NOW + HOUR) == 0


def test_an_undated_entry_still_shown_is_not_news_again(store: Store) -> None:
    undated = replace(FERRY, published_at=None, updated_at=None)
    save(store, undated)
    purge(store, NOW + HOUR)
    assert save(store, undated, now=NOW + 1_000 * HOUR) == Saved()
    save(store, *(replace(undated, key=f"k{n}") for n in range(300)))
    assert purge(store, NOW + HOUR) == 1
