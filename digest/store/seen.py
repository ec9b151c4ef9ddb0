"""What the ledger holds of an edition that may speak for a pause. I/O: the database."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from digest.model.ledger import DeliveryState, Phase, Reply
from digest.store.schema import delivery

Refused = tuple[Reply, int]


def replies_so_far(
    connection: Connection, edition_id: int, *, since: datetime | None
) -> tuple[int, tuple[Refused, ...], tuple[Refused, ...]]:
    """(messages sent, failures by reply with their number, deferred 5xx by reply with theirs: those
    later than `since` only, where given)."""
    n_sent = connection.scalar(
        select(func.count()).where(
            delivery.c.edition_id == edition_id, delivery.c.state == int(DeliveryState.SENT)
        )
    )
    failed = _by_reply(connection, edition_id, DeliveryState.FAILED)
    refused = _by_reply(connection, edition_id, DeliveryState.DEFERRED, since=since)
    return int(n_sent or 0), failed, tuple(one for one in refused if (one[0].code or 0) >= 500)


def _by_reply(
    connection: Connection,
    edition_id: int,
    state: DeliveryState,
    *,
    since: datetime | None = None,
) -> tuple[Refused, ...]:
    query = (
        select(delivery.c.code, delivery.c.enhanced, delivery.c.reply, func.count())
        .where(delivery.c.edition_id == edition_id, delivery.c.state == int(state))
        .group_by(delivery.c.code, delivery.c.enhanced, delivery.c.reply)
    )
    rows = connection.execute(query if since is None else query.where(delivery.c.at > since))
    return tuple((Reply(Phase.RCPT, code, enhanced, reply), n) for code, enhanced, reply, n in rows)
