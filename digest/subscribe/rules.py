"""What becomes of a request to subscribe, and of a pressed confirmation: the whole of it. Pure.

    asked      not barred, or left or bounced before: unconfirmed, noted, a letter to confirm
               (a confirmed reader whose mail bounced stays confirmed, and confirms once more);
               confirmed: nothing but a letter that says so; barred for good: nothing at all
    confirmed  unconfirmed, or barred by having left or bounced: confirmed, noted, a welcome;
               confirmed: nothing more; left since, or barred for good: the link is spent

What a stranger types must not make us write to an address again and again, so letters have their
time between them. Nothing here is told to whoever asked: their answer is always the same.
"""

from datetime import datetime, timedelta

from digest.model.readers import SubscriptionState, SuppressionReason
from digest.model.signup import Deed, LetterKind, Standing

# A confirmation proves that the mailbox works and its owner wants the mail; it does not undo a
# complaint, nor what the newsroom decided.
LIFTABLE = frozenset({SuppressionReason.UNSUBSCRIBED, SuppressionReason.BOUNCED})
BETWEEN_CONFIRMS = timedelta(minutes=10)
BETWEEN_ALREADY = timedelta(days=1)
MOST_CONFIRMS_A_DAY = 4
# How long standing.letters must look back for these rules.
LOOK_BACK = timedelta(days=1)


NOTHING = Deed()


def when_asked(standing: Standing, *, now: datetime) -> Deed:
    """A form was posted for the address."""
    if _is_barred_for_good(standing):
        return NOTHING
    if standing.state is SubscriptionState.CONFIRMED and standing.barred is None:
        return Deed(letter=LetterKind.ALREADY) if _may_say_already(standing, now) else NOTHING
    is_due = _may_ask(standing, now)
    is_confirmed = standing.state is SubscriptionState.CONFIRMED
    return Deed(
        state=None if is_confirmed else SubscriptionState.UNCONFIRMED,
        is_taken=not is_confirmed,
        is_noted=is_due,
        letter=LetterKind.CONFIRM if is_due else None,
    )


def when_confirmed(standing: Standing) -> Deed:
    """The button behind the link of a letter to confirm was pressed."""
    if _is_barred_for_good(standing):
        return Deed(is_spent=True)
    # Who has left after they asked must ask again: an old link is no new wish.
    if standing.state not in (SubscriptionState.UNCONFIRMED, SubscriptionState.CONFIRMED):
        return Deed(is_spent=True)
    if standing.state is SubscriptionState.CONFIRMED and standing.barred is None:
        return NOTHING
    return Deed(
        state=SubscriptionState.CONFIRMED,
        is_noted=True,
        is_lifted=standing.barred is not None,
        letter=LetterKind.WELCOME,
    )


def is_wanted(kind: LetterKind, standing: Standing) -> bool:
    """Whether a letter that waits may still leave."""
    if kind is LetterKind.CONFIRM:
        is_open = standing.state in (SubscriptionState.UNCONFIRMED, SubscriptionState.CONFIRMED)
        return is_open and not _is_barred_for_good(standing)
    return standing.state is SubscriptionState.CONFIRMED and standing.barred is None


def _is_barred_for_good(standing: Standing) -> bool:
    is_liftable = standing.barred is None or standing.barred in LIFTABLE
    return standing.is_barred_everywhere or not is_liftable


def _may_ask(standing: Standing, now: datetime) -> bool:
    written = _written(standing, LetterKind.CONFIRM, now)
    return len(written) < MOST_CONFIRMS_A_DAY and all(
        now - at >= BETWEEN_CONFIRMS for at in written
    )


def _may_say_already(standing: Standing, now: datetime) -> bool:
    written = _written(standing, LetterKind.ALREADY, now)
    return all(now - at >= BETWEEN_ALREADY for at in written)


def _written(standing: Standing, kind: LetterKind, now: datetime) -> list[datetime]:
    return [at for one, at in standing.letters if one is kind and now - at < LOOK_BACK]
