"""Whose night it is, day by day of a week."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from digest.model.edition import Source
from digest.model.readers import Frequency
from digest.subscribe.schedule import due_frequencies, is_big_news, roundup_day, tonight_of
from tests.unit.compose.editions import EDITION, PUBLICATION

MONDAY = date(2026, 3, 9)
EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)


def nights(frequency: Frequency, days: tuple[int, ...] = EVERY_DAY) -> list[int]:
    """The days of the week on which such a reader has mail, 0 for Monday."""
    return [
        day
        for day in days
        if frequency in due_frequencies(MONDAY + timedelta(days=day), days=days, is_big=False)
    ]


def test_a_week_of_each_frequency() -> None:
    assert nights(Frequency.NIGHTLY) == [0, 1, 2, 3, 4, 5, 6]
    assert nights(Frequency.WEEKDAYS) == [0, 1, 2, 3, 4]
    assert nights(Frequency.WEEKEND) == [5]
    assert nights(Frequency.BIG_NEWS) == []


@pytest.mark.parametrize(
    ("days", "day"),
    [
        (EVERY_DAY, 5),
        ((0, 1, 2, 3, 4, 6), 6),
        ((5, 6), 5),
        ((0, 1, 2, 3, 4), 4),
        ((1,), 1),
        ((), 5),
    ],
)
def test_the_roundup_is_on_a_day_that_has_an_edition(days: tuple[int, ...], day: int) -> None:
    assert roundup_day(days) == day
    if days:
        assert nights(Frequency.WEEKEND, days) == [day], "one mail a week"


def sources(*feeds: str) -> tuple[Source, ...]:
    return tuple(Source(feed, feed.title(), None) for feed in feeds)


@pytest.mark.parametrize(
    ("others", "is_big"),
    [
        ((), False),
        (("a", "b"), False),
        (("a", "b", "c"), True),
        (("a", "a", "b"), False),
        (("own", "a", "b"), False),
    ],
)
def test_big_is_what_three_others_report_too(others: tuple[str, ...], is_big: bool) -> None:
    lead = replace(EDITION.lead, source=Source("own", "Own", None), also=sources(*others))
    edition = replace(EDITION, lead=lead)
    assert is_big_news(edition) is is_big
    tonight = tonight_of(PUBLICATION, edition)
    assert (Frequency.BIG_NEWS in tonight.frequencies) is is_big
    assert tonight.at == edition.cutoff
