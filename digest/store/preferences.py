"""What readers choose for themselves, read and changed. I/O: the database."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select, update

from digest.model.readers import Consent, Frequency, Preferences, SubscriptionState
from digest.store.schema import subscriber, subscription
from digest.store.subscribers import note_consent

CHANGED = "changed"


def find_preferences(
    connection: Connection, publication: str, subscriber_id: int
) -> Preferences | None:
    """The reader's choices; None for one who has left or never was."""
    return _found(connection, _query(publication, subscriber_id))


def lock_preferences(
    connection: Connection, publication: str, subscriber_id: int
) -> Preferences | None:
    """The same, and nobody changes them or ends the subscription until the transaction ends."""
    return _found(connection, _query(publication, subscriber_id).with_for_update())


def save_preferences(
    connection: Connection,
    publication: str,
    subscriber_id: int,
    wanted: Preferences,
    *,
    noted: Consent,
    now: datetime,
) -> None:
    """Keep them, with a record of who asked for which change; the caller holds the lock. The
    subscription's state stays as it is: choosing neither confirms nor ends it."""
    connection.execute(
        update(subscription)
        .where(
            subscription.c.subscriber_id == subscriber_id,
            subscription.c.publication == publication,
        )
        .values(
            topics=list(wanted.topics),
            frequency=wanted.frequency.value,
            paused_until=wanted.paused_until,
            changed_at=now,
        )
    )
    connection.execute(
        update(subscriber)
        .where(subscriber.c.id == subscriber_id)
        .values(name=wanted.name, language=wanted.language)
    )
    note_consent(connection, subscriber_id, publication, CHANGED, noted, now=now)


def _query(publication: str, subscriber_id: int) -> Select[Any]:
    return (
        select(
            subscriber.c.name,
            subscriber.c.language,
            subscription.c.topics,
            subscription.c.frequency,
            subscription.c.paused_until,
        )
        .join(subscription, subscription.c.subscriber_id == subscriber.c.id)
        .where(
            subscriber.c.id == subscriber_id,
            subscription.c.publication == publication,
            subscription.c.state != SubscriptionState.UNSUBSCRIBED.value,
        )
    )


def _found(connection: Connection, query: Select[Any]) -> Preferences | None:
    row = connection.execute(query).first()
    if row is None:
        return None
    return Preferences(
        name=row.name,
        language=row.language,
        topics=tuple(row.topics),
        frequency=Frequency(row.frequency),
        paused_until=row.paused_until,
    )
