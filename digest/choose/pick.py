"""Ranked stories to the edition of a night, and why each is in or out. Pure.

Sections stand in the publication's order, each with at most its maximum; the edition with at most
its own. Below the minimum the night is skipped, and nothing is lost: the window of the next night
begins where the last *sent* edition ended.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from digest.choose.window import Window, local_words
from digest.model.edition import Choice, Edition, EditionSection, RankedStory, Story, Verdict
from digest.model.newsroom import Publication


def pick(
    ranked: Sequence[RankedStory], publication: Publication, *, day: date, window: Window
) -> Choice:
    """The edition, or None with the reason. `ranked` is best first; the verdicts keep its order."""
    least = publication.limits.min_stories
    if len(ranked) < least:
        since = local_words(publication, window.since)
        reason = f"{_stories(len(ranked))} since {since}, the minimum is {least}"
        return Choice(None, reason, tuple(Verdict(one, False, "held over") for one in ranked))
    verdicts = _judge(ranked, publication)
    chosen = [verdict.ranked.story for verdict in verdicts if verdict.is_in]
    edition = Edition(
        publication=publication.slug,
        day=day,
        since=window.since,
        cutoff=window.cutoff,
        lead=chosen[0],
        sections=_sections(chosen[1:], publication),
    )
    return Choice(edition, f"{len(chosen)} of {_stories(len(ranked))}", tuple(verdicts))


def _judge(ranked: Sequence[RankedStory], publication: Publication) -> list[Verdict]:
    sections = {section.slug: section for section in publication.sections}
    taken: dict[str, int] = defaultdict(int)
    verdicts: list[Verdict] = []
    n_in = 0
    for one in ranked:
        section = sections[one.story.section]
        if n_in == 0:
            verdict = Verdict(one, True, "the lead: most points")
        elif n_in >= publication.limits.max_stories:
            verdict = Verdict(one, False, f"the edition is full ({n_in})")
        elif taken[section.slug] >= section.max_stories:
            verdict = Verdict(one, False, f"{section.title} is full ({section.max_stories})")
        else:
            taken[section.slug] += 1
            place = f"{taken[section.slug]} of {section.max_stories}"
            verdict = Verdict(one, True, f"{section.title}, {place}")
        n_in += verdict.is_in
        verdicts.append(verdict)
    return verdicts


def _sections(stories: Sequence[Story], publication: Publication) -> tuple[EditionSection, ...]:
    found = (
        EditionSection(
            section.slug,
            section.title,
            tuple(story for story in stories if story.section == section.slug),
        )
        for section in publication.sections
    )
    return tuple(section for section in found if section.stories)


def _stories(n: int) -> str:
    return "1 story" if n == 1 else f"{n} stories"
