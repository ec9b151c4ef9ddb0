"""What of an edition is whose: from the topics a reader asked for to their selection. Pure."""

from dataclasses import replace
from typing import TypeVar

from digest.model.edition import Edition, EditionSection
from digest.model.message import Selection

T = TypeVar("T")
BRIEF_MIN = 3
BRIEF_MAX = 5


def selection_of(edition: Edition, topics: frozenset[str]) -> Selection:
    """The sections whose slug is in `topics`, in the edition's order, with all their stories.
    Empty = every section; a section that tonight does not have changes nothing."""
    return Selection(
        tuple(
            (section.slug, tuple(story.id for story in section.stories))
            for section in edition.sections
            if not topics or section.slug in topics
        )
    )


def selected(edition: Edition, selection: Selection) -> Edition:
    """The edition cut down to a reader's own stories, in their order.

    Raises KeyError for a section or story that is not in the edition.
    """
    held = {section.slug: section for section in edition.sections}
    return replace(
        edition,
        sections=tuple(_section(held[slug], stories) for slug, stories in selection.sections),
    )


def brief_of(sections: tuple[T, ...]) -> tuple[T, ...]:
    """A reader's sections that are named above them all: what else is in this wrap. The first
    five; none where the wrap is too short to need it."""
    return sections[:BRIEF_MAX] if len(sections) >= BRIEF_MIN else ()


def _section(section: EditionSection, ids: tuple[int, ...]) -> EditionSection:
    held = {story.id: story for story in section.stories}
    return replace(section, stories=tuple(held[number] for number in ids))
