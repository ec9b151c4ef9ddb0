"""Dates as found in feeds, and which to believe."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.gather.dates import first_readable, read_date, settle

SEEN = datetime(2026, 3, 12, 21, 0, tzinfo=UTC)
EARLIER = SEEN - timedelta(hours=3)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("Mon, 16 Oct 2017 15:10:00 +0000", datetime(2017, 10, 16, 15, 10)),
        ("Mon, 16 Oct 2017 15:10:00 -0300", datetime(2017, 10, 16, 18, 10)),
        ("Mon, 16 Oct 2017 15:10:00 AST", datetime(2017, 10, 16, 19, 10)),
        ("Mon, 16 Oct 2017 15:10:00 NDT", datetime(2017, 10, 16, 17, 40)),
        ("Mon, 16 Oct 2017 15:10:00 EST", datetime(2017, 10, 16, 20, 10)),
        ("16 Oct 2017 15:10", datetime(2017, 10, 16, 15, 10)),
        ("Mon, 16 Oct 17 15:10:00 GMT", datetime(2017, 10, 16, 15, 10)),
        ("2017-10-16T15:10:00Z", datetime(2017, 10, 16, 15, 10)),
        ("2017-10-16T15:10:00.123-03:00", datetime(2017, 10, 16, 18, 10)),
        ("2017-10-16 15:10:00 +0200", datetime(2017, 10, 16, 13, 10)),
        ("2017-10-16T15:10", datetime(2017, 10, 16, 15, 10)),
        ("2017-10-16", datetime(2017, 10, 16)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59)),
        ("1518478934", datetime(2018, 2, 12, 23, 42, 14)),
        ("1518478934000", datetime(2018, 2, 12, 23, 42, 14)),
    ],
)
def test_read(text: str, instant: datetime) -> None:
    assert read_date(text) == instant.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2017-13-45", "Mon, 99 Foo 2017", "42", "0000-00-00T00:00:00", "-", "9" * 70],
)
def test_unreadable(text: str) -> None:
    assert read_date(text) is None


@given(st.text())
def test_read_never_raises(text: str) -> None:
    instant = read_date(text)
    assert instant is None or instant.tzinfo is UTC


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)))
def test_iso_round_trip(when: datetime) -> None:
    assert read_date(when.isoformat()) == when.replace(microsecond=0, tzinfo=UTC)


def test_the_first_readable_counts() -> None:
    assert first_readable(("soon", "1899-01-01", "2017-10-16", "2018-01-01")) == datetime(
        2017, 10, 16, tzinfo=UTC
    )
    assert first_readable(()) is None


@pytest.mark.parametrize(
    ("published", "updated", "settled"),
    [
        (EARLIER, None, EARLIER),
        (EARLIER, SEEN, EARLIER),
        (None, EARLIER, EARLIER),
        (None, None, SEEN),
        (SEEN + timedelta(minutes=9), None, SEEN + timedelta(minutes=9)),
        (SEEN + timedelta(minutes=11), None, SEEN),
        (SEEN + timedelta(days=400), EARLIER, SEEN),
        (datetime(1970, 1, 1, tzinfo=UTC), None, SEEN),
        (datetime(1970, 1, 1, tzinfo=UTC), EARLIER, EARLIER),
    ],
)
def test_settle(published: datetime | None, updated: datetime | None, settled: datetime) -> None:
    assert settle(published, updated, first_seen=SEEN) == settled
