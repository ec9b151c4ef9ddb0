"""Signed links: they open only what they were made for."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.subscribe.token import make_token, read_token

KEY = b"a key for tests only"
SLUG = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,26}[a-z0-9])?", fullmatch=True)
ID = st.integers(0, 2**63 - 1)


def token(key: bytes = KEY, purpose: str = "unsubscribe", number: int = 100) -> str:
    return make_token(key, purpose=purpose, subscriber_id=number, publication="evening-tide")


@given(number=ID, slug=SLUG)
def test_there_and_back(number: int, slug: str) -> None:
    text = make_token(KEY, purpose="unsubscribe", subscriber_id=number, publication=slug)
    assert read_token(KEY, text, purpose="unsubscribe") == (number, slug)
    assert re.fullmatch(r"[A-Za-z0-9._-]+", text)
    assert number > 36**7 or len(text) <= 60


@given(st.text() | st.text("ABCabc019._-", max_size=60))
def test_nothing_else_is_read(text: str) -> None:
    assert read_token(KEY, text, purpose="unsubscribe") is None


@given(st.data())
def test_no_letter_may_change(data: st.DataObject) -> None:
    text = token()
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("Aa0-_.é").filter(lambda letter: letter != text[at]))
    assert read_token(KEY, text[:at] + letter + text[at + 1 :], purpose="unsubscribe") is None


@pytest.mark.parametrize(
    "text",
    ["", "..", token().upper(), token() + "x", token()[:-1], token().replace(".2s.", ".02s.")],
)
def test_other_spellings_are_refused(text: str) -> None:
    assert read_token(KEY, text, purpose="unsubscribe") is None


def test_another_key_purpose_or_reader_is_refused() -> None:
    assert read_token(b"other", token(), purpose="unsubscribe") is None
    assert read_token(KEY, token(), purpose="preferences") is None
    assert len({token(), token(number=101), token(purpose="preferences"), token(key=b"o")}) == 4


def test_pinned_for_ever() -> None:
    """Links in mails that were sent long ago must go on working."""
    assert token() == "oop4kgcuSX1nOXaknYLA1A.2s.evening-tide"


@pytest.mark.parametrize(
    ("key", "number", "slug"), [(b"", 1, "a"), (KEY, -1, "a"), (KEY, 1, "a/b"), (KEY, 1, "")]
)
def test_what_makes_no_token(key: bytes, number: int, slug: str) -> None:
    with pytest.raises(ValueError, match="token"):
        make_token(key, purpose="unsubscribe", subscriber_id=number, publication=slug)
