"""How polls of feeds are shown, wherever they happen. I/O: the terminal."""

from collections.abc import Sequence

from digest.cli.screen import print_table
from digest.model.feeds import FeedResult, FeedStatus

WORDS = {
    FeedStatus.OK: "ok",
    FeedStatus.UNCHANGED: "no change",
    FeedStatus.WAITING: "waiting",
    FeedStatus.FAILED: "FAILED",
    FeedStatus.GONE: "GONE",
}


def print_results(results: Sequence[FeedResult], title: str = "") -> None:
    """A line a feed: what came, or why not."""
    rows = [
        (
            result.name,
            WORDS[result.status],
            result.n_entries,
            result.n_new,
            result.n_updated,
            "; ".join(filter(None, (result.detail, *result.warnings))),
        )
        for result in results
    ]
    print_table(title, ("feed", "poll", "#entries", "#new", "#updated", "remark"), rows)


def as_json(result: FeedResult) -> dict[str, object]:
    """For `--json`."""
    return {
        "name": result.name,
        "status": result.status.value,
        "n_entries": result.n_entries,
        "n_new": result.n_new,
        "n_updated": result.n_updated,
        "detail": result.detail,
        "warnings": list(result.warnings),
    }


def bad_feeds_line(results: Sequence[FeedResult]) -> str:
    """One line that names the feeds that failed, or ""."""
    bad = [f"{result.name} ({result.detail})" for result in results if result.is_bad]
    return f"feeds that failed: {'; '.join(bad)}" if bad else ""
