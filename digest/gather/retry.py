"""When a feed may be asked again: Retry-After and our own back-off. Pure.

Source: RFC 9110 section 10.2.3.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

FIRST_WAIT_S = 300
LONGEST_WAIT_S = 3 * 3600  # a feed that was down at noon must be tried again before the night
LONGEST_RETRY_AFTER_S = 24 * 3600


def read_retry_after(value: str, *, date: str = "") -> float | None:
    """Seconds to wait, from a count of seconds or an HTTP date; None where it is neither.

    An HTTP date is counted from the answer's own `date` header, so that a wrong clock on either
    side does not matter. Never negative, never above a day: no feed may silence itself for good.
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:9]), LONGEST_RETRY_AFTER_S))
    then, now = _http_date(text), _http_date(date)
    if then is None or now is None:
        return None
    return min(max((then - now).total_seconds(), 0.0), float(LONGEST_RETRY_AFTER_S))


def _http_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date.replace(tzinfo=date.tzinfo or UTC)


def next_poll(*, failures: int, retry_after_s: float | None, now: datetime) -> datetime:
    """After the `failures`-th failure in a row: 5, 10, 20 ... minutes, at most 3 hours, and never
    before the server allows it."""
    doublings = min(max(failures - 1, 0), 10)
    wait_s = float(min(FIRST_WAIT_S * 2**doublings, LONGEST_WAIT_S))
    return now + timedelta(seconds=max(wait_s, retry_after_s or 0.0))
