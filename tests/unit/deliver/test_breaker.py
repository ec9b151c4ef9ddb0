"""When a run stops by itself, and when an edition waits for a person."""

import pytest

from digest.deliver.breaker import (
    FIRST,
    MAX_REFUSALS,
    MAX_STREAK,
    RESUMED,
    Breaker,
    Seen,
    refusal_key,
)
from digest.deliver.policy import judge
from digest.model.ledger import Outcome, Phase, Reply

ACCEPTED = judge(Reply(Phase.BODY, 250, "2.0.0", "2.0.0 Ok"))
DEAD = judge(Reply(Phase.RCPT, 550, "5.1.1", "5.1.1 no such user"))
NO_ROUTE = judge(Reply(Phase.RCPT, 550, "5.4.1", "5.4.1 no route"))
NOT_CARRIED = judge(Reply(Phase.OWN, 553, "5.6.7", "the address needs SMTPUTF8"))
GREY = judge(Reply(Phase.RCPT, 451, "4.7.1", "4.7.1 greylisted"))
CLOSED = judge(Reply(Phase.MAIL, 421, "4.7.0", "4.7.0 too many"))
BROKEN = judge(Reply(Phase.BODY, None, "", "the line broke"))
OUR_FAULT = judge(Reply(Phase.BODY, 554, "", "no"))


RELAY = "smtp://a"


def refused(text: str) -> Outcome:
    return judge(Reply(Phase.BODY, 550, "5.7.1", text))


def after(*outcomes: Outcome, seen: Seen | None = None) -> Breaker:
    breaker = Breaker() if seen is None else Breaker(seen)
    for outcome in outcomes:
        breaker.note(outcome, RELAY)
    return breaker


def mixed(n_dead: int, n_served: int) -> list[Outcome]:
    """So many dead addresses, evenly among those served, and one more accepted message."""
    return [
        DEAD if (n + 1) * n_dead // n_served > n * n_dead // n_served else ACCEPTED
        for n in range(n_served)
    ] + [ACCEPTED]


@pytest.mark.parametrize(
    ("n_dead", "n_served", "is_paused"),
    [
        (0, 200, False),
        (1, 3, False),
        (5, 20, False),
        (10, 20, False),
        (10, 100, False),
        (10, 200, False),
        (11, 200, True),
        (11, 30, True),
        (11, 18, False),
        (11, 20, True),
        (13, 260, False),  # 10 of the first 200
        (40, 400, True),
    ],
)
def test_many_dead_addresses_pause_the_edition(n_dead: int, n_served: int, is_paused: bool) -> None:
    breaker = after(*mixed(n_dead, n_served))
    assert (bool(breaker.pause_because), breaker.stop_because) == (is_paused, "")
    assert breaker.has_tripped == is_paused


def test_the_pause_says_what_to_look_at() -> None:
    words = after(*mixed(20, 200)).pause_because
    assert words.startswith("11 of the first 111 addresses take no mail: more than 5%.")
    assert "`digest deliveries list`" in words
    assert words.endswith("`digest send --resume` goes on.")


@pytest.mark.parametrize("other", [DEAD, NO_ROUTE, NOT_CARRIED])
def test_every_reader_who_fails_counts(other: Outcome) -> None:
    assert after(*[other, ACCEPTED] * 12).pause_because


@pytest.mark.parametrize("other", [GREY, CLOSED])
def test_who_is_deferred_does_not_count(other: Outcome) -> None:
    assert not after(*[other, ACCEPTED] * 100).has_tripped


def test_our_own_refusals_say_nothing_of_the_relay() -> None:
    """They count without its proof, and never for a row of what it refuses."""
    breaker = Breaker(RESUMED)
    assert not any(breaker.note(NOT_CARRIED, RELAY) for _ in range(100))
    assert after(*[ACCEPTED] * 30, *[NOT_CARRIED] * 11).pause_because


def test_who_is_deferred_does_not_use_up_the_first_200() -> None:
    assert after(*[GREY] * 500, *mixed(11, 200)).pause_because


@pytest.mark.parametrize(
    ("seen", "is_paused"),
    [
        (Seen(), False),
        (Seen(n_served=150, n_failed=10), True),
        (Seen(n_served=150, n_failed=9), False),
        (Seen(n_served=FIRST - 1, n_failed=10), True),
        (Seen(n_served=FIRST + MAX_STREAK, n_failed=20), False),
        (Seen(n_served=5000, n_failed=4000), False),
        (RESUMED, False),
    ],
)
def test_the_ledger_remembers_earlier_runs(seen: Seen, is_paused: bool) -> None:
    assert after(DEAD, seen=seen).pause_because == ""  # not before the relay accepts one
    assert bool(after(DEAD, ACCEPTED, seen=seen).pause_because) == is_paused


def test_equal_refusals_pause_the_edition() -> None:
    texts = [f'5.7.1 <r{n}@a.example> blocked, see id "q{n}x" ({n})' for n in range(MAX_REFUSALS)]
    breaker = after(*map(refused, texts[:-1]))
    assert breaker.pause_because == ""
    breaker.note(refused(texts[-1]), RELAY)
    assert breaker.pause_because.startswith("The same refusal came 20 times: ")
    assert "SPF, DKIM and DMARC" in breaker.pause_because
    assert breaker.pause_because.endswith("`digest send --resume` goes on.")
    assert "@a.example" not in breaker.pause_because + breaker.stop_because


