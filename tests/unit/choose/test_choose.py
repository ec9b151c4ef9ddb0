"""Matching, ranking and picking: what an editor would expect of the first honest version."""

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.choose.choose import AlreadySent
from digest.choose.match import match
from digest.choose.story import tell
from digest.choose.words import words_of
from digest.model.feeds import StoredEntry
from tests.unit.choose.build import FEEDS, NOW, PUBLICATION, choice_of, stored

FERRY = (
    "The Kestrel Queen stays at its pier until Monday after ice bent a propeller blade, the ferry "
    "authority said, leaving island commuters with a replacement bus and a water taxi."
)
WIRE = (
    "Snow squalls are expected along the eastern shore overnight and drivers should allow extra "
    "time, forecasters said, with as much as fifteen centimetres in higher places."
)


def ids(groups: tuple[tuple[StoredEntry, ...], ...]) -> list[set[int]]:
    return [{one.id for one in group} for group in groups]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ferries delayed by harbour ice", "Ferry delayed: harbour ice"),
        ("Council approves budget, 6-2", "UPDATE: Council approves budget 6-2"),
        ("L’école Saint-Pierre fermée aujourd’hui", "École Saint-Pierre fermée"),
    ],
)
def test_nearly_equal_headlines_are_one_event(one: str, other: str) -> None:
    groups = match((stored(1, one), stored(2, other, feed="record")))
    assert ids(groups) == [{1, 2}]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Council approves library budget", "Council delays wharf repairs"),
        ("Peewee Gulls win in overtime", "Bantam Gulls lose at home"),
        ("Ferry", "Ferry tale opens at the playhouse"),
        ("", ""),
    ],
)
def test_different_headlines_are_different_events(one: str, other: str) -> None:
    assert ids(match((stored(1, one), stored(2, other, feed="record")))) == [{1}, {2}]


def test_one_address_is_one_event_whatever_the_words() -> None:
    url = "https://tide.example/ferry"
    groups = match((stored(1, "Ferry stopped", url=url), stored(2, "No crossing", url=url)))
    assert ids(groups) == [{1, 2}]


def test_the_same_wire_story_under_two_headlines_is_one_event() -> None:
    one = stored(1, "Squalls expected on eastern shore", WIRE, credit="The Canadian Press")
    other = stored(2, "Drivers told to go slowly tonight", WIRE, feed="record")
    assert ids(match((one, other))) == [{1, 2}]


NOTICE = "The county advises residents that {} will be closed to traffic from eight until noon and "
REST = "asks drivers to plan another route, to obey flag persons and to expect some delays."


def test_one_feeds_notices_share_phrases_but_not_their_events() -> None:
    one = stored(1, "Closure: Mill Lane", NOTICE.format("Mill Lane") + REST)
    other = stored(2, "Closure: Pier Street", NOTICE.format("Pier Street") + REST)
    assert ids(match((one, other))) == [{1}, {2}]
    retold = stored(
        3, "No way through town today", NOTICE.format("Mill Lane") + REST, feed="record"
    )
    assert {1, 3} <= next(group for group in ids(match((one, retold))) if 1 in group)


def test_days_apart_are_different_events() -> None:
    one = stored(1, "Council approves budget", hours_ago=100)
    other = stored(2, "Council approves budget", hours_ago=1)
    assert ids(match((one, other))) == [{1}, {2}]


@given(st.lists(st.text("abcdefgh ", min_size=0, max_size=30), max_size=12), st.randoms())
def test_every_entry_is_in_exactly_one_group(titles: list[str], shuffler: random.Random) -> None:
    entries = [stored(number, title, title * 3) for number, title in enumerate(titles, 1)]
    groups = match(entries)
    assert sorted(one.id for group in groups for one in group) == [one.id for one in entries]
    shuffled = list(entries)
    shuffler.shuffle(shuffled)
    choices = choice_of(*entries), choice_of(*shuffled)
    assert choices[0] == choices[1]


