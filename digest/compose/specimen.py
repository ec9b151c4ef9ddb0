"""A tiny edition on which templates are tried before any real one depends on them. Pure."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

from digest.compose.personal import Personal
from digest.compose.topics import selection_of
from digest.model.edition import Edition, EditionSection, Source, Story
from digest.model.feeds import Image
from digest.model.message import Selection
from digest.model.newsroom import Publication, Theme

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

# Everything that may be missing is there, and the other way round.
PUBLICATIONS = (
    PUBLICATION,
    replace(
        PUBLICATION, language="fr", site_url="https://news.example/", tagline="Every day",
        theme=Theme(logo_url="https://news.example/logo.png"), contact="902-555-0142",
    ),
)  # fmt: skip

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


def _story(number: int, model: Story, section: str) -> Story:
    return replace(
        model, id=number, entry_ids=(number,), title=f"Headline {number}", section=section
    )


EDITION = Edition(
    publication="specimen",
    day=date(2026, 3, 12),
    since=_AT.replace(day=11),
    cutoff=_AT,
    lead=_FULL,
    sections=(
        EditionSection("news", "News", (_BARE, _story(3, _FULL, "news"), _story(4, _BARE, "news"))),
        EditionSection("town", "Town", (_story(5, _FULL, "town"),)),
        EditionSection("sports", "Sports", tuple(_story(n, _FULL, "sports") for n in (6, 7))),
        EditionSection("arts", "Arts", (_story(8, _BARE, "arts"),)),
    ),
)
# Every kind of reader: of everything, in their own order, of some stories, of the lead alone.
SELECTIONS = (
    selection_of(EDITION, frozenset()),
    Selection((("arts", (8,)), ("sports", (7, 6)), ("news", (4, 2)))),
    Selection((("news", (3,)), ("town", (5,)))),
    Selection((("sports", (6, 7)),)),
    Selection(()),
)
_ONE = Personal(
    unsubscribe_url="https://mail.news.example/u/abc.1.specimen",
    preferences_url="https://mail.news.example/p/def.1.specimen",
    view_url="https://mail.news.example/specimen/2026-03-12",
    name='Zoë <b>"O\'Neil"</b> & Sons',
    address="zoe@readers.example",
    greeting='Good evening, Zoë <b>"O\'Neil"</b> & Sons.',
)
_NAMELESS = replace(_ONE, name="", address="a@b.example", greeting="Good evening.")
_LONG = replace(_ONE, name="Long name " * 12, greeting=f"Good evening, {'Long name ' * 12}.")
VALUES = (_ONE, _NAMELESS, _LONG, _ONE, _NAMELESS)
