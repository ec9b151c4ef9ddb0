"""The table of replies, row by row."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver.policy import WAITS, judge, parse_enhanced, retry_after
from digest.model.ledger import Concern, DeliveryState, Phase, Reply

SENT, DEFERRED, FAILED = DeliveryState.SENT, DeliveryState.DEFERRED, DeliveryState.FAILED
NOBODY, ADDRESS, US = Concern.NOBODY, Concern.ADDRESS, Concern.US
RCPT, BODY = Phase.RCPT, Phase.BODY


@pytest.mark.parametrize(
    ("phase", "code", "enhanced", "state", "concern"),
    [
        (BODY, 250, "2.0.0", SENT, NOBODY),
        (BODY, 250, "", SENT, NOBODY),
        # 4xx, whatever else it says
        (RCPT, 450, "4.2.0", DEFERRED, NOBODY),
        (RCPT, 451, "4.7.1", DEFERRED, NOBODY),
        (RCPT, 452, "4.2.2", DEFERRED, NOBODY),
        (Phase.MAIL, 421, "4.7.0", DEFERRED, NOBODY),
        (BODY, 451, "", DEFERRED, NOBODY),
        # the address
        (RCPT, 550, "5.1.1", FAILED, ADDRESS),
        (RCPT, 553, "5.1.3", FAILED, ADDRESS),
        (RCPT, 550, "5.1.10", FAILED, ADDRESS),
        (BODY, 550, "5.1.1", FAILED, ADDRESS),
        (RCPT, 550, "5.2.1", FAILED, ADDRESS),
        (RCPT, 550, "", FAILED, ADDRESS),
        (RCPT, 551, "", FAILED, ADDRESS),
        (RCPT, 553, "", FAILED, ADDRESS),
        (RCPT, 556, "", FAILED, ADDRESS),
        (RCPT, 550, "5.0.0", FAILED, ADDRESS),
        (RCPT, 550, "2.1.5", FAILED, ADDRESS),
        # the reader's mailbox or route, but no reason to strike the address off
        (RCPT, 552, "5.2.2", DEFERRED, NOBODY),
        (RCPT, 552, "", DEFERRED, NOBODY),
        (RCPT, 550, "4.2.2", DEFERRED, NOBODY),
        (RCPT, 550, "5.2.3", FAILED, NOBODY),
        (RCPT, 550, "5.4.1", FAILED, NOBODY),
        (RCPT, 553, "5.6.7", FAILED, NOBODY),
        # what we refuse ourselves
        (Phase.OWN, 553, "5.1.3", FAILED, ADDRESS),
        (Phase.OWN, 553, "5.6.7", FAILED, NOBODY),
        # us: sender, host, content, our command of the language
        (RCPT, 550, "5.1.8", DEFERRED, US),
        (RCPT, 553, "5.1.7", DEFERRED, US),
        (BODY, 552, "5.3.4", DEFERRED, US),
        (BODY, 552, "", DEFERRED, US),
        (Phase.MAIL, 552, "", DEFERRED, US),
        (Phase.MAIL, 550, "5.1.1", DEFERRED, US),
        (RCPT, 554, "5.5.0", DEFERRED, US),
        (RCPT, 503, "", DEFERRED, US),
        (BODY, 554, "5.6.0", DEFERRED, US),
        (RCPT, 550, "5.7.1", DEFERRED, US),
        (BODY, 550, "5.7.26", DEFERRED, US),
        (BODY, 550, "5.7.515", DEFERRED, US),
        (BODY, 554, "", DEFERRED, US),
        (BODY, 550, "", DEFERRED, US),
        (RCPT, 554, "", DEFERRED, US),
        (Phase.CONNECT, 554, "", DEFERRED, US),
    ],
)
def test_reply(
    phase: Phase, code: int, enhanced: str, state: DeliveryState, concern: Concern
) -> None:
    outcome = judge(Reply(phase, code, enhanced, "the text"))
    assert (outcome.state, outcome.concern) == (state, concern)
    assert (outcome.code, outcome.enhanced, outcome.text) == (code, enhanced, "the text")
    assert not outcome.is_uncertain
    assert outcome.is_own == (phase is Phase.OWN)


@pytest.mark.parametrize("phase", list(Phase))
def test_a_broken_line_is_uncertain_only_after_the_message(phase: Phase) -> None:
    outcome = judge(Reply(phase, None))
    assert (outcome.state, outcome.concern) == (DEFERRED, NOBODY)
    assert outcome.is_uncertain == (phase is BODY)


codes = st.integers(200, 599)
enhanced_codes = st.just("") | st.from_regex(r"[245]\.[0-9]{1,2}\.[0-9]{1,3}", fullmatch=True)


@given(st.sampled_from(Phase), codes, enhanced_codes)
def test_any_reply(phase: Phase, code: int, enhanced: str) -> None:
    outcome = judge(Reply(phase, code, enhanced))
    assert (outcome.state is SENT) == (phase is BODY and code < 300)
    # Only a final failure strikes an address off; what is about us is still owed to the reader.
    assert (outcome.concern is ADDRESS) <= (outcome.state is FAILED)
    assert (outcome.concern is US) <= (outcome.state is DEFERRED)
    assert (outcome.state is FAILED) <= (code >= 500)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("5.1.1 no such user", "5.1.1"),
        ("4.7.0", "4.7.0"),
        ("2.0.0 Ok: queued as 4.5.6", "2.0.0"),
        ("5.7.515 Access denied", "5.7.515"),
        ("no such user 5.1.1", ""),
        ("3.1.1 odd", ""),
        ("5.1.1.9 odd", ""),
        ("5.1234.1 odd", ""),
        ("", ""),
    ],
)
def test_enhanced_code(text: str, code: str) -> None:
    assert parse_enhanced(text) == code


@given(st.integers(-3, 40), st.integers(0, 2**63 - 1))
def test_waits_grow_to_two_hours_and_spread_by_a_fifth(n_attempts: int, seed: int) -> None:
    wait = retry_after(n_attempts, seed=seed)
    middle = WAITS[min(max(n_attempts, 1), 4) - 1]
    assert abs(wait - middle) <= middle * 0.2 + timedelta(microseconds=1)
    assert wait == retry_after(n_attempts, seed=seed)


def test_what_failed_together_returns_apart() -> None:
    assert len({retry_after(1, seed=seed) for seed in range(50)}) > 40
