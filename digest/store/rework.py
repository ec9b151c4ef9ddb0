"""What an operator does with deliveries by hand: look at them, and have them tried again.
I/O: the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from digest.model.ledger import BatchState, DeliveryState, EditionState
from digest.store.batches import append_retry, hasten
from digest.store.schema import batch, delivery, edition, subscriber

BATCH_SIZE = 500
# What is final and may all the same be tried again, when somebody says so.
REWORKED = (DeliveryState.HELD, DeliveryState.FAILED, DeliveryState.EXPIRED)


@dataclass(frozen=True, slots=True)
class Listed:
    """A delivery as listed; `address` is "" where the reader has been removed since."""

    subscriber_id: int
    address: str
    state: DeliveryState
    code: int | None
    enhanced: str
    reply: str
    relay: str
    at: datetime
    n_attempts: int


def list_deliveries(
    connection: Connection,
    edition_id: int,
    *,
    states: Sequence[DeliveryState] = (),
    after_id: int = 0,
    limit: int = 1_000,
) -> tuple[Listed, ...]:
    """The next deliveries of the edition by subscriber id; `states` empty = all."""
    query = (
        select(delivery, func.coalesce(subscriber.c.address, "").label("address"))
        .outerjoin(subscriber, subscriber.c.id == delivery.c.subscriber_id)
        .where(delivery.c.edition_id == edition_id, delivery.c.subscriber_id > after_id)
        .order_by(delivery.c.subscriber_id)
        .limit(limit)
    )
    if states:
        query = query.where(delivery.c.state.in_([int(state) for state in states]))
    return tuple(
        Listed(
            subscriber_id=row.subscriber_id,
            address=row.address,
            state=DeliveryState(row.state),
            code=row.code,
            enhanced=row.enhanced,
            reply=row.reply,
            relay=row.relay,
            at=row.at,
            n_attempts=row.n_attempts,
        )
        for row in connection.execute(query)
    )


def retry_deferred(connection: Connection, edition_id: int) -> int:
    """Let whoever waits for the next attempt, and batches set aside, be tried at the next run;
    how many batches that are."""
    waiting = select(func.count()).where(
        batch.c.edition_id == edition_id,
        (batch.c.state == BatchState.PARKED.value) | batch.c.not_before.is_not(None),
        batch.c.state.in_((BatchState.PARKED.value, BatchState.READY.value)),
    )
    n = int(connection.scalar(waiting) or 0)
    hasten(connection, edition_id)
    return n


def release_deliveries(connection: Connection, edition_id: int, state: DeliveryState) -> int:
    """Have those that are held, failed or expired tried again: the one way in which an outcome
    falls. An edition that was sent is opened again. How many they are.

    Raises ValueError for another state: what was sent stays sent.
    """
    if state not in REWORKED:
        raise ValueError(f"{state.name.lower()} deliveries can't be tried again")
    ids = sorted(
        connection.scalars(
            update(delivery)
            .where(delivery.c.edition_id == edition_id, delivery.c.state == int(state))
            .values(state=int(DeliveryState.DEFERRED))
            .returning(delivery.c.subscriber_id)
        )
    )
    if not ids:
        return 0
    append_retry(connection, edition_id, ids, size=BATCH_SIZE)
    connection.execute(
        update(edition)
        .where(edition.c.id == edition_id, edition.c.state == EditionState.SENT.value)
        .values(state=EditionState.SENDING.value, reason="", counts={})
    )
    return len(ids)