def test_acceptances_between_them_change_nothing() -> None:
    assert after(*[refused("5.7.1 listed"), ACCEPTED] * MAX_REFUSALS).pause_because


def test_refusals_of_earlier_runs_count() -> None:
    key = refusal_key(refused("5.7.1 Listed at bl7.example"))
    seen = Seen(refusals={key: MAX_REFUSALS - 1, "550 5.7.26 other": 400})
    assert after(refused("5.7.1 listed at bl8.example"), seen=seen).pause_because
    assert not after(refused("5.7.1 not allowed"), seen=seen).pause_because
    assert not after(ACCEPTED, seen=seen).has_tripped


def test_different_refusals_do_not_add_up() -> None:
    reasons = "abcdefghijklmnopqrstuvwxyz"
    assert after(*(refused(f"5.7.1 reason {one}") for one in reasons)).pause_because == ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5.7.1 Listed", "5.7.1  listed"),
        ("5.7.1 <a@b.example>: denied", "5.7.1 <cc@d.example>: denied"),
        ("5.7.1 a@b.example denied", "5.7.1 c.d@e.example denied"),
        ("5.7.1 [192.0.2.1 12] rate. k9-20020a05si.3 - gsmtp",
         "5.7.1 [192.0.2.7 3] rate. a1-20020b77xq.9 - gsmtp"),
        ("5.7.1 message 'abc' refused", "5.7.1 message 'xyz' refused"),
        ("5.7.1 spam; ref <Qa-b>", "5.7.1 spam; ref <Zz>"),
        ("5.7.1 see https://x.example/?e=1", "5.7.1 see https://x.example/?e=2"),
    ],
)  # fmt: skip
def test_equal_refusals(one: str, other: str) -> None:
    assert refusal_key(refused(one)) == refusal_key(refused(other)) != ""


def test_refusals_that_are_not_equal() -> None:
    keys = {
        refusal_key(judge(Reply(Phase.BODY, 550, "5.7.1", "5.7.1 no"))),
        refusal_key(judge(Reply(Phase.BODY, 554, "5.7.1", "5.7.1 no"))),
        refusal_key(judge(Reply(Phase.BODY, 550, "5.7.26", "5.7.26 no"))),
        refusal_key(judge(Reply(Phase.BODY, 550, "5.7.1", "5.7.1 yes"))),
    }
    assert len(keys) == 4


@pytest.mark.parametrize("outcome", [ACCEPTED, DEAD, GREY, BROKEN, OUR_FAULT])
def test_no_refusal_of_that_kind(outcome: Outcome) -> None:
    assert refusal_key(outcome) == ""


def test_a_key_is_short_whatever_the_relay_says() -> None:
    assert len(refusal_key(refused("5.7.1 " + "word " * 10_000))) <= 200


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (refused("5.7.1 listed at bl.example"), "whoever the reader: 550 5.7.1 listed at bl.ex"),
        (OUR_FAULT, "whoever the reader: 554 no"),
        (refused("5.7.1 <a@b.example> no"), "550 5.7.1 <address> no"),
    ],
)
def test_an_answer_about_us_stops_at_once(outcome: Outcome, words: str) -> None:
    breaker = after(ACCEPTED, outcome)
    assert words in breaker.stop_because
    assert (breaker.pause_because, breaker.has_tripped) == ("", True)


@pytest.mark.parametrize(
    ("outcomes", "is_given_up"),
    [
        ([DEAD] * (MAX_STREAK - 1), False),
        ([DEAD] * MAX_STREAK, True),
        ([BROKEN, CLOSED] * (MAX_STREAK // 2), True),
        ([DEAD] * 8 + [ACCEPTED] + [BROKEN] * 12, False),
        ([GREY] * 100, False),
        ([NO_ROUTE] * MAX_STREAK, True),
        ([GREY, BROKEN] * MAX_STREAK, True),
    ],
)
def test_a_relay_that_takes_none_in_a_row_is_given_up(
    outcomes: list[Outcome], is_given_up: bool
) -> None:
    breaker = Breaker()
    said = [breaker.note(outcome, RELAY) for outcome in outcomes]
    assert [bool(why) for why in said] == [False] * (len(said) - 1) + [is_given_up]
    assert not breaker.has_tripped
    if is_given_up:
        assert f"{RELAY} took none of {MAX_STREAK} messages in a row" in said[-1]


def test_what_one_relay_takes_says_nothing_of_another() -> None:
    breaker = Breaker()
    said = [
        breaker.note(one, name)
        for _ in range(MAX_STREAK)
        for one, name in ((DEAD, "a"), (ACCEPTED, "b"))
    ]
    assert [bool(why) for why in said] == [False] * (2 * MAX_STREAK - 2) + [True, False]
    assert not breaker.has_tripped  # nobody of them is known to be dead
    breaker.note(ACCEPTED, "a")
    assert breaker.pause_because


def test_the_first_reason_to_stop_stands() -> None:
    breaker = after(OUR_FAULT)
    breaker.stop("no relay is left")
    assert "554 no" in breaker.stop_because


def test_the_first_reason_stands() -> None:
    breaker = after(refused("5.7.1 first"), OUR_FAULT)
    assert "first" in breaker.stop_because
