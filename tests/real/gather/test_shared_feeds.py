"""Feeds as sites really write them, served over HTTP and gathered whole."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.model.feeds import FeedStatus, StoredEntry
from digest.model.newsroom import FeedSource
from digest.store.engine import Store
from tests.real.gather.server import Site
from tests.real.gather.test_poll import gather, stored
from tests.unit.gather.test_clean import is_harmless

FOLDER = Path(__file__).parents[4] / "shared" / "feeds"
COUNTS = {
    "AmazonWebServicesBlog": 10,
    "TechCrunch": 20,
    "HuffPostCanada": 2,
    "FeedBurnerXHTML": 10,
    "google_alerts_atom": 20,
    "youtube_atom": 15,
    "json_feed": 20,
    "InvalidDateFormat": 2,
}
SAID_OF = {
    "AmazonWebServicesBlog": (
        "AWS Job: Architect & Designer Position in Turkey",
        "http://aws.typepad.com/aws/2009/01/aws-job-architect-designer-position-in-turkey.html",
    ),
    "HuffPostCanada": (
        "Winnipeg High School Orders Custom Hijabs For Muslim Athletes",
        "http://www.huffingtonpost.ca/2017/10/17/"
        "winnipeg-high-school-orders-custom-hijabs-for-muslim-athletes_a_23246627/",
    ),
    "youtube_atom": (
        "The Google app: Questions Title",
        "http://www.youtube.com/watch?v=5shykyfmb28",
    ),
    "json_feed": (
        "James Dempsey and the Breakpoints Benefit App Camp for Girls",
        "http://inessential.com/2017/06/02/james_dempsey_and_the_breakpoints_benefi",
    ),
    "InvalidDateFormat": ("Item 0 with an invalid date", "http://example.com/item0"),
}

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"{FOLDER} is not there")


@pytest.fixture
def feeds(site: Site) -> list[FeedSource]:
    """Each file of the folder, served as it is."""
    return [
        FeedSource(path.stem, site.serve(f"/{path.name}", path.read_bytes()))
        for path in sorted(FOLDER.iterdir())
        if path.is_file()
    ]


def test_all_are_gathered(sqlite_store: Store, feeds: list[FeedSource]) -> None:
    results = {result.name: result for result in gather(sqlite_store, *feeds)}
    assert {name: results[name].n_entries for name in COUNTS} == COUNTS
    for name, result in results.items():
        assert (result.status is FeedStatus.OK) is not bool(result.detail), name
        assert result.n_new == result.n_entries
        assert is_harmless(result.detail)
    again = gather(sqlite_store, *feeds, now=datetime(2026, 3, 13, tzinfo=UTC))
    assert [(one.n_new, one.n_updated) for one in again] == [(0, 0)] * len(feeds)


def test_titles_links_and_dates_are_sane(sqlite_store: Store, feeds: list[FeedSource]) -> None:
    gather(sqlite_store, *feeds)
    found = stored(sqlite_store, [feed.name for feed in feeds])
    assert len(found) > sum(COUNTS.values())
    for item in found:
        check_sane(item)
    said = {(item.entry.feed, item.entry.title, item.entry.url) for item in found}
    assert {(feed, title, url) for feed, (title, url) in SAID_OF.items()} <= said


def check_sane(item: StoredEntry) -> None:
    entry = item.entry
    assert 3 <= len(entry.title) <= 300
    assert not set("<>") & set(entry.title), entry.title
    assert entry.url is not None
    assert entry.url.startswith(("http://", "https://"))
    assert "utm_" not in entry.url
    assert len(entry.lede) <= 600
    assert all(map(is_harmless, (entry.title, entry.lede, entry.byline)))
    assert "&amp;" not in entry.title + entry.lede
    assert 2005 <= item.published_at.year <= 2023
    assert entry.image is None or entry.image.url.startswith(("http://", "https://"))
