"""A tiny edition on which templates are tried before any real one depends on them. Pure.

It has a publication's own sections, so that what a template does for one of these alone is tried,
and as many others as a brief leaves out. Its stories hold what a feed may: tags and quotes, and
everything or nothing of what may be missing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from itertools import chain, cycle, islice

from digest.compose.personal import Personal
from digest.compose.topics import BRIEF_MAX, selection_of
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

# In everything that a feed says: none may come into a page as a tag.
FOREIGN_TAG = re.compile(r"<feed-([a-z]+)>", re.IGNORECASE)


def _foreign(name: str, words: str) -> str:
    return f'{words} <feed-{name}> & "so on"'


_FULL = Story(
    id=1,
    entry_ids=(1,),
    title=_foreign("headline", "A headline"),
    url="https://news.example/1?a=1&b=2",
    lede=_foreign("lede", "What happened, in a sentence."),
    byline=_foreign("byline", "A Reporter"),
    dateline=_foreign("dateline", "SAMPLETON"),
    credit=_foreign("credit", "An Agency"),
    section="news",
    categories=(),
    image=Image("https://news.example/1.jpg", _foreign("alt", "A picture"), 1200, 675),
    published_at=_AT,
    updated_at=_AT.replace(hour=18),
    language="fr",
    source=Source("own", _foreign("source", "The Specimen"), None),
    also=(
        Source("other", _foreign("source", "Another"), "https://other.example/1"),
        Source("third", "Third", None),
    ),
)
# Everything that may be missing is missing: templates must stand that, too.
_BARE = replace(
    _FULL, url=None, lede="", byline="", dateline="", credit="", image=None, updated_at=None,
    language=None, also=(),
)  # fmt: skip
# What often comes together does not always.
_WORDS = replace(_FULL, url=None, image=None, also=(), language=None)
_PICTURE = replace(
    _FULL, lede="", byline="", credit="", updated_at=None,
    image=Image("https://news.example/1.jpg", "", None, None),
)  # fmt: skip
_MODELS = (_BARE, _FULL, _WORDS, _PICTURE)
_SECTIONS = (
    ("news", "News"), ("town", "Town"), ("sports", "Sports"), ("arts", "Arts"),
    ("weather", "Weather"), ("notices", "Notices"),
)  # fmt: skip
_SIZES = (3, 2, 1)


def specimens_of(publication: Publication) -> tuple[Edition, Edition]:
    """Its specimen with a lead that has everything, and with one that has nothing but a title."""
    full = Edition(
        publication=publication.slug,
        day=date(2026, 3, 12),
        since=_AT.replace(day=11),
        cutoff=_AT,
        lead=_FULL,
        sections=_sections_of(publication),
    )
    return full, replace(full, lead=replace(_BARE, id=1))


def _sections_of(publication: Publication) -> tuple[EditionSection, ...]:
    named = {section.slug: section.title for section in publication.sections}
    missing = max(0, BRIEF_MAX + 1 - len(named))
    others = ((slug, title) for slug, title in _SECTIONS if slug not in named)
    rows = chain(named.items(), islice(others, missing))
    stories = (
        replace(model, id=number, entry_ids=(number,), title=_foreign("headline", f"No. {number}"))
        for number, model in enumerate(cycle(_MODELS), 2)
    )
    return tuple(
        EditionSection(slug, title, tuple(replace(one, section=slug) for one in held))
        for (slug, title), held in zip(rows, _batches(stories), strict=False)
    )


def _batches(stories: Iterator[Story]) -> Iterator[tuple[Story, ...]]:
    for size in cycle(_SIZES):
        yield tuple(islice(stories, size))


_ONE = Personal(
    unsubscribe_url="https://mail.news.example/u/abc.1.specimen",
    preferences_url="https://mail.news.example/p/def.1.specimen",
    view_url="https://mail.news.example/specimen/2026-03-12",
    name='Zoë <b>"O\'Neil"</b> & Sons',
    address="zoe@readers.example",
    greeting='Good evening, Zoë <b>"O\'Neil"</b> & Sons.',
)
_NAMELESS = replace(_ONE, name="", address="o'neil&co@b.example", greeting="Good evening.")
_LONG = replace(_ONE, name="Long name " * 12, greeting=f"Good evening, {'Long name ' * 12}.")


@dataclass(frozen=True, slots=True)
class Reader:
    """One for whom a wrap is tried."""

    selection: Selection
    values: Personal


def readers_of(specimen: Edition) -> tuple[Reader, ...]:
    """Every kind of reader: of everything (first), in their own order, of some sections and some
    stories, of too few for a brief, of one section, and of the lead alone (last)."""
    everything = selection_of(specimen, frozenset())
    rows = everything.sections
    backwards = tuple((slug, ids[::-1]) for slug, ids in rows[::-1])
    selections = (
        everything,
        Selection(backwards),
        Selection(tuple((slug, ids[:1]) for slug, ids in rows[::2])),
        Selection(tuple((slug, ids[-1:]) for slug, ids in rows[1::2])),
        Selection(rows[2:4]),
        Selection(rows[:1]),
        Selection(()),
    )
    values = cycle((_ONE, _NAMELESS, _LONG))
    return tuple(Reader(one, own) for one, own in zip(selections, values, strict=False))
