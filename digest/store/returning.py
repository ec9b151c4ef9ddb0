"""After the goodbye: why somebody left, and coming back. I/O: the database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, delete, exists, select, update

from digest.model.readers import Consent, SubscriptionState, SuppressionReason
from digest.store.schema import consent, subscriber, subscription, suppression
from digest.store.subscribers import note_consent
from digest.store.suppressions import EVERYWHERE

# For so long a reader who left may take it back without being asked to confirm their address.
BACK_FOR = timedelta(days=30)
UNSUBSCRIBED, RESUBSCRIBED, REASON = "unsubscribed", "resubscribed", "reason"


@dataclass(frozen=True, slots=True)
class Goodbye:
    """What is still open to a reader who has left."""

    may_return: bool = False
    may_say_why: bool = False


def find_goodbye(
    connection: Connection, publication: str, subscriber_id: int, *, now: datetime
) -> Goodbye:
    """Neither, for one who has not left or is not known."""
    address = connection.scalar(_left(publication, subscriber_id))
    if address is None:
        return Goodbye()
    return Goodbye(
        may_return=_may_return(connection, publication, address, now),
        may_say_why=_last_event(connection, publication, subscriber_id) == UNSUBSCRIBED,
    )


def resubscribe(
    connection: Connection,
    publication: str,
    subscriber_id: int,
    *,
    noted: Consent,
    now: datetime,
) -> bool:
    """Put the reader back who left within BACK_FOR, with their choices, and note it. False, and
    nothing is written, for any other: only a suppression for having unsubscribed is lifted."""
    address = _lock_left(connection, publication, subscriber_id)
    if address is None or not _may_return(connection, publication, address, now):
        return False
    connection.execute(
        delete(suppression).where(
            suppression.c.address == address,
            suppression.c.publication == publication,
            suppression.c.reason == SuppressionReason.UNSUBSCRIBED.value,
        )
    )
    connection.execute(
        update(subscription)
        .where(
            subscription.c.subscriber_id == subscriber_id,
            subscription.c.publication == publication,
            subscription.c.state == SubscriptionState.UNSUBSCRIBED.value,
        )
        .values(state=SubscriptionState.CONFIRMED.value, changed_at=now)
    )
    note_consent(connection, subscriber_id, publication, RESUBSCRIBED, noted, now=now)
    return True


def note_reason(
    connection: Connection,
    publication: str,
    subscriber_id: int,
    *,
    noted: Consent,
    now: datetime,
) -> bool:
    """Keep why the reader left, once for each time that they do; False when it is not asked."""
    address = _lock_left(connection, publication, subscriber_id)
    if address is None or _last_event(connection, publication, subscriber_id) != UNSUBSCRIBED:
        return False
    note_consent(connection, subscriber_id, publication, REASON, noted, now=now)
    return True


def _lock_left(connection: Connection, publication: str, subscriber_id: int) -> str | None:
    """The address of a reader who has left."""
    query = _left(publication, subscriber_id).with_for_update()
    address: str | None = connection.scalar(query)
    return address


def _left(publication: str, subscriber_id: int) -> Select[Any]:
    return (
        select(subscriber.c.address)
        .join(subscription, subscription.c.subscriber_id == subscriber.c.id)
        .where(
            subscriber.c.id == subscriber_id,
            subscription.c.publication == publication,
            subscription.c.state == SubscriptionState.UNSUBSCRIBED.value,
        )
    )


def _may_return(connection: Connection, publication: str, address: str, now: datetime) -> bool:
    left = exists().where(
        suppression.c.address == address,
        suppression.c.publication == publication,
        suppression.c.reason == SuppressionReason.UNSUBSCRIBED.value,
        suppression.c.at >= now - BACK_FOR,
    )
    barred = exists().where(
        suppression.c.address == address, suppression.c.publication == EVERYWHERE
    )
    return bool(connection.scalar(select(left & ~barred)))


def _last_event(connection: Connection, publication: str, subscriber_id: int) -> str | None:
    event: str | None = connection.scalar(
        select(consent.c.event)
        .where(consent.c.subscriber_id == subscriber_id, consent.c.publication == publication)
        .order_by(consent.c.id.desc())
        .limit(1)
    )
    return event
