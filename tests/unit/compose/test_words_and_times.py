"""How a publication writes times and days, in its own zone and language."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from digest.compose.when import clock, long_day, plain_day, stamp
from digest.compose.words import ENGLISH, FRENCH, greeting_of, words_for

HALIFAX = ZoneInfo("America/Halifax")
ST_JOHNS = ZoneInfo("America/St_Johns")
HOUR = "\u00a0h"


@pytest.mark.parametrize(
    ("instant", "zone", "english", "french"),
    [
        ("2023-03-01T13:46", HALIFAX, "Mar 1, 2023 | 9:46 AM", f"1 mars 2023, 9{HOUR}\u00a046"),
        ("2023-07-01T15:00", HALIFAX, "Jul 1, 2023 | 12:00 PM", f"1 juillet 2023, 12{HOUR}"),
        ("2023-01-02T04:05", HALIFAX, "Jan 2, 2023 | 12:05 AM", f"2 janvier 2023, 0{HOUR}\u00a005"),
        ("2023-01-01T02:00", HALIFAX, "Dec 31, 2022 | 10:00 PM", f"31 décembre 2022, 22{HOUR}"),
        ("2023-08-09T02:29", ST_JOHNS, "Aug 8, 2023 | 11:59 PM", f"8 août 2023, 23{HOUR}\u00a059"),
        ("2026-11-01T04:30", HALIFAX, "Nov 1, 2026 | 1:30 AM", f"1 novembre 2026, 1{HOUR}\u00a030"),
        ("2026-11-01T05:30", HALIFAX, "Nov 1, 2026 | 1:30 AM", f"1 novembre 2026, 1{HOUR}\u00a030"),
    ],
)
def test_stamps(instant: str, zone: ZoneInfo, english: str, french: str) -> None:
    at = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert stamp(at, zone, ENGLISH) == english
    assert stamp(at, zone, FRENCH) == french


def test_clock_days_and_the_first_in_french() -> None:
    assert clock(datetime(2026, 3, 12, 20, 25, tzinfo=UTC), HALIFAX, ENGLISH) == "5:25 PM"
    assert long_day(date(2026, 3, 12), ENGLISH) == "Thursday, March 12, 2026"
    assert long_day(date(2026, 3, 1), FRENCH) == "dimanche 1er mars 2026"
    assert plain_day(date(2026, 12, 25), FRENCH) == "25 décembre 2026"


@pytest.mark.parametrize(
    ("tag", "language"),
    [("en-CA", "en"), ("fr", "fr"), ("FR_ca", "fr"), ("mi", "en"), ("", "en"), (None, "en")],
)
def test_catalogue_by_primary_subtag(tag: str | None, language: str) -> None:
    assert words_for(tag).language == language


def test_a_byline_is_signed_once() -> None:
    assert ENGLISH.signed("Owen Tupper") == "By Owen Tupper"
    assert ENGLISH.signed("By Owen Tupper") == "By Owen Tupper"
    assert ENGLISH.signed("Byron Comeau") == "By Byron Comeau"
    assert FRENCH.signed("Par Hélène Thériault") == "Par Hélène Thériault"


@pytest.mark.parametrize(
    ("language", "at", "named", "nameless"),
    [
        ("en", time(18), "Good evening, Ada.", "Good evening."),
        ("en-CA", time(6, 30), "Good morning, Ada.", "Good morning."),
        ("en", time(12), "Good afternoon, Ada.", "Good afternoon."),
        ("fr-CA", time(18), "Bonsoir, Ada.", "Bonsoir."),
        ("fr", time(7), "Bonjour, Ada.", "Bonjour."),
    ],
)
def test_a_reader_is_greeted(language: str, at: time, named: str, nameless: str) -> None:
    greeting = greeting_of(words_for(language), at)
    assert (greeting.to("Ada"), greeting.to("")) == (named, nameless)
