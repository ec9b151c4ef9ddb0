"""A group of entries told as one story: whose words, which section, who else reported it. Pure.

Our own reporting goes before others', others' before wire copy, a heavier feed before a lighter,
a longer lede before a shorter. Of several entries of one feed the latest speaks.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from digest.model.edition import Source, Story
from digest.model.feeds import StoredEntry
from digest.model.newsroom import FeedSource, Publication, Section

# An "updated" this close to "published" is the same save, not news.
SAME_SAVE = timedelta(minutes=10)


def tell(
    group: Sequence[StoredEntry], publication: Publication, feeds: Mapping[str, FeedSource]
) -> Story:
    """The story of a group of at least one entry. Every entry's feed must be in `feeds`."""
    speakers = sorted(_latest_of_each_feed(group), key=lambda one: _standing(one, feeds))
    voice, others = speakers[0], speakers[1:]
    entry = voice.entry
    return Story(
        id=voice.id,
        entry_ids=tuple(sorted(stored.id for stored in group)),
        title=entry.title,
        url=entry.url,
        lede=entry.lede,
        byline=entry.byline,
        dateline=entry.dateline,
        credit=entry.credit,
        section=_section_of(speakers, publication, feeds).slug,
        categories=entry.categories,
        image=entry.image,
        published_at=voice.published_at,
        updated_at=_updated_at(voice, group),
        language=entry.language,
        source=_source(voice, feeds),
        also=tuple(_source(other, feeds) for other in _with_other_pages(voice, others)),
    )


def _latest_of_each_feed(group: Sequence[StoredEntry]) -> list[StoredEntry]:
    latest: dict[str, StoredEntry] = {}
    for stored in sorted(group, key=lambda one: (one.published_at, one.id)):
        latest[stored.entry.feed] = stored
    return list(latest.values())


def _standing(stored: StoredEntry, feeds: Mapping[str, FeedSource]) -> tuple[object, ...]:
    """Sorts the best speaker first; the id makes the order total."""
    entry, feed = stored.entry, feeds[stored.entry.feed]
    return (
        not feed.is_own,
        bool(entry.credit),
        -feed.weight,
        -len(entry.lede),
        entry.image is None,
        stored.id,
    )


def _source(stored: StoredEntry, feeds: Mapping[str, FeedSource]) -> Source:
    return Source(stored.entry.feed, feeds[stored.entry.feed].label, stored.entry.url)


def _with_other_pages(voice: StoredEntry, others: Sequence[StoredEntry]) -> list[StoredEntry]:
    """Those that lead elsewhere: a second feed that names the same page has reported nothing."""
    told = {voice.entry.url}
    kept = []
    for other in others:
        if other.entry.url is None or other.entry.url not in told:
            kept.append(other)
            told.add(other.entry.url)
    return kept


def _updated_at(voice: StoredEntry, group: Sequence[StoredEntry]) -> datetime | None:
    """When the speaker's feed last changed the story after first publishing it, or None."""
    of_feed = [stored for stored in group if stored.entry.feed == voice.entry.feed]
    first = min(stored.published_at for stored in of_feed)
    edits = [stored.entry.updated_at for stored in of_feed if stored.entry.updated_at]
    latest = max((*edits, *(stored.published_at for stored in of_feed)))
    return latest if latest - first > SAME_SAVE else None


def _section_of(
    speakers: Sequence[StoredEntry], publication: Publication, feeds: Mapping[str, FeedSource]
) -> Section:
    """The section that matches a category, speakers and categories in order; else that of the
    speaker's feed; else the first."""
    sections = {
        name.casefold(): section
        for section in reversed(publication.sections)
        for name in (*section.match, section.slug)
    }
    for stored in speakers:
        for category in stored.entry.categories:
            if category.casefold() in sections:
                return sections[category.casefold()]
    fallback = feeds[speakers[0].entry.feed].section
    named = (section for section in publication.sections if section.slug == fallback)
    return next(named, publication.sections[0])