def test_words_fold_accents_case_and_plurals() -> None:
    assert words_of("Écoles FERMÉES : les ferries, churches’ buses") == (
        "ecole", "fermee", "ferry", "church", "buse",
    )  # fmt: skip
    assert words_of("") == ()


def test_our_own_words_tell_the_story_and_others_are_kept() -> None:
    edition = choice_of(
        stored(1, "Ferry out of service until Monday", FERRY, feed="record", hours_ago=5),
        stored(2, "Ferry out of service until Monday", FERRY + " More.", hours_ago=4),
    ).edition
    assert edition is not None
    assert len(edition.stories) == 1
    assert edition.lead.source.label == "The Tide"
    assert [source.label for source in edition.lead.also] == ["The Record"]
    assert edition.lead.entry_ids == (1, 2)


def test_a_feed_that_names_the_same_page_has_not_also_reported_it() -> None:
    page = "https://tide.example/1"
    group = (
        stored(1, "Ferry stays", url=page),
        stored(2, "Ferry stays", feed="record", url=page),
        stored(3, "Ferry stays", feed="county", url="https://county.example/3"),
    )
    assert [source.label for source in tell(group, PUBLICATION, FEEDS).also] == ["County"]
    assert tell(group[:2], PUBLICATION, FEEDS).also == ()


def test_the_latest_entry_of_a_feed_speaks_and_counts_as_an_update() -> None:
    edition = choice_of(
        stored(1, "Schools closed in Port Kestrel", FERRY, hours_ago=12),
        stored(2, "UPDATE: Schools closed in Port Kestrel", FERRY, hours_ago=3),
    ).edition
    assert edition is not None
    assert edition.lead.id == 2
    assert edition.lead.updated_at == NOW - timedelta(hours=3)
    assert edition.lead.also == ()


def test_sections_come_from_categories_then_the_feed_then_the_first() -> None:
    choice = choice_of(
        stored(1, "Storm on the way", FERRY, feed="county", categories=("Weather",)),
        stored(2, "Notice of public hearing", FERRY[::-1], feed="county"),
        stored(3, "Gulls win again", "x y z", categories=("Sports",)),
    )
    sections = {one.ranked.story.id: one.ranked.story.section for one in choice.verdicts}
    assert sections == {1: "news", 2: "council", 3: "sports"}


def test_sections_stand_in_configured_order_with_their_maximum() -> None:
    entries = [
        stored(number, f"{word} hearing {word}", f"{word} " * 12, feed="county")
        for number, word in enumerate(("alpha", "bravo", "cedar", "delta", "ember"), 1)
    ]
    choice = choice_of(*entries, stored(9, "Gulls win", "hockey", categories=("sports",)))
    assert choice.edition is not None
    shape = [(section.slug, len(section.stories)) for section in choice.edition.sections]
    assert shape == [("council", 2), ("sports", 1)]
    out = [one.why for one in choice.verdicts if not one.is_in]
    assert out == ["Town Hall is full (2)"] * 2


def test_the_edition_has_its_own_maximum() -> None:
    words = ("alpha", "bravo", "cedar", "delta", "ember", "fjord")
    entries = [stored(n, f"{word} {word}ing", word * 9) for n, word in enumerate(words, 1)]
    choice = choice_of(*entries, max_stories=4)
    assert choice.edition is not None
    assert len(choice.edition.stories) == 4
    assert choice.verdicts[-1].why == "the edition is full (4)"


def test_too_few_stories_skip_the_night_with_a_reason() -> None:
    choice = choice_of(stored(1, "Only one"), min_stories=3)
    assert choice.edition is None
    assert choice.reason == "1 story since 2026-03-11 18:00 ADT, the minimum is 3"
    assert [verdict.why for verdict in choice.verdicts] == ["held over"]


def test_nothing_at_all() -> None:
    assert choice_of().edition is None


