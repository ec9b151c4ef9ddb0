"""Attempts: that a message may be on its way, written before it leaves. With `hold` nobody gets it
twice: whoever has an attempt and no outcome is held. I/O: the database.
"""

from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from digest.model.ledger import ClaimedBatch, Delivery, DeliveryState, Outcome
from digest.store.deliveries import record
from digest.store.schema import attempt

DIED = Outcome(DeliveryState.HELD, text="it was on its way when the sender died", is_uncertain=True)


def hold_attempts(
    connection: Connection, claimed: ClaimedBatch, *, now: datetime
) -> tuple[int, ...]:
    """Book as `held` who of a batch just claimed was on the way when an earlier holder ended;
    their ids, ascending."""
    ids = tuple(sorted(_take(connection, claimed)))
    record(
        connection,
        [
            Delivery(claimed.edition_id, id_, claimed.id, claimed.epoch, DIED, "", now)
            for id_ in ids
        ],
    )
    return ids


def drop_attempts(connection: Connection, claimed: ClaimedBatch) -> int:
    """Forget those of a batch just claimed: they are sent again. Their number."""
    return len(_take(connection, claimed))


def count_attempts(connection: Connection, edition_id: int) -> int:
    """How many may be on their way just now, or are to be held at the next claim."""
    query = select(func.count()).where(attempt.c.edition_id == edition_id)
    return int(connection.scalar(query) or 0)


def _take(connection: Connection, claimed: ClaimedBatch) -> list[int]:
    if not claimed.todo:
        return []
    wanted = frozenset(claimed.todo)
    where = (
        (attempt.c.edition_id == claimed.edition_id)
        & (attempt.c.subscriber_id.between(min(wanted), max(wanted)))
        # Epochs are those of one batch.
        & ((attempt.c.batch_id != claimed.id) | (attempt.c.epoch < claimed.epoch))
    )
    found = connection.scalars(select(attempt.c.subscriber_id).where(where)).all()
    taken = [id_ for id_ in found if id_ in wanted]
    if taken:
        connection.execute(delete(attempt).where(where, attempt.c.subscriber_id.in_(taken)))
    return taken
