"""The words by which readers come, and those of their letters, in both languages."""

import re
from dataclasses import fields, replace
from typing import Any

import pytest

from digest.compose import letter_words
from digest.web import signup_words
from digest.web.embed import STEPS, heights_of
from digest.web.look import look_of
from digest.web.signup_words import look_in, signup_words_for, wording_of
from tests.unit.compose.editions import FRENCH, PUBLICATION


def strings(words: Any) -> dict[str, str]:
    plain = {one.name: getattr(words, one.name) for one in fields(words)}
    subjects = plain.pop("subjects", {})
    return {**plain, **subjects}


@pytest.mark.parametrize("module", [signup_words, letter_words])
def test_both_languages_say_everything_with_the_same_gaps(module: Any) -> None:
    english, french = strings(module.ENGLISH), strings(module.FRENCH)
    assert english.keys() == french.keys()
    for name, text in english.items():
        gaps = sorted(re.findall(r"{(\w+)}", text))
        assert sorted(re.findall(r"{(\w+)}", french[name])) == gaps, name
        assert text, name
        assert french[name] != text, name
        assert not re.search(r"[^\u00a0][?:;!]", french[name]), name
        assert "'" not in french[name], name


@pytest.mark.parametrize("publication", [PUBLICATION, FRENCH])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_consent_names_who_asks_for_what_and_the_way_out(publication: Any, language: str) -> None:
    look = look_in(look_of(publication), language)
    wording = wording_of(look, signup_words_for(look.language))
    for part in (look.sender, look.postal_address, publication.contact, look.title):
        assert part in wording.text
    assert re.search("leave at any time|partir à tout moment", wording.text)
    assert re.fullmatch(rf"{language}-[0-9a-f]{{16}}", wording.version)


def test_other_words_are_another_version() -> None:
    look, words = look_of(PUBLICATION), signup_words_for("en")
    moved = replace(look, postal_address="1 New Street")
    assert wording_of(look, words).version != wording_of(moved, words).version


def test_a_wider_banner_is_never_higher() -> None:
    heights = heights_of("a" * 100, "b" * 300)
    assert [width for width, _ in heights[:-1]] == list(STEPS)
    assert [height for _, height in heights] == sorted((h for _, h in heights), reverse=True)
