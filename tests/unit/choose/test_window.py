"""When editions are due, over the oddest clock changes there are."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.choose.window import Window, due_at, local_day, next_due, night_due, window_of
from digest.model.newsroom import Publication
from tests.unit.choose.build import NOW, PUBLICATION


def published_at(
    zone: str, hour: str, days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
) -> Publication:
    return replace(PUBLICATION, timezone=zone, send_at=time.fromisoformat(hour), days=days)


@pytest.mark.parametrize(
    ("zone", "hour", "day", "expected"),
    [
        ("America/Toronto", "18:00", "2026-03-07", "2026-03-07T23:00Z"),
        ("America/Toronto", "18:00", "2026-03-08", "2026-03-08T22:00Z"),
        # The gap: 02:00 to 03:00 is skipped, so the first instant at or after 02:30 is 03:00.
        ("America/Toronto", "02:30", "2026-03-08", "2026-03-08T07:00Z"),
        ("America/Toronto", "02:00", "2026-03-08", "2026-03-08T07:00Z"),
        # The fold: 01:30 comes twice, the first one counts.
        ("America/Toronto", "01:30", "2026-11-01", "2026-11-01T05:30Z"),
        ("America/St_Johns", "18:00", "2026-07-01", "2026-07-01T20:30Z"),
        # Santiago skips midnight itself.
        ("America/Santiago", "00:15", "2026-09-06", "2026-09-06T04:00Z"),
        # Lord Howe moves by half an hour.
        ("Australia/Lord_Howe", "02:15", "2026-10-04", "2026-10-03T15:30Z"),
        ("Australia/Lord_Howe", "01:45", "2026-04-05", "2026-04-04T14:45Z"),
        # Casablanca steps back for Ramadan.
        ("Africa/Casablanca", "02:30", "2026-02-15", "2026-02-15T01:30Z"),
        ("UTC", "18:00", "2026-03-29", "2026-03-29T18:00Z"),
    ],
)  # fmt: skip
def test_due_at(zone: str, hour: str, day: str, expected: str) -> None:
    found = due_at(published_at(zone, hour), date.fromisoformat(day))
    assert found == datetime.fromisoformat(expected)


ZONES = (
    "America/Toronto", "America/St_Johns", "America/Santiago", "Australia/Lord_Howe",
    "Africa/Casablanca", "UTC",
)  # fmt: skip


@given(
    st.sampled_from(ZONES),
    st.times(),
    st.dates(date(2024, 1, 1), date(2029, 12, 31)),
)
def test_each_date_has_one_due_instant_on_that_date(zone: str, hour: time, day: date) -> None:
    publication = replace(PUBLICATION, timezone=zone, send_at=hour.replace(second=0, microsecond=0))
    due = due_at(publication, day)
    assert local_day(publication, due) == day
    wall = due.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert wall >= datetime.combine(day, publication.send_at)
    assert due < due_at(publication, day + timedelta(days=1))


@given(st.sampled_from(ZONES), st.times(), st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)))
def test_next_due_is_ahead_and_then_night_due_finds_it(
    zone: str, hour: time, moment: datetime
) -> None:
    publication = replace(PUBLICATION, timezone=zone, send_at=hour.replace(second=0, microsecond=0))
    due = next_due(publication, moment.replace(tzinfo=UTC))
    assert due > moment.replace(tzinfo=UTC)
    assert night_due(publication, due, catch_up=timedelta(0)) == local_day(publication, due)


def test_a_night_missed_is_caught_up_within_the_grace() -> None:
    publication = published_at("America/Halifax", "23:00")
    due = due_at(publication, date(2026, 3, 12))
    after_midnight = due + timedelta(hours=5)
    assert night_due(publication, after_midnight, catch_up=timedelta(hours=6)) == date(2026, 3, 12)
    assert night_due(publication, after_midnight, catch_up=timedelta(hours=4)) is None
    before = due - timedelta(seconds=1)
    assert night_due(publication, before, catch_up=timedelta(hours=6)) is None


def test_other_weekdays_are_left_out() -> None:
    weekdays = published_at("America/Halifax", "18:00", days=(0, 1, 2, 3, 4))
    friday = due_at(weekdays, date(2026, 3, 13))
    assert next_due(weekdays, friday) == due_at(weekdays, date(2026, 3, 16))
    saturday = friday + timedelta(days=1)
    assert night_due(weekdays, saturday, catch_up=timedelta(hours=6)) is None


def test_the_window_begins_where_the_last_sent_edition_ended() -> None:
    last = NOW - timedelta(days=3)
    assert window_of(PUBLICATION, cutoff=NOW, last_cutoff=last).since == last


def test_the_first_night_looks_back_and_what_it_held_over_stays() -> None:
    first = window_of(PUBLICATION, cutoff=NOW, last_cutoff=None)
    assert first == Window(NOW - timedelta(hours=24), NOW, late_h=0)
    later = NOW + timedelta(days=2)
    held = window_of(PUBLICATION, cutoff=later, last_cutoff=None, held_over_since=first.since)
    assert held == Window(first.since, later, late_h=0)
