"""What is remembered of feeds."""

from dataclasses import replace
from datetime import UTC, datetime

from digest.model.feeds import FeedState
from digest.store.engine import Store
from digest.store.feeds import forget_states, list_states, load_state, save_state

NOW = datetime(2026, 3, 12, 21, 0, tzinfo=UTC)
TIDE = FeedState(
    name="tide",
    url="https://t.example/feed",
    etag='"1"',
    last_modified="then",
    next_poll_at=NOW,
    last_polled_at=NOW,
    last_success_at=NOW,
    failures=2,
    last_error="out of service",
    is_gone=True,
)


def remember(store: Store, *states: FeedState) -> None:
    with store.write() as connection:
        for state in states:
            save_state(connection, state)


def recall(store: Store, name: str, url: str) -> FeedState:
    with store.read() as connection:
        return load_state(connection, name=name, url=url)


def test_there_and_back(store: Store) -> None:
    remember(store, replace(TIDE, failures=9), TIDE)
    assert recall(store, "tide", TIDE.url) == TIDE


def test_unknown(store: Store) -> None:
    assert recall(store, "tide", TIDE.url) == FeedState("tide", TIDE.url)


def test_another_address_is_another_feed(store: Store) -> None:
    remember(store, TIDE)
    assert recall(store, "tide", "https://t.example/new") == FeedState(
        "tide", "https://t.example/new"
    )


def test_list_and_forget(store: Store) -> None:
    record = replace(TIDE, name="record")
    remember(store, TIDE, record)
    with store.write() as connection:
        assert list_states(connection) == (record, TIDE)
        assert forget_states(connection, names=["tide", "none"]) == 1
        assert list_states(connection) == (record,)
