"""What feeds say and how polling them went. Pure.

Every instant is an aware datetime in UTC.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


@dataclass(frozen=True, slots=True)
class Image:
    """An image beside a story; width and height in px where the feed says."""

    url: str
    alt: str = ""
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What one feed says about one thing (RFC 4287 section 4.1.2), cleaned.

    `key` is its identity within the feed: the guid, else the canonical URL, else a digest of the
    title. All texts are plain text in one line; URLs are absolute http(s) or None.
    `dateline` is the place that opens the lede ("HALIFAX"), `credit` the agency that a wire
    story names ("The Canadian Press"). `published_at` is None where the feed does not say it in a
    readable way; it may lie in the future.
    """

    feed: str
    key: str
    title: str
    url: str | None = None
    lede: str = ""
    byline: str = ""
    dateline: str = ""
    credit: str = ""
    categories: tuple[str, ...] = ()
    image: Image | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as the store keeps it; `published_at` is settled (never None, never after
    `first_seen_at` by more than clocks differ)."""

    id: int
    entry: Entry
    published_at: datetime
    first_seen_at: datetime


class FeedStatus(Enum):
    """How the last poll of a feed ended."""

    OK = "ok"
    UNCHANGED = "unchanged"
    WAITING = "waiting"  # Retry-After has not passed
    FAILED = "failed"
    GONE = "gone"  # 410: not asked again


@dataclass(frozen=True, slots=True)
class FeedState:
    """What is remembered of a feed between polls."""

    name: str
    url: str
    etag: str | None = None
    last_modified: str | None = None
    next_poll_at: datetime | None = None
    last_polled_at: datetime | None = None
    last_success_at: datetime | None = None
    failures: int = 0
    last_error: str | None = None
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class FeedResult:
    """One poll of one feed: what came, or one line that says why not."""

    name: str
    status: FeedStatus
    n_entries: int = 0
    n_new: int = 0
    n_updated: int = 0
    detail: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def is_bad(self) -> bool:
        """Whether somebody should look at the feed; one that waits does so after a failure."""
        return self.status not in (FeedStatus.OK, FeedStatus.UNCHANGED)
