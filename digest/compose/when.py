"""Times and days as a reader of the publication writes them. Pure.

"Mar 1, 2023 | 9:46 AM" in English; "1 mars 2023, 9 h 46" in French, with no-break spaces inside
the hour. Small tables instead of the host's locales, so every machine makes the same bytes.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from digest.compose.words import Words


def stamp(instant: datetime, zone: ZoneInfo, words: Words) -> str:
    """Local date and time of an aware instant."""
    local = instant.astimezone(zone)
    month = words.short_months[local.month - 1]
    if words.language == "fr":
        return f"{local.day} {words.months[local.month - 1]} {local.year}, {_clock(local, words)}"
    return f"{month} {local.day}, {local.year} | {_clock(local, words)}"


def clock(instant: datetime, zone: ZoneInfo, words: Words) -> str:
    """Local time of day of an aware instant: "9:46 AM", "9 h 46", on the hour "9 h"."""
    return _clock(instant.astimezone(zone), words)


def _clock(local: datetime, words: Words) -> str:
    if words.language == "fr":
        minutes = f"\u00a0{local.minute:02}" if local.minute else ""
        return f"{local.hour}\u00a0h{minutes}"
    half = "AM" if local.hour < 12 else "PM"
    return f"{local.hour % 12 or 12}:{local.minute:02} {half}"


def plain_day(day: date, words: Words) -> str:
    """ "March 12, 2026"; "12 mars 2026", and "1er" for the first."""
    month = words.months[day.month - 1]
    if words.language == "fr":
        return f"{'1er' if day.day == 1 else day.day} {month} {day.year}"
    return f"{month} {day.day}, {day.year}"


def long_day(day: date, words: Words) -> str:
    """With the weekday: "Thursday, March 12, 2026"; "jeudi 12 mars 2026"."""
    separator = " " if words.language == "fr" else ", "
    return f"{words.weekdays[day.weekday()]}{separator}{plain_day(day, words)}"
