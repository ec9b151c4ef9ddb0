"""A publication's nights: when an edition is due, and which stories it may take. Pure.

An edition belongs to a local date of its publication's time zone. It is due at the first instant
at or after the local hour on that date: an hour that clocks skip moves forward, one that they
repeat counts once. Instants are compared in UTC, since Python compares two times of one zone by
the wall clock and ignores the fold.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from digest.model.ledger import EditionRecord, EditionState
from digest.model.newsroom import Publication


@dataclass(frozen=True, slots=True)
class Window:
    """The stories of an edition: published after `since`, up to and including `cutoff`.

    A story first seen after `since` counts too when it is dated up to `late_h` hours before it.
    """

    since: datetime
    cutoff: datetime
    late_h: int


def local_day(publication: Publication, now: datetime) -> date:
    """The date at the publication's place."""
    return now.astimezone(ZoneInfo(publication.timezone)).date()


def local_words(publication: Publication, instant: datetime) -> str:
    """An instant by the clock at the publication's place: "2026-11-25 18:00 AST"."""
    return f"{instant.astimezone(ZoneInfo(publication.timezone)):%Y-%m-%d %H:%M %Z}"


def due_at(publication: Publication, day: date) -> datetime:
    """When the edition of that local date is due, in UTC."""
    zone = ZoneInfo(publication.timezone)
    wall = datetime.combine(day, publication.send_at)
    instant = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    return _end_of_gap(wall, zone)


def _end_of_gap(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which clocks jump over `wall` (PEP 495: fold picks the offset around it)."""
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    after = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    old_offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == old_offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def night_due(publication: Publication, now: datetime, *, catch_up: timedelta) -> date | None:
    """The latest night whose hour has struck within `catch_up`, or None."""
    today = local_day(publication, now)
    for day in (today, today - timedelta(days=1)):
        if is_publishing(publication, day) and due_at(publication, day) <= now:
            return day if now - due_at(publication, day) <= catch_up else None
    return None


def is_decided(publication: Publication, record: EditionRecord | None) -> bool:
    """Whether the night of that record needs no other decision at its hour: it has an edition, or
    was skipped then. A skip ahead of the hour says nothing of what has come by the hour."""
    if record is None or record.state is not EditionState.SKIPPED:
        return record is not None
    return record.cutoff >= due_at(publication, record.day)


def next_due(publication: Publication, now: datetime) -> datetime:
    """The first due instant after `now`; every publication has one within eight days."""
    day = local_day(publication, now)
    while not is_publishing(publication, day) or due_at(publication, day) <= now:
        day += timedelta(days=1)
    return due_at(publication, day)


def is_publishing(publication: Publication, day: date) -> bool:
    """Whether an edition goes out on that weekday."""
    return day.weekday() in publication.days


def window_of(
    publication: Publication,
    *,
    cutoff: datetime,
    last_cutoff: datetime | None,
    held_over_since: datetime | None = None,
) -> Window:
    """Everything since the last sent edition; before there is one, since `held_over_since`, where
    the first night began, if that has been; the first night looks back `lookback_h` hours.

    A first night sees everything for the first time, so there "first seen" makes nothing late.
    """
    hours = publication.limits.lookback_h
    if last_cutoff is not None:
        return Window(last_cutoff, cutoff, late_h=hours)
    since = held_over_since or cutoff - timedelta(hours=hours)
    return Window(since, cutoff, late_h=0)
