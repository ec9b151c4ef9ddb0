"""Dates as feeds write them to aware UTC instants, and which of them to believe. Pure.

Read: RFC 822/5322 (pubDate) with North American zone names, ISO 8601/RFC 3339 (Atom, dc:date) also
without zone (taken as UTC), and Unix times in seconds or milliseconds. Anything else is None.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

CLOCK_SKEW = timedelta(minutes=10)
EARLIEST_YEAR = 1990

# RFC 5322 section 4.3 knows only UT, GMT and the four mainland US zones.
ZONES = {
    "NST": "-0330", "NDT": "-0230", "AST": "-0400", "ADT": "-0300", "AKST": "-0900",
    "AKDT": "-0800", "HST": "-1000", "WET": "+0000", "WEST": "+0100", "BST": "+0100",
    "CET": "+0100", "CEST": "+0200", "EET": "+0200", "EEST": "+0300", "MSK": "+0300",
    "IST": "+0530", "JST": "+0900", "AEST": "+1000", "AEDT": "+1100", "NZST": "+1200",
    "NZDT": "+1300", "UTC": "+0000", "Z": "+0000",
}  # fmt: skip
_ZONE_NAME = re.compile(r"\b([A-Z]{1,4})\s*$")
_UNIX = re.compile(r"([0-9]{9,10})(?:\.[0-9]+)?|([0-9]{12,13})")
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ]+(\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?)?"
    r"\s*([Zz]|[+-]\d\d(?::?\d\d)?)?"
)


def read_date(text: str) -> datetime | None:
    """The instant meant, to the second, or None. A date without time is midnight UTC."""
    text = " ".join(text.split())[:80]
    if not text:
        return None
    try:
        return _unix(text) or _iso(text) or _rfc822(text)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def first_readable(candidates: Iterable[str | datetime]) -> datetime | None:
    """The first candidate that is a date of our days; None where there is none."""
    for candidate in candidates:
        instant = candidate if isinstance(candidate, datetime) else read_date(candidate)
        if instant is not None and instant.year >= EARLIEST_YEAR:
            return instant
    return None


def settle(
    published: datetime | None, updated: datetime | None, *, first_seen: datetime
) -> datetime:
    """The instant that a story is filed under: `published`, else `updated`, else `first_seen`.

    A date before 1990 counts as missing, one more than 10 minutes ahead as `first_seen`: feeds
    announce, and clocks are wrong, but nothing was published after we saw it.
    """
    told = first_readable(date for date in (published, updated) if date is not None)
    if told is None or told > first_seen + CLOCK_SKEW:
        return first_seen
    return told


def _unix(text: str) -> datetime | None:
    match = _UNIX.fullmatch(text)
    if match is None:
        return None
    return datetime.fromtimestamp(int(match[1] or int(match[2]) // 1000), UTC)


def _iso(text: str) -> datetime | None:
    match = _ISO.match(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    is_leap = second == 60
    local = datetime(year, month, day, hour, minute, 59 if is_leap else second)
    return (local - _offset(match[7])).replace(tzinfo=UTC)


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone in "Zz":
        return timedelta()
    digits = zone[1:].replace(":", "").ljust(4, "0")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -size if zone[0] == "-" else size


def _rfc822(text: str) -> datetime | None:
    text = _ZONE_NAME.sub(lambda zone: ZONES.get(zone[1], zone[1]), text)
    instant = parsedate_to_datetime(text)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