def test_what_readers_had_is_not_sent_again() -> None:
    had = stored(1, "Old news", url="https://tide.example/old")
    again = stored(2, "Same page, new guid", url="https://tide.example/old", feed="record")
    fresh = stored(3, "Fresh news")
    sent = AlreadySent(entry_ids=frozenset({1}), urls=frozenset({"https://tide.example/old"}))
    edition = choice_of(had, again, fresh, sent=sent).edition
    assert edition is not None
    assert [story.id for story in edition.stories] == [3]


def test_an_event_that_readers_had_yesterday_is_not_told_again() -> None:
    had = stored(1, "Ferry out of service until Monday", FERRY, hours_ago=30)
    again = stored(2, "Ferry out of service until Monday", FERRY[:150], feed="record")
    fresh = stored(3, "Fresh news")
    sent = AlreadySent(entries=(had,), entry_ids=frozenset({1}))
    choice = choice_of(had, again, fresh, sent=sent)
    assert [one.ranked.story.id for one in choice.verdicts] == [3, 2]
    assert choice.verdicts[1].why == "readers have had this"
    assert choice.verdicts[1].is_in is False


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Tern Hill girls win regional basketball title",
         "Tern Hill boys win regional basketball title"),
        ("Council approves 2026 sewer budget", "Council approves 2026 water budget"),
        ("Obituary: Jane Allan Smith", "Obituary: John Allan Smith"),
        ("Two charged after break-in on Mill Street", "Two charged after break-in on Water Street"),
        ("Fire destroys house on Shore Road", "Fire destroys barn on Shore Road"),
        ("Tonight's tides: high water at 8:52", "Tonight's tides: high water at 9:41"),
    ],
)  # fmt: skip
def test_one_feeds_habits_do_not_make_one_event(one: str, other: str) -> None:
    ledes = (
        "Coach Ann Lee said her squad found its legs late on Friday evening at home.",
        "A new lagoon pump near the wharf takes most of the money councillors set aside.",
    )
    for feed, n_events in (("tide", 2), ("record", 2)):
        pair = stored(1, one, ledes[0]), stored(2, other, ledes[1], feed=feed)
        assert len(match(pair)) == n_events
    edition = choice_of(stored(1, one, ledes[0]), stored(2, other, ledes[1])).edition
    assert edition is not None
    assert len(edition.stories) == 2


def test_the_score_is_the_sum_of_its_reasons() -> None:
    choice = choice_of(
        stored(1, "Ferry out of service", FERRY, has_image=True, updated_hours_ago=0.2),
        stored(2, "Ferry out of service", FERRY, feed="record"),
    )
    ranked = choice.verdicts[0].ranked
    assert ranked.score == pytest.approx(sum(reason.points for reason in ranked.reasons), abs=1e-3)
    assert {reason.name for reason in ranked.reasons} == {
        "own", "coverage", "freshness", "developing", "image",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (stored(1, "Own story", FERRY), stored(2, "Their tale", FERRY[:90], feed="record")),
        (stored(1, "Reported", FERRY, feed="record"),
         stored(2, "Wired", WIRE, feed="record", credit="The Canadian Press")),
        (stored(1, "Fresh", FERRY, hours_ago=1), stored(2, "Stale", WIRE, hours_ago=20)),
        (stored(1, "With a lede", FERRY), stored(2, "Without", "Short.")),
        (stored(1, "News item", FERRY), stored(2, "My view", WIRE, categories=("Opinion",))),
    ],
)  # fmt: skip
def test_what_matters_more(better: StoredEntry, worse: StoredEntry) -> None:
    edition = choice_of(worse, better).edition
    assert edition is not None
    assert edition.lead.id == 1


def test_entries_of_feeds_no_longer_configured_are_left_out() -> None:
    assert choice_of(stored(1, "From nowhere", feed="gone")).verdicts == ()
