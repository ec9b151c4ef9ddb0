"""What asking for a feed can come to, and the limits on it. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FetchCaps:
    """Limits of one fetch: `timeout_s` is for the whole of it with redirects, `max_bytes` counts
    what is unpacked; `allow_private` opens this machine and its network."""

    timeout_s: float = 20.0
    max_bytes: int = 5_000_000
    max_redirects: int = 5
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """A body and its validators; `url` is where it was in the end found."""

    body: bytes
    url: str
    content_type: str = ""
    etag: str | None = None
    last_modified: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotModified:
    """What we have is still so."""

    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """Nothing came; `message` is one line of plain words. `is_gone`: 410, never ask again."""

    message: str
    is_gone: bool = False
    retry_after_s: float | None = None


FetchOutcome = Fetched | NotModified | FetchFailed
