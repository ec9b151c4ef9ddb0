"""Whose night it is: which readers get an edition, by how often they want the mail. Pure.

Nightly readers get every edition. Weekdays: Monday to Friday, by the publication's own date.
Weekend: one edition a week, Saturday's; where none goes out on Saturdays Sunday's, else that of
the last day on which one does. For now it is that night's edition, not one of the whole week.
Big news: an edition whose lead at least BIG_NEWS_OTHERS other sources report too. Any but the
nightly readers get nothing on other nights, also where the edition they wait for is skipped.
"""

from collections.abc import Collection
from datetime import date

from digest.model.edition import Edition
from digest.model.newsroom import Publication
from digest.model.readers import Frequency, Tonight

MONDAY, SATURDAY, SUNDAY = 0, 5, 6
# So many sources beside the lead's own: what this many newsrooms tell at once is big.
BIG_NEWS_OTHERS = 3


def tonight_of(publication: Publication, edition: Edition) -> Tonight:
    """Whom the edition is for; pauses are compared with its cut-off."""
    due = due_frequencies(edition.day, days=publication.days, is_big=is_big_news(edition))
    return Tonight(due, edition.cutoff)


def due_frequencies(day: date, *, days: Collection[int], is_big: bool) -> frozenset[Frequency]:
    """Which readers an edition of that local date is for; `days` are the publication's, 0 (Monday)
    to 6."""
    due = {Frequency.NIGHTLY}
    if MONDAY <= day.weekday() < SATURDAY:
        due.add(Frequency.WEEKDAYS)
    if day.weekday() == roundup_day(days):
        due.add(Frequency.WEEKEND)
    if is_big:
        due.add(Frequency.BIG_NEWS)
    return frozenset(due)


def roundup_day(days: Collection[int]) -> int:
    """The day of the week on which weekend readers have their mail; Saturday where no day is
    named."""
    for day in (SATURDAY, SUNDAY):
        if day in days:
            return day
    return max(days, default=SATURDAY)


def is_big_news(edition: Edition) -> bool:
    """Whether the lead is a story that many sources report."""
    others = {source.feed for source in edition.lead.also} - {edition.lead.source.feed}
    return len(others) >= BIG_NEWS_OTHERS
