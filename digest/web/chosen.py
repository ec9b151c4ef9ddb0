"""The preferences form and what it says was saved, as the template shows them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from digest.compose.when import plain_day
from digest.compose.words import words_for
from digest.model.newsroom import Publication
from digest.model.readers import Preferences
from digest.subscribe.choices import MAX_NAME, MAX_PAUSE, Draft, Offer, Problem, live_pause
from digest.subscribe.schedule import roundup_day
from digest.web.look import Look
from digest.web.words import LANGUAGES


@dataclass(frozen=True, slots=True)
class Option:
    """A box, a button or a line of a list."""

    value: str
    label: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class Form:
    """The form as it stands; `problems` are sentences, `first_day` and `last_day` bound the day on
    which a break ends (ISO 8601)."""

    problems: tuple[str, ...]
    topics: tuple[Option, ...]
    frequencies: tuple[Option, ...]
    pauses: tuple[Option, ...]
    languages: tuple[Option, ...]
    pause_date: str
    first_day: str
    last_day: str
    name: str
    max_name: int = MAX_NAME


SPECIMEN = Form(
    problems=("A problem",),
    topics=(Option("news", "News", True),),
    frequencies=(Option("nightly", "Every night", True),),
    pauses=(Option("none", "No break", True),),
    languages=(Option("", "English", True),),
    pause_date="2026-01-02",
    first_day="2026-01-02",
    last_day="2027-01-02",
    name="Ada",
)


def offer_of(publication: Publication | None, now: datetime) -> Offer:
    """What a reader can choose; a publication that was given up has no sections."""
    return Offer(
        sections=tuple(one.slug for one in publication.sections) if publication else (),
        languages=tuple(LANGUAGES),
        zone=ZoneInfo(publication.timezone if publication else "UTC"),
        now=now.astimezone(UTC),
    )


def form_of(
    draft: Draft,
    offer: Offer,
    look: Look,
    publication: Publication | None,
    *,
    problems: Sequence[Problem] = (),
) -> Form:
    """The form in the look's language, filled in as the draft is."""
    words = look.words.choose
    weekly = roundup_day(publication.days if publication else ())
    day = words_for(look.language).weekdays[weekly]
    first, last = offer.today + timedelta(days=1), offer.today + MAX_PAUSE
    own = Option("", words.language_own, draft.language == "")
    return Form(
        problems=tuple(words.problems[one.value].format(example=first) for one in problems),
        topics=tuple(
            Option(one.slug, one.title, one.slug in draft.topics)
            for one in (publication.sections if publication else ())
        ),
        frequencies=tuple(
            Option(value, label.format(day=day), value == draft.frequency)
            for value, label in words.frequencies.items()
        ),
        pauses=tuple(
            Option(value, label, value == draft.pause) for value, label in words.pauses.items()
        ),
        languages=(
            own,
            *(Option(tag, name, tag == draft.language) for tag, name in LANGUAGES.items()),
        ),
        pause_date=draft.pause_date,
        first_day=first.isoformat(),
        last_day=last.isoformat(),
        name=draft.name,
    )


def summary_of(
    kept: Preferences, offer: Offer, look: Look, publication: Publication | None
) -> tuple[str, ...]:
    """What the reader gets, in sentences: topics, how often, until when nothing."""
    words = look.words.choose
    weekly = roundup_day(publication.days if publication else ())
    day = words_for(look.language).weekdays[weekly]
    titles = topic_titles(kept.topics, publication)
    told = [
        words.saved_topics.format(topics=", ".join(titles)) if kept.topics else words.saved_all,
        words.frequencies[kept.frequency.value].format(day=day),
    ]
    until = live_pause(kept, offer)
    if until is not None:
        date = plain_day(until.astimezone(offer.zone).date(), words_for(look.language))
        told.append(words.saved_pause.format(date=date))
    return tuple(told)


def topic_titles(topics: Sequence[str], publication: Publication | None) -> tuple[str, ...]:
    """The sections that reach a reader of those topics, in the mail's order; those that are gone
    are left out."""
    sections = publication.sections if publication else ()
    return tuple(one.title for one in sections if not topics or one.slug in topics)
