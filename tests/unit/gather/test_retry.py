"""When to ask again."""

from datetime import UTC, datetime, timedelta

import pytest

from digest.gather.retry import next_poll, read_retry_after

NOW = datetime(2026, 3, 12, 21, 0, tzinfo=UTC)
DATE = "Thu, 12 Mar 2026 21:00:00 GMT"


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("999999999999", 86400.0),
        ("Thu, 12 Mar 2026 21:30:00 GMT", 1800.0),
        ("Thu, 12 Mar 2026 20:00:00 GMT", 0.0),
        ("Thu, 12 Mar 2099 20:00:00 GMT", 86400.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("١٢", None),
    ],
)
def test_retry_after(value: str, wait_s: float | None) -> None:
    assert read_retry_after(value, date=DATE) == wait_s


def test_a_date_needs_the_answers_own_date() -> None:
    assert read_retry_after("Thu, 12 Mar 2026 21:30:00 GMT") is None


@pytest.mark.parametrize(
    ("failures", "retry_after_s", "minutes"),
    [(1, None, 5), (2, None, 10), (3, None, 20), (6, None, 160), (7, None, 180), (999, None, 180),
     (1, 3600.0, 60), (7, 60.0, 180)],
)  # fmt: skip
def test_next_poll(failures: int, retry_after_s: float | None, minutes: int) -> None:
    then = next_poll(failures=failures, retry_after_s=retry_after_s, now=NOW)
    assert then == NOW + timedelta(minutes=minutes)
