"""Moving the sample's instants: every shape, and nothing else."""

from datetime import datetime, timedelta

import pytest

from digest.sample import shift

DAY = timedelta(days=1, minutes=5)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Thu, 12 Mar 2026 09:15:00 -0300", "Fri, 13 Mar 2026 09:20:00 -0300"),
        ("Tue, 31 Mar 2026 23:58:00 GMT", "Thu, 02 Apr 2026 00:03:00 GMT"),
        ("2026-03-12T12:15:00Z", "2026-03-13T12:20:00Z"),
        ("2026-12-31T23:58:00-04:00", "2027-01-02T00:03:00-04:00"),
        ('"date": "2026-03-12T09:15:00",', '"date": "2026-03-13T09:20:00",'),
        ("first published March 12, 2026.", "first published March 12, 2026."),
        ("yesterday evening", "yesterday evening"),
        ("2026-03-12", "2026-03-12"),
    ],
)
def test_shift(before: str, after: str) -> None:
    assert shift(before, DAY) == after


def test_shifting_back_restores() -> None:
    text = "Thu, 12 Mar 2026 09:15:00 -0300 and 2026-03-12T12:15:00Z"
    assert shift(shift(text, DAY), -DAY) == text
    assert shift(text, datetime(2026, 3, 12) - datetime(2026, 3, 12)) == text
