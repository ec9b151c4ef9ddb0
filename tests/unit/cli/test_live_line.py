"""How far an edition is, and what a relay said, in the words a person reads."""

import pytest

from digest.cli.live_line import live_as_json, live_line, time_words
from digest.cli.reply_words import reply_words
from digest.store.live import Live, Slow


def line(live: Live, n_total: int) -> str:
    return live_line(live_as_json(live), n_total=n_total, counts=live.counts)


def test_all_there_is_to_say() -> None:
    slow = Slow("gmail.com", 120, 421, "4.7.28", "4.7.28 unusual rate")
    live = Live({"sent": 12_345, "held": 2}, 37_653, 1_900.4, 19.8, 3, 0, slow)
    assert line(live, 50_000) == (
        "12,345 of 50,000 sent, 1,900/s, 20 s left; 3 uncertain, 2 held; "
        "slowest gmail.com: 120 deferred (421 4.7.28 unusual rate)"
    )


def test_what_there_is_none_of_is_left_out() -> None:
    assert line(Live({"sent": 0}, 23, 0.0, None, 0, 0, None), 23) == "0 of 23 sent"


def test_a_long_reply_is_cut() -> None:
    said = line(Live({}, 1, 0.0, None, 0, 0, Slow("a.example", 1, 451, "", "x " * 300)), 1)
    assert said.endswith("…)")
    assert len(said) < 160


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0 s"), (89, "89 s"), (90, "2 min"), (3_600, "60 min"), (5_400, "1 h 30 min")],
)
def test_times(seconds: float, expected: str) -> None:
    assert time_words(seconds) == expected


@pytest.mark.parametrize(
    ("code", "enhanced", "text", "expected"),
    [
        (421, "4.7.28", "4.7.28 too many", "421 4.7.28 too many"),
        (451, "4.3.0", "later", "451 4.3.0 later"),
        (None, "", "the line broke", "the line broke"),
        (550, "", "", "550"),
        (None, "", "", ""),
    ],
)
def test_replies(code: int | None, enhanced: str, text: str, expected: str) -> None:
    assert reply_words(code, enhanced, text) == expected
