"""A preferences form: what is kept of it, what is asked back, what is put on record."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.readers import Frequency, Preferences
from digest.subscribe.choices import (
    MAX_NAME,
    Offer,
    Problem,
    changes,
    clean_line,
    draft_of,
    read_draft,
    settle,
)

NOW = datetime(2026, 3, 13, 2, 0, tzinfo=UTC)  # still the 12th in Halifax
ZONE = ZoneInfo("America/Halifax")
OFFER = Offer(("news", "council", "sports"), ("en", "fr"), ZONE, NOW)
FORM = {"form": "preferences", "frequency": "nightly", "topic-news": "1"}
KEPT = Preferences()


def settled(kept: Preferences = KEPT, **fields: str) -> Preferences | tuple[Problem, ...]:
    form = {**FORM, **{name.replace("topic_", "topic-"): value for name, value in fields.items()}}
    return settle(read_draft(form, OFFER), kept, OFFER)


def kept(found: Preferences | tuple[Problem, ...]) -> Preferences:
    assert isinstance(found, Preferences)
    return found


def test_a_form_as_it_was_found_changes_nothing() -> None:
    for some in (
        KEPT,
        Preferences("Ada", "fr-CA", ("news",), Frequency.WEEKEND, NOW + timedelta(days=9)),
        Preferences(topics=("council", "news", "sports"), paused_until=NOW),
    ):
        draft = draft_of(some, OFFER)
        again = kept(settle(draft, some, OFFER))
        assert settle(draft_of(again, OFFER), again, OFFER) == again
        assert again.language == some.language


def test_all_ticked_is_everything_to_come_as_well() -> None:
    assert kept(settled(topic_council="1")).topics == ("council", "news")
    assert kept(settled(topic_council="1", topic_sports="1")).topics == ()


def test_none_ticked_is_asked_back_and_never_taken_for_all() -> None:
    form = {"form": "preferences", "frequency": "nightly", "topic-horoscopes": "1"}
    assert settle(read_draft(form, OFFER), KEPT, OFFER) == (Problem.NO_TOPIC,)
    bare = Offer((), ("en",), ZONE, NOW)
    some = Preferences(topics=("gone",))
    assert kept(settle(read_draft(form, bare), some, bare)).topics == ("gone",)


@pytest.mark.parametrize(
    ("pause", "day"),
    [("none", None), ("1", date(2026, 3, 19)), ("2", date(2026, 3, 26)), ("4", date(2026, 4, 9)),
     ("3", None), ("nonsense", None)],
)  # fmt: skip
def test_weeks_end_at_the_publications_midnight(pause: str, day: date | None) -> None:
    until = kept(settled(pause=pause)).paused_until
    if day is None:
        assert until is None
    else:
        assert until is not None
        assert until.tzinfo is UTC
        assert until.astimezone(ZONE) == datetime(day.year, day.month, day.day, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2026-03-13", None),
        ("2027-03-13", None),
        ("2026-03-12", Problem.DATE_OVER),
        ("1999-01-01", Problem.DATE_OVER),
        ("2027-03-14", Problem.DATE_FAR),
        ("9999-12-31", Problem.DATE_FAR),
        ("", Problem.NO_DATE),
        ("tomorrow", Problem.NO_DATE),
        ("2026-02-30", Problem.NO_DATE),
    ],
)
def test_a_day_to_begin_again(text: str, problem: Problem | None) -> None:
    found = settled(pause="until", pause_date=text)
    if problem is not None:
        assert found == (problem,)
    else:
        until = kept(found).paused_until
        assert until is not None
        assert until.astimezone(ZONE).isoformat().startswith(f"{text}T00:00")


def test_everything_wrong_is_asked_back_at_once() -> None:
    form = {"form": "preferences", "pause": "until"}
    assert settle(read_draft(form, OFFER), KEPT, OFFER) == (
        Problem.NO_TOPIC, Problem.NO_FREQUENCY, Problem.NO_DATE,
    )  # fmt: skip
    assert settle(read_draft({}, OFFER), KEPT, OFFER) == (Problem.NO_FORM,)


def test_a_finer_language_stays() -> None:
    canadian = Preferences(language="fr-CA")
    assert kept(settled(canadian, language="fr")).language == "fr-CA"
    assert kept(settled(canadian, language="en")).language == "en"
    assert kept(settled(canadian)).language is None
    assert kept(settled(Preferences(language="mi"))).language == "mi", "not ours to take away"
    assert kept(settled(language="xx")).language is None


def test_what_changed_is_told_and_nothing_else() -> None:
    wanted = Preferences("Ada", "fr", ("news",), Frequency.WEEKDAYS, NOW + timedelta(days=7))
    assert changes(KEPT, KEPT, OFFER) == ""
    assert changes(KEPT, wanted, OFFER) == (
        "topics: all -> news; frequency: nightly -> weekdays; "
        "pause: none -> until 2026-03-20T02:00Z; name: none -> Ada; language: none -> fr"
    )
    over = Preferences(paused_until=NOW - timedelta(days=1))
    assert changes(over, KEPT, OFFER) == "", "a pause that is over ends by itself"


@given(st.text())
def test_a_name_is_one_short_line(name: str) -> None:
    found = kept(settled(name=name)).name
    assert len(found) <= MAX_NAME
    assert found.isprintable()
    assert found == clean_line(found, MAX_NAME)


@given(st.dictionaries(st.sampled_from([*FORM, "pause", "pause_date", "language", "name"]),
                       st.text()))  # fmt: skip
def test_no_form_breaks_it(form: dict[str, str]) -> None:
    found = settle(read_draft(form, OFFER), KEPT, OFFER)
    assert found
