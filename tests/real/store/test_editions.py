"""Editions: one per publication and night, kept whole, finished only when nobody is left."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select

from digest.model.edition import Edition, EditionSection, Source, Story
from digest.model.feeds import Image
from digest.model.ledger import DeliveryState, EditionState, Outcome
from digest.model.message import Body
from digest.store.batches import claim_batch, close_batch
from digest.store.deliveries import record
from digest.store.edition_json import from_json, to_json
from digest.store.editions import (
    cancel_edition,
    find_edition,
    finish_edition,
    get_body,
    get_edition,
    list_editions,
    purge_deliveries,
    skip_edition,
)
from digest.store.engine import Store
from digest.store.schema import delivery, edition_entry, entry
from digest.store.windows import last_sent, unfinished_before
from tests.real.store.ledger import (
    EXPIRED,
    NOW,
    SENT,
    SLUG,
    an_edition,
    batch_states,
    fact,
    put_edition,
)

DAY = date(2026, 3, 12)
texts = st.text(max_size=20)
instants = st.datetimes(timezones=st.just(UTC))
images = st.none() | st.builds(Image, texts, texts, st.none() | st.integers(0, 9999), st.none())
sources = st.builds(Source, texts, texts, st.none() | texts)
stories = st.builds(
    Story,
    id=st.integers(1, 2**62),
    entry_ids=st.lists(st.integers(1, 2**62), max_size=3).map(tuple),
    title=texts,
    url=st.none() | texts,
    lede=texts,
    byline=texts,
    dateline=texts,
    credit=texts,
    section=texts,
    categories=st.lists(texts, max_size=2).map(tuple),
    image=images,
    published_at=instants,
    updated_at=st.none() | instants,
    language=st.none() | texts,
    source=sources,
    also=st.lists(sources, max_size=2).map(tuple),
)
sections = st.builds(EditionSection, texts, texts, st.lists(stories, max_size=2).map(tuple))
editions = st.builds(
    Edition,
    publication=texts,
    day=st.dates(),
    since=instants,
    cutoff=instants,
    lead=stories,
    sections=st.lists(sections, max_size=2).map(tuple),
)


@given(editions)
def test_an_edition_comes_back_exactly(edition: Edition) -> None:
    assert from_json(to_json(edition)) == edition


def test_json_that_is_no_edition_is_refused() -> None:
    with pytest.raises(ValueError, match="publication"):
        from_json({"day": "2026-03-12"})


def send_all(store: Store, edition_id: int, outcome: Outcome = SENT) -> None:
    with store.write() as connection:
        claimed = claim_batch(connection, edition_id, owner="w", now=NOW)
        assert claimed is not None
        record(connection, [fact(claimed, id_, outcome) for id_ in claimed.todo])
        assert close_batch(connection, claimed, retry_at=NOW)


def test_created_as_given(store: Store) -> None:
    with store.write() as connection:
        made = put_edition(connection, range(1, 8), batch_size=3)
    with store.read() as connection:
        found = find_edition(connection, SLUG, DAY)
        assert found == made == get_edition(connection, made.id)
        assert get_body(connection, made.id) == Body("A subject", "<p>html</p>", "text")
        assert batch_states(connection, made.id) == [
            (1, "first", 3, "ready"),
            (2, "first", 3, "ready"),
            (3, "first", 1, "ready"),
        ]
    assert found.edition == an_edition()
    assert (found.state, found.n_total, found.created_at) == (EditionState.READY, 7, NOW)


def test_a_night_has_one_edition(store: Store) -> None:
    with store.write() as connection:
        first = put_edition(connection, [1, 2])
    with store.write() as connection:
        second = put_edition(
            connection, [1, 2, 3], chosen=an_edition(title="Other"), created_at=NOW + timedelta(1)
        )
        assert second == first
        assert batch_states(connection, first.id) == [(1, "first", 2, "ready")]


def test_two_at_once_make_one_edition(store: Store) -> None:
    def make(number: int) -> int:
        with store.write() as connection:
            return put_edition(connection, [1, 2], created_at=NOW + timedelta(number)).id

    with ThreadPoolExecutor(4) as pool:
        ids = set(pool.map(make, range(8)))
    assert len(ids) == 1
    with store.read() as connection:
        assert len(list_editions(connection)) == 1
        assert len(batch_states(connection, ids.pop())) == 1


@pytest.mark.parametrize("ids", [[2, 1], [1, 1], [1, 2, 3, 3], [1, 2, 9, 4]])
def test_recipients_must_ascend_each_once(store: Store, ids: list[int]) -> None:
    with pytest.raises(ValueError, match="ascend"), store.write() as connection:
        put_edition(connection, ids, batch_size=2)
    with store.read() as connection:
        assert find_edition(connection, SLUG, DAY) is None


def test_entries_are_kept_with_the_addresses_known(store: Store) -> None:
    with store.write() as connection:
        row = dict.fromkeys(("title", "lede", "byline", "dateline", "credit"), "")
        row |= {"feed": "f", "categories": [], "published_at": NOW, "first_seen_at": NOW}  # type: ignore[dict-item]
        connection.execute(insert(entry), row | {"id": 9, "key": "k", "url": "https://x.example/9"})
        made = put_edition(connection, [1])
    with store.read() as connection:
        columns = select(edition_entry.c.entry_id, edition_entry.c.url)
        found = connection.execute(columns.where(edition_entry.c.edition_id == made.id))
        assert {row.entry_id: row.url for row in found} == {
            1: None,
            2: "https://www.porttide.example/2",
            4: "https://www.porttide.example/4",
            5: "https://www.porttide.example/5",
            9: "https://x.example/9",
        }


def skip(store: Store, reason: str) -> EditionState:
    with store.write() as connection:
        record_ = skip_edition(
            connection, SLUG, DAY, since=NOW, cutoff=NOW, created_at=NOW, reason=reason
        )
    return record_.state


def test_a_skipped_night_can_become_ready_and_not_back(store: Store) -> None:
    assert skip(store, "2 stories") is EditionState.SKIPPED
    assert skip(store, "1 story") is EditionState.SKIPPED
    with store.read() as connection:
        skipped = find_edition(connection, SLUG, DAY)
        assert skipped is not None
        assert (skipped.reason, skipped.edition) == ("1 story", None)
        with pytest.raises(LookupError):
            get_body(connection, skipped.id)
    with store.write() as connection:
        made = put_edition(connection, [1, 2])
    assert (made.id, made.state, made.reason) == (skipped.id, EditionState.READY, "")
    assert made.edition == an_edition()
    assert skip(store, "too late") is EditionState.READY


def test_finished_only_when_no_batch_is_open(store: Store) -> None:
    with store.write() as connection:
        made = put_edition(connection, [1, 2, 3], batch_size=2)
    for is_last in (False, True):
        send_all(store, made.id)
        with store.write() as connection:
            assert finish_edition(connection, made.id, now=NOW) is is_last
    with store.write() as connection:
        assert finish_edition(connection, made.id, now=NOW + timedelta(1)) is False
        found = get_edition(connection, made.id)
    assert (found.state, found.sent_at) == (EditionState.SENT, NOW)
    assert found.counts == {
        "deferred": 0, "held": 0, "failed": 0, "expired": 0, "suppressed": 0, "sent": 3,
    }  # fmt: skip


def test_an_edition_that_reached_nobody_is_not_called_sent(store: Store) -> None:
    with store.write() as connection:
        made = put_edition(connection, [1, 2])
    send_all(store, made.id, EXPIRED)
    with store.write() as connection:
        assert finish_edition(connection, made.id, now=NOW)
        found = get_edition(connection, made.id)
        assert last_sent(connection, SLUG) is None  # its stories are news to the next night
    assert (found.state, found.sent_at) == (EditionState.CANCELLED, None)
    assert found.reason == "It reached nobody: 2 expired."


def test_an_edition_that_somebody_may_have_counts_as_gone_out(store: Store) -> None:
    with store.write() as connection:
        made = put_edition(connection, [1, 2])
    send_all(store, made.id, Outcome(DeliveryState.HELD, is_uncertain=True))
    with store.write() as connection:
        assert unfinished_before(connection, SLUG, made.day + timedelta(1)) == {made.id: True}
        assert finish_edition(connection, made.id, now=NOW)
        found = get_edition(connection, made.id)
        assert last_sent(connection, SLUG) == made.cutoff
    assert (found.state, found.sent_at, found.reason) == (EditionState.SENT, NOW, "")


def test_cancelled_for_good(store: Store) -> None:
    with store.write() as connection:
        made = put_edition(connection, [1, 2, 3], batch_size=2)
        claimed = claim_batch(connection, made.id, owner="w", now=NOW)
        assert claimed is not None
        record(connection, [fact(claimed, 1, SENT)])
    with store.write() as connection:
        assert cancel_edition(connection, made.id, reason="wrong picture")
        assert not cancel_edition(connection, made.id, reason="again")
        assert claim_batch(connection, made.id, owner="w", now=NOW + timedelta(1)) is None
        assert not close_batch(connection, claimed, retry_at=NOW)
        assert not finish_edition(connection, made.id, now=NOW)
        found = get_edition(connection, made.id)
    assert (found.state, found.reason) == (EditionState.CANCELLED, "wrong picture")
    assert found.counts["sent"] == 1


def test_last_sent_is_the_latest_cutoff_that_went_out(store: Store) -> None:
    with store.write() as connection:
        assert last_sent(connection, SLUG) is None
        first = put_edition(connection, [1])
        assert last_sent(connection, SLUG) is None  # ready: nobody has it yet
    send_all(store, first.id)
    with store.write() as connection:
        assert last_sent(connection, SLUG) == first.cutoff  # being sent
        finish_edition(connection, first.id, now=NOW)
        assert last_sent(connection, SLUG) == first.cutoff
        assert last_sent(connection, SLUG, before=first.cutoff) is None
        assert last_sent(connection, SLUG, before=NOW) == first.cutoff
        assert last_sent(connection, "other") is None


def test_listed_latest_first_without_the_stories(store: Store) -> None:
    with store.write() as connection:
        for back in (2, 0, 1):
            put_edition(connection, [1], chosen=an_edition(DAY - timedelta(back)))
        listed = list_editions(connection, SLUG, limit=2)
        assert [item.day for item in listed] == [DAY, DAY - timedelta(1)]
        assert {item.edition for item in listed} == {None}
        assert list_editions(connection, "other") == ()


def test_purge_keeps_the_counts_and_what_is_open(store: Store) -> None:
    with store.write() as connection:
        old = put_edition(connection, [1, 2])
        still_open = put_edition(connection, [3], chosen=an_edition(DAY - timedelta(1)))
    send_all(store, old.id)
    send_all(store, still_open.id)
    with store.write() as connection:
        finish_edition(connection, old.id, now=NOW)
        assert purge_deliveries(connection, before=NOW) == 0
        assert purge_deliveries(connection, before=NOW + timedelta(seconds=1)) == 2
        assert get_edition(connection, old.id).counts["sent"] == 2
        assert batch_states(connection, old.id) == []
        left = connection.scalars(select(delivery.c.edition_id)).all()
    assert left == [still_open.id]


def test_an_edition_without_recipients_finishes_at_once(store: Store) -> None:
    with store.write() as connection:
        made = put_edition(connection, [])
        assert claim_batch(connection, made.id, owner="w", now=NOW) is None
        assert finish_edition(connection, made.id, now=NOW)
        assert get_edition(connection, made.id).state is EditionState.SENT


def test_times_keep_their_microseconds(store: Store) -> None:
    with store.write() as connection:
        made = put_edition(connection, [1])
    assert made.created_at == datetime(2026, 3, 12, 21, 30, 0, 123456, tzinfo=UTC)
