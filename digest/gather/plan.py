"""Whether a feed is asked now, and what its answer means for the next time. Pure.

A feed answers with entries, with "unchanged", or with a failure; failures in a row lengthen the
wait (retry.py), a success ends it, 410 ends the asking until the feed's address changes.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from digest.gather.dates import CLOCK_SKEW, settle
from digest.gather.fetched import Fetched, FetchFailed, NotModified
from digest.gather.parse import Parsed
from digest.gather.raw import Unreadable
from digest.gather.retry import next_poll
from digest.model.feeds import Entry, FeedResult, FeedState, FeedStatus


@dataclass(frozen=True, slots=True)
class Answer:
    """One feed's answer: `detail` is a line for people, empty where all is well."""

    status: FeedStatus
    detail: str = ""
    entries: tuple[Entry, ...] = ()
    warnings: tuple[str, ...] = ()
    etag: str | None = None
    last_modified: str | None = None
    retry_after_s: float | None = None


def not_now(state: FeedState, *, now: datetime, is_forced: bool) -> Answer | None:
    """Why the feed is not asked at `now`, or None: ask it. `is_forced` overrules waiting only."""
    if state.is_gone:
        detail = "withdrawn by its site (410 Gone): remove it, or change its address"
        return Answer(FeedStatus.GONE, detail)
    if is_forced or state.next_poll_at is None or state.next_poll_at <= now:
        return None
    then = f"{state.next_poll_at:%Y-%m-%d %H:%M} UTC"
    reason = f" ({state.last_error})" if state.last_error else ""
    return Answer(FeedStatus.WAITING, f"asked again after {then}{reason}")


def answer_without_body(outcome: NotModified | FetchFailed) -> Answer:
    """The answer where there is nothing to parse."""
    if isinstance(outcome, NotModified):
        return Answer(FeedStatus.UNCHANGED, warnings=outcome.warnings)
    status = FeedStatus.GONE if outcome.is_gone else FeedStatus.FAILED
    return Answer(status, outcome.message, retry_after_s=outcome.retry_after_s)


def answer_with_body(fetched: Fetched, parsed: Parsed | Unreadable) -> Answer:
    """The answer a body gives; an unreadable one is a failure and its validators are not kept."""
    if isinstance(parsed, Unreadable):
        return Answer(FeedStatus.FAILED, parsed.message, warnings=fetched.warnings)
    return Answer(
        status=FeedStatus.OK,
        entries=parsed.entries,
        warnings=(*fetched.warnings, *parsed.warnings),
        etag=fetched.etag,
        last_modified=fetched.last_modified,
    )


def next_state(state: FeedState, answer: Answer, *, now: datetime) -> FeedState:
    """What to remember of a feed that was asked at `now`."""
    if answer.status in (FeedStatus.FAILED, FeedStatus.GONE):
        failures = state.failures + 1
        wait_s = answer.retry_after_s
        return replace(
            state,
            last_polled_at=now,
            failures=failures,
            last_error=answer.detail,
            is_gone=answer.status is FeedStatus.GONE,
            next_poll_at=next_poll(failures=failures, retry_after_s=wait_s, now=now),
        )
    good = replace(
        state,
        last_polled_at=now,
        last_success_at=now,
        next_poll_at=None,
        failures=0,
        last_error=None,
    )
    if answer.status is FeedStatus.UNCHANGED:
        return good
    return replace(good, etag=answer.etag, last_modified=answer.last_modified)


def settled(entry: Entry, *, now: datetime) -> Entry:
    """The entry filed under an instant that can be believed; an update from the future is none."""
    published_at = settle(entry.published_at, entry.updated_at, first_seen=now)
    updated_at = entry.updated_at
    if updated_at is not None and updated_at > now + CLOCK_SKEW:
        updated_at = None
    return replace(entry, published_at=published_at, updated_at=updated_at)


def result_of(name: str, answer: Answer, *, n_new: int = 0, n_updated: int = 0) -> FeedResult:
    """The line for the summary."""
    return FeedResult(
        name=name,
        status=answer.status,
        n_entries=len(answer.entries),
        n_new=n_new,
        n_updated=n_updated,
        detail=answer.detail,
        warnings=answer.warnings,
    )
