"""The list by month: names, ways, and what an address means."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from digest.compose.words import ENGLISH, FRENCH, Words
from digest.model.archive import SentEdition
from digest.web.months import after, by_month, month_of, month_title, years_of
from tests.unit.compose.editions import DAY, EDITION, LEAD

AT = datetime(2026, 3, 12, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2026-03", date(2026, 3, 1)),
        ("2026-13", None),
        ("2026-3", None),
        ("0000-01", None),
        ("2026-03\n", None),
        ("２０２６-03", None),
        ("2026-03-12", None),
        ("", None),
    ],
)
def test_a_month_has_one_address(text: str, month: date | None) -> None:
    assert month_of(text) == month


@pytest.mark.parametrize(
    ("month", "next_one"),
    [
        (date(2026, 3, 1), date(2026, 4, 1)),
        (date(2026, 11, 1), date(2026, 12, 1)),
        (date(2026, 12, 1), date(2027, 1, 1)),
        (date(9999, 11, 1), date(9999, 12, 1)),
        (date(9999, 12, 1), date.max),
    ],
)
def test_the_next_month(month: date, next_one: date) -> None:
    assert after(month) == next_one


def test_a_month_in_words() -> None:
    assert month_title(date(2026, 3, 1), ENGLISH) == "March 2026"
    assert month_title(date(2026, 8, 1), FRENCH) == "Août 2026"


def sent(day: date, subject: str, **lead: object) -> SentEdition:
    edition = replace(EDITION, lead=replace(LEAD, **lead))  # type: ignore[arg-type]
    return SentEdition(day, subject, AT, AT, edition)


def test_editions_stand_under_their_months() -> None:
    editions = [sent(DAY, "B"), sent(date(2026, 3, 1), "A"), sent(date(2026, 2, 28), "Z")]
    march, february = by_month(editions, ENGLISH, base="tide/")
    assert (march.title, february.title) == ("March 2026", "February 2026")
    assert [one.href for one in march.editions] == ["tide/2026-03-12", "tide/2026-03-01"]
    assert march.editions[0].date == "Thursday, March 12, 2026"
    assert by_month([], ENGLISH, base="") == ()


def test_a_lead_is_named_where_the_subject_does_not() -> None:
    ((named, same),) = (
        month.editions
        for month in by_month([sent(DAY, "The day"), sent(DAY, LEAD.title)], ENGLISH, base="")
    )
    assert (named.subject, named.headline) == ("The day", LEAD.title)
    assert (same.subject, same.headline) == (LEAD.title, "")
    assert named.lede.endswith("…")
    ((month,),) = [by_month([sent(DAY, "x\ny", title="", lede="")], ENGLISH, base="")]
    assert (month.editions[0].subject, month.editions[0].lede) == ("x y", "")


@pytest.mark.parametrize(
    ("theirs", "words", "shown"),
    [
        ("fr", ENGLISH, "fr"),
        ("fr-CA", FRENCH, ""),
        ("en", FRENCH, "en"),
        (None, ENGLISH, ""),
        ('en" onclick="x', FRENCH, ""),
    ],
)
def test_a_lead_in_another_language_is_said_to_be(
    theirs: str | None, words: Words, shown: str
) -> None:
    (month,) = by_month([sent(DAY, "A subject", language=theirs)], words, base="")
    assert month.editions[0].language == shown


def test_every_month_is_a_way() -> None:
    days = [DAY, date(2026, 3, 1), date(2026, 1, 9), date(2025, 12, 31)]
    this, last = years_of(days, ENGLISH, base="tide/", here=date(2026, 1, 1))
    assert [(one.href, one.title, one.is_here) for one in this.months] == [
        ("tide/2026-03", "March", False),
        ("tide/2026-01", "January", True),
    ]
    assert (last.title, last.months[0].href) == ("2025", "tide/2025-12")
    assert years_of([], ENGLISH, base="") == ()
