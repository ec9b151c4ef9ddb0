"""A preferences form read: what the reader filled in, what is kept of it, and what changed. Pure.

Nothing a form says is believed: topics are those of the publication, dates lie within a year,
names hold no line breaks or control characters. All topics ticked is kept as "every section", so
that a section yet to come reaches the reader too; none ticked is asked back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from digest.model.readers import Frequency, Preferences

MAX_NAME = 100
MAX_PAUSE = timedelta(days=366)
NO_PAUSE, UNTIL = "none", "until"
WEEKS = (1, 2, 4)
TOPIC = "topic-"
# A field of ours that says that the form came at all, and whole.
FORM = "form"
FORM_NAME = "preferences"


class Problem(Enum):
    """What the reader is asked back."""

    NO_FORM = "no form"
    NO_TOPIC = "no topic"
    NO_FREQUENCY = "no frequency"
    NO_DATE = "no date"
    DATE_OVER = "date over"
    DATE_FAR = "date far"


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be chosen: section slugs in the mail's order and language tags; `zone` and `now`
    say which day it is at the publication's place."""

    sections: tuple[str, ...]
    languages: tuple[str, ...]
    zone: ZoneInfo
    now: datetime

    @property
    def today(self) -> date:
        """The local date."""
        return self.now.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Draft:
    """The form as it stands filled in, right or wrong: it is shown again as it came. `language` ""
    is the publication's; `pause` is NO_PAUSE, a number of weeks or UNTIL, with `pause_date`."""

    name: str
    language: str
    topics: frozenset[str]
    frequency: str
    pause: str
    pause_date: str
    is_whole: bool = field(default=True)


def draft_of(kept: Preferences, offer: Offer) -> Draft:
    """The form as the reader finds it."""
    topics = offer.sections if not kept.topics else kept.topics
    paused = live_pause(kept, offer)
    return Draft(
        name=kept.name,
        language=_offered(kept.language, offer),
        topics=frozenset(topics).intersection(offer.sections),
        frequency=kept.frequency.value,
        pause=NO_PAUSE if paused is None else UNTIL,
        pause_date="" if paused is None else paused.astimezone(offer.zone).date().isoformat(),
    )


def read_draft(form: Mapping[str, str], offer: Offer) -> Draft:
    """The form as the reader sent it."""
    topics = {slug for slug in offer.sections if TOPIC + slug in form}
    return Draft(
        name=clean_line(form.get("name", ""), MAX_NAME),
        language=form.get("language", "") if form.get("language") in offer.languages else "",
        topics=frozenset(topics),
        frequency=form.get("frequency", ""),
        pause=form.get("pause", NO_PAUSE),
        pause_date=form.get("pause_date", "").strip()[:20],
        is_whole=form.get(FORM) == FORM_NAME,
    )


def settle(draft: Draft, kept: Preferences, offer: Offer) -> Preferences | tuple[Problem, ...]:
    """What is to be kept, or all that the reader must be asked back."""
    if not draft.is_whole:
        return (Problem.NO_FORM,)
    problems = []
    if offer.sections and not draft.topics:
        problems.append(Problem.NO_TOPIC)
    if draft.frequency not in {one.value for one in Frequency}:
        problems.append(Problem.NO_FREQUENCY)
    paused_until = _pause(draft, offer)
    if isinstance(paused_until, Problem):
        problems.append(paused_until)
    if problems or isinstance(paused_until, Problem):
        return tuple(problems)
    return Preferences(
        name=draft.name,
        # A finer tag, such as fr-CA, stays as it is.
        language=kept.language
        if draft.language == _offered(kept.language, offer)
        else (draft.language or None),
        topics=_topics(draft, kept, offer),
        frequency=Frequency(draft.frequency),
        paused_until=paused_until,
    )


def changes(kept: Preferences, wanted: Preferences, offer: Offer) -> str:
    """What is different, for the record: "topics: all -> arts, news; frequency: ..."; "" for
    nothing."""
    before, after = _told(kept, live_pause(kept, offer)), _told(wanted, wanted.paused_until)
    return "; ".join(
        f"{what}: {before[what]} -> {after[what]}" for what in before if before[what] != after[what]
    )


def live_pause(kept: Preferences, offer: Offer) -> datetime | None:
    """Until when the reader gets nothing; None for a pause that is over."""
    until = kept.paused_until
    return None if until is None or until <= offer.now else until


def clean_line(text: str, most: int) -> str:
    """One line of printable characters, at most so many."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printable.split())[:most].rstrip()


def _topics(draft: Draft, kept: Preferences, offer: Offer) -> tuple[str, ...]:
    if not offer.sections:
        return kept.topics
    is_all = draft.topics.issuperset(offer.sections)
    return () if is_all else tuple(sorted(draft.topics))


def _pause(draft: Draft, offer: Offer) -> datetime | Problem | None:
    if draft.pause == UNTIL:
        return _until(draft.pause_date, offer)
    for weeks in WEEKS:
        if draft.pause == str(weeks):
            return _midnight(offer.today + timedelta(weeks=weeks), offer)
    return None


def _until(text: str, offer: Offer) -> datetime | Problem:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return Problem.NO_DATE
    if day <= offer.today:
        return Problem.DATE_OVER
    return Problem.DATE_FAR if day > offer.today + MAX_PAUSE else _midnight(day, offer)


def _midnight(day: date, offer: Offer) -> datetime:
    return datetime.combine(day, time(), offer.zone).astimezone(UTC)


def _offered(language: str | None, offer: Offer) -> str:
    primary = (language or "").partition("-")[0].lower()
    return primary if primary in offer.languages else ""


def _told(some: Preferences, paused_until: datetime | None) -> dict[str, str]:
    return {
        "topics": ", ".join(sorted(some.topics)) or "all",
        "frequency": some.frequency.value,
        "pause": "none" if paused_until is None else f"until {paused_until:%Y-%m-%dT%H:%MZ}",
        "name": some.name or "none",
        "language": some.language or "none",
    }
