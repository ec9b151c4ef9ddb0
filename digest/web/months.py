"""The list of editions: lines of a page, by month, and the way to every other month. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from digest.compose.plain import cut, tidy
from digest.compose.when import long_day
from digest.compose.words import Words, primary
from digest.model.archive import SentEdition
from digest.model.edition import Story

LEDE_LIMIT = 180
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the list; `href` is relative to the page. `headline` is the lead's, "" where the
    subject says the same; `language` is the lead's, "" where it is the publication's own."""

    href: str
    day: str
    date: str
    subject: str
    headline: str
    lede: str
    language: str


@dataclass(frozen=True, slots=True)
class Month:
    """A month's editions, the latest first; `title` is "March 2026"."""

    title: str
    editions: tuple[Listed, ...]


@dataclass(frozen=True, slots=True)
class MonthLink:
    """The way to a month's page; `title` says the month without its year."""

    href: str
    title: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class Year:
    """The months of a year that have editions, the latest first."""

    title: str
    months: tuple[MonthLink, ...]


def day_of(text: str) -> date | None:
    """The date of "2026-03-12"; None for anything else, other spellings of a date too, so that an
    edition has one address."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def month_of(text: str) -> date | None:
    """The first day of "2026-03"; None for anything else."""
    return day_of(f"{text}-01") if _MONTH.fullmatch(text) else None


def after(month: date) -> date:
    """The first day of the next month; the calendar's last day after the last month it has."""
    if (month.year, month.month) == (date.max.year, 12):
        return date.max
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def by_month(editions: Sequence[SentEdition], words: Words, *, base: str) -> tuple[Month, ...]:
    """The editions, already in order, under their months; `base` leads from the page to the
    publication's addresses."""
    grouped = groupby(editions, key=lambda one: one.day.replace(day=1))
    return tuple(
        Month(month_title(month, words), tuple(_listed(one, words, base) for one in ones))
        for month, ones in grouped
    )


def years_of(
    days: Sequence[date], words: Words, *, base: str, here: date | None = None
) -> tuple[Year, ...]:
    """The months of the days, already in order; `here` is the month that the page shows."""
    months = [month for month, _ in groupby(days, key=lambda day: day.replace(day=1))]
    return tuple(
        Year(str(year), tuple(_link(month, words, base, here) for month in ones))
        for year, ones in groupby(months, key=lambda month: month.year)
    )


def month_title(month: date, words: Words) -> str:
    """ "March 2026"; "Mars 2026"."""
    return f"{_name(month, words)} {month.year}"


def _name(month: date, words: Words) -> str:
    return words.months[month.month - 1].capitalize()


def _link(month: date, words: Words, base: str, here: date | None) -> MonthLink:
    return MonthLink(f"{base}{month.isoformat()[:7]}", _name(month, words), month == here)


def _listed(sent: SentEdition, words: Words, base: str) -> Listed:
    subject, headline = tidy(sent.subject), tidy(sent.edition.lead.title)
    return Listed(
        href=f"{base}{sent.day}",
        day=sent.day.isoformat(),
        date=long_day(sent.day, words),
        subject=subject,
        headline="" if headline == subject else headline,
        lede=cut(tidy(sent.edition.lead.lede), LEDE_LIMIT),
        language=_language(sent.edition.lead, words),
    )


def _language(lead: Story, words: Words) -> str:
    theirs = primary(lead.language)
    return theirs if theirs.isalpha() and theirs != words.language else ""
