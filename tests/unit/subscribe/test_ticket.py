"""Tickets: what was signed comes back, and nothing else does."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.subscribe.ticket import Ticket, make_ticket, read_ticket
from digest.subscribe.token import make_token

KEY = b"k" * 32
AT = datetime(2026, 3, 13, 12, 0, tzinfo=UTC)
SLUGS = st.from_regex(r"[A-Za-z0-9_-]{1,28}", fullmatch=True)


def ticket(
    purpose: str = "confirm", subscriber_id: int = 7, publication: str = "wrap", at: datetime = AT
) -> str:
    return make_ticket(
        KEY, purpose=purpose, subscriber_id=subscriber_id, publication=publication, issued_at=at
    )


@given(
    subscriber_id=st.integers(0, 2**62),
    publication=SLUGS,
    at=st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1)),
)
def test_what_was_signed_comes_back(subscriber_id: int, publication: str, at: datetime) -> None:
    issued = at.replace(tzinfo=UTC)
    text = ticket("confirm", subscriber_id, publication, issued)
    assert re.fullmatch(r"[A-Za-z0-9._-]+", text)
    found = Ticket(subscriber_id, publication, issued.replace(microsecond=0))
    assert read_ticket(KEY, text, purpose="confirm") == found
    assert read_ticket(KEY, text, purpose="form") is None
    assert read_ticket(b"x" * 32, text, purpose="confirm") is None


@given(at=st.integers(0, 60), letter=st.characters())
def test_no_letter_may_be_another(at: int, letter: str) -> None:
    text = ticket()
    at %= len(text)
    if text[at] != letter:
        assert read_ticket(KEY, text[:at] + letter + text[at + 1 :], purpose="confirm") is None
    assert read_ticket(KEY, text[:at], purpose="confirm") is None


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    assert read_ticket(KEY, text, purpose="confirm") is None


def test_parts_can_not_be_swapped() -> None:
    mac, number, instant, slug = ticket().split(".")
    later = ticket(at=AT + timedelta(days=9)).split(".")[2]
    for parts in (
        (mac, "8", instant, slug),
        (mac, number, later, slug),
        (mac, number, instant, "other"),
        (mac, f"0{number}", instant, slug),
        (mac, number, f"0{instant}", slug),
        ("", number, instant, slug),
    ):
        assert read_ticket(KEY, ".".join(parts), purpose="confirm") is None


def test_a_token_is_no_ticket() -> None:
    token = make_token(KEY, purpose="confirm", subscriber_id=7, publication="wrap")
    assert read_ticket(KEY, token, purpose="confirm") is None


@pytest.mark.parametrize(
    ("age", "is_fresh"),
    [
        (timedelta(), True),
        (timedelta(hours=72), True),
        (timedelta(hours=72, seconds=1), False),
        (timedelta(minutes=-5), True),
        (timedelta(minutes=-6), False),
    ],
)
def test_a_ticket_grows_old(age: timedelta, is_fresh: bool) -> None:
    found = read_ticket(KEY, ticket(), purpose="confirm")
    assert found is not None
    assert found.is_fresh(now=AT + age, lives=timedelta(hours=72)) is is_fresh


@pytest.mark.parametrize(
    ("key", "subscriber_id", "publication"), [(b"", 1, "wrap"), (KEY, -1, "wrap"), (KEY, 1, "a/b")]
)
def test_what_can_not_be_signed(key: bytes, subscriber_id: int, publication: str) -> None:
    with pytest.raises(ValueError, match="a ticket needs"):
        make_ticket(
            key, purpose="p", subscriber_id=subscriber_id, publication=publication, issued_at=AT
        )
