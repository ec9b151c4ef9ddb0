"""State x event: what a posted form and a pressed confirmation come to."""

from datetime import UTC, datetime, timedelta

import pytest

from digest.model.readers import SubscriptionState, SuppressionReason
from digest.model.signup import Deed, LetterKind, Standing
from digest.subscribe.rules import NOTHING, is_wanted, when_asked, when_confirmed

NOW = datetime(2026, 3, 13, 12, 0, tzinfo=UTC)
UNCONFIRMED, CONFIRMED, LEFT = (
    SubscriptionState.UNCONFIRMED,
    SubscriptionState.CONFIRMED,
    SubscriptionState.UNSUBSCRIBED,
)
ASK = Deed(state=UNCONFIRMED, is_taken=True, is_noted=True, letter=LetterKind.CONFIRM)
ASK_BOUNCED = Deed(is_noted=True, letter=LetterKind.CONFIRM)
QUIETLY = Deed(state=UNCONFIRMED, is_taken=True)
SAY_ALREADY = Deed(letter=LetterKind.ALREADY)
CONFIRM = Deed(state=CONFIRMED, is_noted=True, letter=LetterKind.WELCOME)
LIFT = Deed(state=CONFIRMED, is_noted=True, is_lifted=True, letter=LetterKind.WELCOME)
SPENT = Deed(is_spent=True)
LASTING = (
    SuppressionReason.BY_HAND,
    SuppressionReason.COMPLAINED,
    SuppressionReason.DISABLED,
)


def standing(
    state: SubscriptionState | None,
    barred: SuppressionReason | None = None,
    *,
    for_all: bool = False,
    letters: tuple[tuple[LetterKind, timedelta], ...] = (),
) -> Standing:
    return Standing(
        subscriber_id=None if state is None else 1,
        state=state,
        barred=barred,
        is_barred_everywhere=for_all,
        letters=tuple((kind, NOW - ago) for kind, ago in letters),
    )


@pytest.mark.parametrize(
    ("state", "barred", "asked", "confirmed"),
    [
        (None, None, ASK, SPENT),
        (None, SuppressionReason.UNSUBSCRIBED, ASK, SPENT),
        (None, SuppressionReason.BOUNCED, ASK, SPENT),
        (UNCONFIRMED, None, ASK, CONFIRM),
        (UNCONFIRMED, SuppressionReason.UNSUBSCRIBED, ASK, LIFT),
        (UNCONFIRMED, SuppressionReason.BOUNCED, ASK, LIFT),
        (CONFIRMED, None, SAY_ALREADY, NOTHING),
        (CONFIRMED, SuppressionReason.BOUNCED, ASK_BOUNCED, LIFT),
        (CONFIRMED, SuppressionReason.UNSUBSCRIBED, ASK_BOUNCED, LIFT),
        (LEFT, None, ASK, SPENT),
        (LEFT, SuppressionReason.UNSUBSCRIBED, ASK, SPENT),
        (LEFT, SuppressionReason.BOUNCED, ASK, SPENT),
    ],
)
def test_the_table(
    state: SubscriptionState | None,
    barred: SuppressionReason | None,
    asked: Deed,
    confirmed: Deed,
) -> None:
    assert when_asked(standing(state, barred), now=NOW) == asked
    assert when_confirmed(standing(state, barred)) == confirmed


@pytest.mark.parametrize("state", [None, UNCONFIRMED, CONFIRMED, LEFT])
@pytest.mark.parametrize(
    ("reason", "for_all"),
    [*((reason, False) for reason in LASTING), *((reason, True) for reason in SuppressionReason)],
)
def test_nobody_signs_themselves_out_of_what_lasts(
    state: SubscriptionState | None, reason: SuppressionReason, for_all: bool
) -> None:
    barred = standing(state, reason, for_all=for_all)
    assert when_asked(barred, now=NOW) == NOTHING
    assert when_confirmed(barred) == SPENT
    assert not any(is_wanted(kind, barred) for kind in LetterKind)


@pytest.mark.parametrize(
    ("minutes_ago", "deed"),
    [
        ((0,), QUIETLY),
        ((9,), QUIETLY),
        ((10,), ASK),
        ((30, 20, 10), ASK),
        ((40, 30, 20, 10), QUIETLY),
        ((24 * 60, 30, 20, 10), ASK),
    ],
)
def test_letters_to_confirm_have_their_time_between_them(
    minutes_ago: tuple[int, ...], deed: Deed
) -> None:
    letters = tuple((LetterKind.CONFIRM, timedelta(minutes=one)) for one in minutes_ago)
    assert when_asked(standing(UNCONFIRMED, letters=letters), now=NOW) == deed


@pytest.mark.parametrize(("hours_ago", "deed"), [(0, NOTHING), (23, NOTHING), (24, SAY_ALREADY)])
def test_a_confirmed_reader_hears_of_it_once_a_day(hours_ago: int, deed: Deed) -> None:
    letters = ((LetterKind.ALREADY, timedelta(hours=hours_ago)),)
    assert when_asked(standing(CONFIRMED, letters=letters), now=NOW) == deed


@pytest.mark.parametrize(
    ("kind", "state", "is_due"),
    [
        (LetterKind.CONFIRM, UNCONFIRMED, True),
        (LetterKind.CONFIRM, LEFT, False),
        (LetterKind.CONFIRM, None, False),
        (LetterKind.WELCOME, CONFIRMED, True),
        (LetterKind.WELCOME, LEFT, False),
        (LetterKind.WELCOME, UNCONFIRMED, False),
        (LetterKind.ALREADY, CONFIRMED, True),
        (LetterKind.ALREADY, LEFT, False),
    ],
)
def test_a_letter_is_dropped_once_nobody_wants_it(
    kind: LetterKind, state: SubscriptionState | None, is_due: bool
) -> None:
    assert is_wanted(kind, standing(state)) is is_due
