"""Whether a feed is asked, and what its answer means for the next time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from digest.gather.fetched import Fetched, FetchFailed, NotModified
from digest.gather.parse import Parsed
from digest.gather.plan import (
    Answer,
    answer_with_body,
    answer_without_body,
    next_state,
    not_now,
    settled,
)
from digest.gather.raw import Unreadable
from digest.model.feeds import Entry, FeedState, FeedStatus

NOW = datetime(2026, 3, 12, 21, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
FRESH = FeedState("tide", "https://tide.example/feed")


@pytest.mark.parametrize(
    ("state", "is_forced", "status"),
    [
        (FRESH, False, None),
        (replace(FRESH, next_poll_at=NOW - HOUR), False, None),
        (replace(FRESH, next_poll_at=NOW), False, None),
        (replace(FRESH, next_poll_at=NOW + HOUR), False, FeedStatus.WAITING),
        (replace(FRESH, next_poll_at=NOW + HOUR), True, None),
        (replace(FRESH, is_gone=True), False, FeedStatus.GONE),
        (replace(FRESH, is_gone=True), True, FeedStatus.GONE),
    ],
)
def test_not_now(state: FeedState, is_forced: bool, status: FeedStatus | None) -> None:
    refusal = not_now(state, now=NOW, is_forced=is_forced)
    assert (refusal.status if refusal else None) is status


def test_waiting_says_until_when_and_why() -> None:
    state = replace(FRESH, next_poll_at=NOW + HOUR, last_error="out of service")
    refusal = not_now(state, now=NOW, is_forced=False)
    assert refusal is not None
    assert refusal.detail == "asked again after 2026-03-12 22:00 UTC (out of service)"


def test_a_failure_is_remembered_and_success_forgets_it() -> None:
    known = replace(FRESH, etag='"1"', last_success_at=NOW - HOUR)
    failed = next_state(known, Answer(FeedStatus.FAILED, "dead"), now=NOW)
    assert (failed.failures, failed.last_error, failed.etag) == (1, "dead", '"1"')
    assert failed.next_poll_at == NOW + timedelta(minutes=5)
    assert failed.last_success_at == NOW - HOUR
    unchanged = next_state(failed, Answer(FeedStatus.UNCHANGED), now=NOW + HOUR)
    assert unchanged == replace(known, last_polled_at=NOW + HOUR, last_success_at=NOW + HOUR)


def test_a_new_body_brings_new_validators() -> None:
    answer = answer_with_body(Fetched(b"x", "u", etag=None, last_modified="then"), Parsed("t", ()))
    state = next_state(replace(FRESH, etag='"1"'), answer, now=NOW)
    assert (state.etag, state.last_modified) == (None, "then")


def test_an_unreadable_body_is_a_failure_without_validators() -> None:
    answer = answer_with_body(Fetched(b"x", "u", etag='"2"'), Unreadable("a web page"))
    state = next_state(replace(FRESH, etag='"1"'), answer, now=NOW)
    assert (answer.status, state.etag, state.failures) == (FeedStatus.FAILED, '"1"', 1)


def test_gone_and_retry_after() -> None:
    gone = next_state(FRESH, answer_without_body(FetchFailed("410", is_gone=True)), now=NOW)
    assert gone.is_gone
    late = next_state(FRESH, answer_without_body(FetchFailed("503", retry_after_s=7200.0)), now=NOW)
    assert late.next_poll_at == NOW + 2 * HOUR
    assert answer_without_body(NotModified(("moved",))).warnings == ("moved",)


def test_settled() -> None:
    entry = Entry("tide", "1", "T", published_at=NOW + HOUR, updated_at=NOW + 2 * HOUR)
    assert settled(entry, now=NOW) == replace(entry, published_at=NOW, updated_at=None)
    past = replace(entry, published_at=NOW - HOUR, updated_at=NOW)
    assert settled(past, now=NOW) == past
