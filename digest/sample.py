"""Keeps the sample town's news day fresh: moves every instant in its feeds. Pure.

The feeds were written for one evening; demo and init serve them as of another. Instants are found
by their shape, in RFC 822 (RSS) and ISO 8601 (Atom, JSON); offsets stay as they are. Dates without
a time, and texts, are left alone.
"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

WRITTEN_FOR = datetime(2026, 3, 12, 21, 0, tzinfo=UTC)

RFC_822 = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2})"
)
ISO_8601 = re.compile(r"\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}")


def shift(text: str, by: timedelta) -> str:
    """The feed's text with all its instants moved by so much."""

    def move_rfc_822(found: re.Match[str]) -> str:
        moved = datetime.strptime(found[1], "%d %b %Y %H:%M:%S").replace(tzinfo=UTC) + by
        return format_datetime(moved).removesuffix(" +0000")

    def move_iso_8601(found: re.Match[str]) -> str:
        moved = datetime.fromisoformat(found[0]) + by
        return moved.isoformat(timespec="seconds")

    return ISO_8601.sub(move_iso_8601, RFC_822.sub(move_rfc_822, text))


def is_feed(name: str) -> bool:
    """Whether a file of the sample folder is one of its feeds."""
    return name.endswith((".xml", ".json"))
