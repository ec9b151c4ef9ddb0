"""What an operator does with deliveries by hand: look at them, and have them tried again.
I/O: the database.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from digest.model.ledger import BatchState, DeliveryState, EditionState
from digest.store.batches import OPEN_STATES, append_retry, hasten, unpack_ids
from digest.store.schema import batch, delivery, edition, subscriber

BATCH_SIZE = 500
# What is final and may all the same be tried again, when somebody says so.
REWORKED = (DeliveryState.HELD, DeliveryState.FAILED, DeliveryState.EXPIRED)
# What may have been taken, and has not been settled since.
UNCERTAIN = (DeliveryState.DEFERRED, DeliveryState.HELD)
OVER = (EditionState.SKIPPED.value, EditionState.CANCELLED.value)


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
    is_uncertain: bool


def list_deliveries(
    connection: Connection,
    edition_id: int,
    *,
    states: Sequence[DeliveryState] = (),
    is_uncertain: bool = False,
    after_id: int = 0,
    limit: int = 1_000,
) -> tuple[Listed, ...]:
    """The next deliveries of the edition by subscriber id; `states` empty = all. `is_uncertain`:
    only those of them that may have been taken and are still to be settled."""
    query = (
        select(delivery, func.coalesce(subscriber.c.address, "").label("address"))
        .outerjoin(subscriber, subscriber.c.id == delivery.c.subscriber_id)
        .where(delivery.c.edition_id == edition_id, delivery.c.subscriber_id > after_id)
        .order_by(delivery.c.subscriber_id)
        .limit(limit)
    )
    if states:
        query = query.where(delivery.c.state.in_([int(state) for state in states]))
    if is_uncertain:
        query = query.where(
            delivery.c.is_uncertain, delivery.c.state.in_([int(state) for state in UNCERTAIN])
        )
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
            is_uncertain=row.is_uncertain,
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
    falls. An edition that was sent is opened again; one that was skipped or cancelled stays so.
    How many they are.

    Raises ValueError for another state: what was sent stays sent.
    """
    if state not in REWORKED:
        raise ValueError(f"{state.name.lower()} deliveries can't be tried again")
    # The lock first, as whoever closes a batch: what is open now is open until we are done.
    locked = select(edition.c.state).where(edition.c.id == edition_id)
    if connection.scalar(locked.with_for_update(key_share=True)) in OVER:
        return 0
    ids = frozenset(
        connection.scalars(
            update(delivery)
            .where(delivery.c.edition_id == edition_id, delivery.c.state == int(state))
            .values(state=int(DeliveryState.DEFERRED))
            .returning(delivery.c.subscriber_id)
        )
    )
    if not ids:
        return 0
    append_retry(connection, edition_id, _in_no_batch(connection, edition_id, ids), size=BATCH_SIZE)
    connection.execute(
        update(edition)
        .where(edition.c.id == edition_id, edition.c.state == EditionState.SENT.value)
        .values(state=EditionState.SENDING.value, reason="", counts={})
    )
    return len(ids)


def _in_no_batch(connection: Connection, edition_id: int, ids: Iterable[int]) -> list[int]:
    """Those whom no open batch will serve anyway, ascending: in two batches at once, a reader could
    be sent the same message by each."""
    rest = set(ids)
    of_open = select(batch.c.ids).where(
        batch.c.edition_id == edition_id, batch.c.state.in_(OPEN_STATES)
    )
    for packed in connection.scalars(of_open):
        rest.difference_update(unpack_ids(packed))
    return sorted(rest)
