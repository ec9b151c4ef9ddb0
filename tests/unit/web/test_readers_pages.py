"""Words, looks and what a reader's page shows of them."""

import re
from dataclasses import astuple, fields, replace
from datetime import UTC, datetime

import pytest

from digest.compose.colour import palette
from digest.model.newsroom import Section, Theme
from digest.model.readers import Subscriber, SubscriptionState
from digest.web.chosen import topic_titles
from digest.web.look import house_look, look_of
from digest.web.reader import has_left, masked
from digest.web.words import ENGLISH, FRENCH, PageWords, page_words_for
from tests.unit.compose.editions import FRENCH as FRENCH_PUBLICATION
from tests.unit.compose.editions import PUBLICATION

NOW = datetime(2026, 3, 13, 12, 0, tzinfo=UTC)
SECTIONS = (Section("news", "News"), Section("council", "Town Hall"), Section("sports", "Sports"))


def reader(
    address: str = "ada.fraser@readers.example",
    *,
    topics: tuple[str, ...] = (),
    state: SubscriptionState = SubscriptionState.CONFIRMED,
) -> Subscriber:
    return Subscriber(1, address, "Ada Fraser", None, "evening-tide", state, topics, NOW)


def strings(words: PageWords) -> dict[str, str]:
    """Every text of a catalogue by where it stands."""
    plain = {one.name: getattr(words, one.name) for one in fields(words)}
    troubles = plain.pop("troubles")
    cut = plain.pop("link_cut")
    choose = plain.pop("choose")
    for one in fields(choose):
        said = getattr(choose, one.name)
        many = said if isinstance(said, dict) else {"": said}
        plain |= {f"choose {one.name} {key}": text for key, text in many.items()}
    told = {f"trouble {status}": " ".join(astuple(one)) for status, one in troubles.items()}
    return {**plain, **told, "link cut": " ".join(astuple(cut))}


def test_both_languages_say_everything_with_the_same_gaps() -> None:
    english, french = strings(ENGLISH), strings(FRENCH)
    assert english.keys() == french.keys()
    for name, text in english.items():
        gaps = sorted(re.findall(r"{(\w+)}", text))
        assert sorted(re.findall(r"{(\w+)}", french[name])) == gaps, name
        assert text.strip(), name
        assert french[name] != text, name


def test_french_marks_keep_their_space() -> None:
    for name, text in strings(FRENCH).items():
        assert not re.search(r"[^\u00a0][?:;!]", text), name
        assert "'" not in text, name


@pytest.mark.parametrize(
    ("tag", "words"),
    [("en", ENGLISH), ("fr-CA", FRENCH), ("FR", FRENCH), ("mi", ENGLISH), (None, ENGLISH)],
)
def test_a_language_picks_its_words(tag: str | None, words: PageWords) -> None:
    assert page_words_for(tag) is words


def test_an_unforeseen_status_has_words_too() -> None:
    assert ENGLISH.trouble(418) == ENGLISH.troubles[0]
    assert ENGLISH.trouble(503).text.endswith("in a minute.")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ada.fraser@readers.example", "a…@readers.example"),
        ("a@readers.example", "a…@readers.example"),
        ('"a@b"@readers.example', '"…@readers.example'),
    ],
)
def test_an_address_is_shown_by_its_first_letter(address: str, shown: str) -> None:
    assert masked(reader(address)) == shown


def test_nobody_has_no_address_and_has_left() -> None:
    assert masked(None) is None
    assert has_left(None)


@pytest.mark.parametrize(
    ("state", "is_gone"),
    [
        (SubscriptionState.UNCONFIRMED, False),
        (SubscriptionState.CONFIRMED, False),
        (SubscriptionState.UNSUBSCRIBED, True),
    ],
)
def test_only_who_unsubscribed_has_left(state: SubscriptionState, is_gone: bool) -> None:
    assert has_left(reader(state=state)) is is_gone


@pytest.mark.parametrize(
    ("topics", "titles"),
    [
        ((), ("News", "Town Hall", "Sports")),
        (("sports", "news"), ("News", "Sports")),
        (("council", "gone"), ("Town Hall",)),
        (("gone",), ()),
    ],
)
def test_topics_are_named_in_the_mails_order(
    topics: tuple[str, ...], titles: tuple[str, ...]
) -> None:
    assert topic_titles(topics, replace(PUBLICATION, sections=SECTIONS)) == titles


def test_a_publication_that_was_given_up_has_no_topics() -> None:
    assert topic_titles((), None) == ()


def test_the_only_publication_is_the_house() -> None:
    assert house_look([PUBLICATION]) == look_of(PUBLICATION)


def test_a_house_of_several_takes_no_side() -> None:
    look = house_look([FRENCH_PUBLICATION, PUBLICATION])
    assert (look.title, look.sender, look.site_url) == ("", "", None)
    assert look.palette == palette(Theme())
    assert look.words is FRENCH
    assert [contact.title for contact in look.contacts] == ["La Marée du soir", "The Evening Tide"]


def test_no_house_without_publications() -> None:
    with pytest.raises(ValueError, match="at least one"):
        house_look([])


def test_a_phone_number_is_no_link() -> None:
    (contact,) = look_of(replace(PUBLICATION, contact="902 555 0142")).contacts
    assert (contact.text, contact.href) == ("902 555 0142", None)
