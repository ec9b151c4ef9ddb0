"""From entries to the chosen edition. Pure.

A `day` is the publication's local date; every instant is an aware datetime in UTC.
"""

from dataclasses import dataclass
from datetime import date, datetime

from digest.model.feeds import Image


@dataclass(frozen=True, slots=True)
class Source:
    """Who else reported a story."""

    feed: str
    label: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Story:
    """One event: the representative entry's words, and everybody who reported it.

    `id` is the representative's entry id; `entry_ids` has all of them, sorted.
    `section` is a slug of the publication's sections.
    """

    id: int
    entry_ids: tuple[int, ...]
    title: str
    url: str | None
    lede: str
    byline: str
    dateline: str
    credit: str
    section: str
    categories: tuple[str, ...]
    image: Image | None
    published_at: datetime
    updated_at: datetime | None
    language: str | None
    source: Source
    also: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """One named part of a score: `points` are added up; `text` says it to an editor."""

    name: str
    points: float
    text: str


@dataclass(frozen=True, slots=True)
class RankedStory:
    """A story with its score; the score is the sum of the reasons' points."""

    story: Story
    score: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class EditionSection:
    """A section with its stories, best first; never empty."""

    slug: str
    title: str
    stories: tuple[Story, ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """The chosen stories of one publication for one local date.

    `lead` stands above the sections and is not repeated in them. (since, cutoff] is the window.
    """

    publication: str
    day: date
    since: datetime
    cutoff: datetime
    lead: Story
    sections: tuple[EditionSection, ...]

    @property
    def stories(self) -> tuple[Story, ...]:
        """The lead, then every section's stories in order."""
        return (self.lead, *(story for section in self.sections for story in section.stories))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a story is in or out of the edition."""

    ranked: RankedStory
    is_in: bool
    why: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What choosing came to: an edition, or None and the reason why the night is skipped."""

    edition: Edition | None
    reason: str
    verdicts: tuple[Verdict, ...]
