"""A tiny edition on which templates are tried before any real one depends on them. Pure."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

from digest.model.edition import Edition, EditionSection, Source, Story
from digest.model.feeds import Image
from digest.model.newsroom import Publication

_AT = datetime(2026, 3, 12, 15, 30, tzinfo=UTC)

PUBLICATION = Publication(
    slug="specimen",
    title="The Specimen",
    timezone="America/Halifax",
    send_at=time(18),
    from_name="The Specimen",
    from_address="wrap@news.example",
    postal_address="1 Sample Street, Sampleton",
    contact="desk@news.example",
)

_FULL = Story(
    id=1,
    entry_ids=(1,),
    title="A headline",
    url="https://news.example/1",
    lede="What happened, in a sentence.",
    byline="A Reporter",
    dateline="SAMPLETON",
    credit="An Agency",
    section="news",
    categories=(),
    image=Image("https://news.example/1.jpg", "A picture", 1200, 675),
    published_at=_AT,
    updated_at=_AT.replace(hour=18),
    language="fr",
    source=Source("own", "The Specimen", None),
    also=(Source("other", "Another", "https://other.example/1"), Source("third", "Third", None)),
)
# Everything that may be missing is missing: templates must stand that, too.
_BARE = replace(
    _FULL, id=2, entry_ids=(2,), title="Another headline", url=None, lede="", byline="",
    dateline="", credit="", image=None, updated_at=None, language=None, also=(),
)  # fmt: skip

EDITION = Edition(
    publication="specimen",
    day=date(2026, 3, 12),
    since=_AT.replace(day=11),
    cutoff=_AT,
    lead=_FULL,
    sections=(EditionSection("news", "News", (_FULL, _BARE)),),
)
