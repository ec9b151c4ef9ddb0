"""An edition cut down to the sections a reader asked for. Pure."""

from dataclasses import replace

from digest.model.edition import Edition


def for_topics(edition: Edition, topics: frozenset[str]) -> Edition:
    """Only the sections whose slug is in `topics`; the lead always stays. Empty = every section.

    The same edition is returned where nothing is left out, and a section that tonight does not
    have changes nothing, so that few distinct editions need rendering.
    """
    if not topics:
        return edition
    kept = tuple(section for section in edition.sections if section.slug in topics)
    return edition if kept == edition.sections else replace(edition, sections=kept)


def choice_of(edition: Edition, topics: frozenset[str]) -> frozenset[str]:
    """What `topics` come to tonight: the key under which a compiled message may be kept."""
    return frozenset(section.slug for section in for_topics(edition, topics).sections)
