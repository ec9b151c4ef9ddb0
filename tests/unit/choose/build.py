"""Short ways to say entries, feeds and a publication in the tests of choosing."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from digest.choose.choose import AlreadySent, choose
from digest.choose.window import Window
from digest.model.edition import Choice
from digest.model.feeds import Entry, Image, StoredEntry
from digest.model.newsroom import FeedSource, Limits, Publication, Section

NOW = datetime(2026, 3, 12, 21, 0, tzinfo=UTC)
DAY = date(2026, 3, 12)

FEEDS = {
    "tide": FeedSource("tide", "file:x", title="The Tide", section="news", is_own=True),
    "record": FeedSource("record", "file:y", title="The Record", section="news"),
    "county": FeedSource("county", "file:z", title="County", section="council"),
}

PUBLICATION = Publication(
    slug="kestrel",
    title="The Wrap",
    timezone="America/Halifax",
    send_at=time(18),
    from_name="The Tide",
    from_address="wrap@porttide.example",
    postal_address="14 Wharf Street",
    contact="newsroom@porttide.example",
    sections=(
        Section("news", "News", match=("weather",)),
        Section("council", "Town Hall", max_stories=2),
        Section("sports", "Sports"),
    ),
    limits=Limits(min_stories=1),
)


def stored(
    number: int,
    title: str,
    lede: str = "",
    *,
    feed: str = "tide",
    hours_ago: float = 1,
    url: str | None = None,
    categories: tuple[str, ...] = (),
    credit: str = "",
    has_image: bool = False,
    updated_hours_ago: float | None = None,
) -> StoredEntry:
    """An entry with that id, published some hours before NOW and seen as it was published."""
    at = NOW - timedelta(hours=hours_ago)
    updated = None if updated_hours_ago is None else NOW - timedelta(hours=updated_hours_ago)
    entry = Entry(
        feed=feed,
        key=str(number),
        title=title,
        url=url or f"https://{feed}.example/{number}",
        lede=lede,
        categories=categories,
        credit=credit,
        image=Image("https://tide.example/x.jpg") if has_image else None,
        published_at=at,
        updated_at=updated,
    )
    return StoredEntry(number, entry, at, at)


def choice_of(*entries: StoredEntry, sent: AlreadySent | None = None, **limits: int) -> Choice:
    """The choice of NOW among the entries; `limits` change the publication's."""
    publication = replace(PUBLICATION, limits=replace(PUBLICATION.limits, **limits))
    window = Window(NOW - timedelta(hours=24), NOW, 24)
    return choose(entries, publication, FEEDS, day=DAY, window=window, sent=sent or AlreadySent())
