"""How much a story matters at `now`: a sum of named points, each with its reason. Pure.

The weights are this table, in points; a story that leads the night has about 5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log2

from digest.model.edition import RankedStory, Reason, Story
from digest.model.newsroom import FeedSource, Publication, Section


@dataclass(frozen=True, slots=True)
class Weights:
    """Points per feature."""

    own: float = 1.0  # our own reporting
    wire: float = -0.5  # agency copy
    coverage: float = 1.0  # for each doubling of the number of sources
    freshness: float = 1.5  # for a story of this minute, halved every `half_life_h`
    half_life_h: float = 12.0
    developing: float = 0.6  # updated through the day
    image: float = 0.3
    no_lede: float = -1.0
    feed: float = 2.0  # times the feed's weight over 1
    section: float = 2.0  # times the section's weight over 1
    aside: float = -2.0  # opinion, sponsored, listings: never the lead of a news mail


SHORT_LEDE = 40
ASIDES = frozenset(
    {"opinion", "editorial", "letters", "column", "commentary", "chronique", "sponsored",
     "obituaries", "obituary", "avis de décès", "contests", "listings"}
)  # fmt: skip


def rank(
    stories: Sequence[Story],
    publication: Publication,
    feeds: Mapping[str, FeedSource],
    *,
    now: datetime,
    weights: Weights,
) -> tuple[RankedStory, ...]:
    """The stories, most points first; ties: the later published, then the smaller id."""
    sections = {section.slug: section for section in publication.sections}
    ranked = [
        _ranked(_reasons(story, feeds, sections[story.section], now, weights), story)
        for story in stories
    ]
    return tuple(
        sorted(ranked, key=lambda one: (-one.score, -one.story.published_at.timestamp(),
                                        one.story.id))
    )  # fmt: skip


def _ranked(reasons: tuple[Reason, ...], story: Story) -> RankedStory:
    return RankedStory(story, round(sum(reason.points for reason in reasons), 3), reasons)


def _reasons(
    story: Story,
    feeds: Mapping[str, FeedSource],
    section: Section,
    now: datetime,
    weights: Weights,
) -> tuple[Reason, ...]:
    found = (
        _reporting(story, feeds, weights),
        _coverage(story, weights),
        _freshness(story, now, weights),
        _developing(story, weights),
        _weight("feed", feeds[story.source.feed].weight, weights.feed),
        _weight("section", section.weight, weights.section),
        Reason("image", weights.image, "has a picture") if story.image else None,
        _lede(story, weights),
        _aside(story, weights),
    )
    return tuple(reason for reason in found if reason is not None)


def _reporting(story: Story, feeds: Mapping[str, FeedSource], weights: Weights) -> Reason | None:
    if story.credit:
        return Reason("wire", weights.wire, f"wire copy of {story.credit}")
    if feeds[story.source.feed].is_own:
        return Reason("own", weights.own, "our own reporting")
    return None


def _coverage(story: Story, weights: Weights) -> Reason | None:
    n_sources = 1 + len(story.also)
    if n_sources == 1:
        return None
    return Reason("coverage", weights.coverage * log2(n_sources), f"{n_sources} sources report it")


def _freshness(story: Story, now: datetime, weights: Weights) -> Reason:
    latest = max(story.published_at, story.updated_at or story.published_at)
    age_h = max(0.0, (now - latest).total_seconds() / 3600)
    points = weights.freshness * 0.5 ** (age_h / weights.half_life_h)
    return Reason("freshness", points, f"{age_h:.0f} h old")


def _developing(story: Story, weights: Weights) -> Reason | None:
    if story.updated_at is None:
        return None
    return Reason("developing", weights.developing, "updated since it was published")


def _weight(name: str, value: float, points: float) -> Reason | None:
    if value == 1.0:
        return None
    return Reason(name, points * (value - 1.0), f"{name} has weight {value:g}")


def _lede(story: Story, weights: Weights) -> Reason | None:
    if len(story.lede) >= SHORT_LEDE:
        return None
    return Reason("lede", weights.no_lede, "hardly any lede")


def _aside(story: Story, weights: Weights) -> Reason | None:
    for category in story.categories:
        if category.casefold() in ASIDES:
            return Reason("aside", weights.aside, f"{category}: beside the news")
    return None
