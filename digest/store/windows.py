"""What has gone out of a publication's nights, and so where the next window begins. I/O: the
database.

An edition has gone out when one reader at least has got it, or may have (held). One that nobody
got, whatever its state, has told nobody anything: its stories are still news.
"""

from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from digest.model.ledger import DeliveryState, EditionState
from digest.store.schema import delivery, edition

UNDER_WAY = (EditionState.SENDING.value, EditionState.PAUSED.value)


def has_gone_out() -> ColumnElement[bool]:
    """For queries over `edition`: whether a reader has got it, or may have."""
    a_reader_has_it = exists().where(
        delivery.c.edition_id == edition.c.id,
        delivery.c.state.in_((DeliveryState.SENT.value, DeliveryState.HELD.value)),
    )
    return or_(
        edition.c.state == EditionState.SENT.value,
        and_(edition.c.state.in_(UNDER_WAY), a_reader_has_it),
    )


def last_sent(
    connection: Connection, publication: str, *, before: datetime | None = None
) -> datetime | None:
    """The cut-off up to which the publication's stories have gone out: the latest of its editions
    that have, earlier than `before` where given; None when none has."""
    found = select(func.max(edition.c.cutoff)).where(
        edition.c.publication == publication, has_gone_out()
    )
    if before is not None:
        found = found.where(edition.c.cutoff < before)
    cutoff: datetime | None = connection.scalar(found)
    return cutoff


def held_over_since(
    connection: Connection, publication: str, *, before: datetime
) -> datetime | None:
    """Where the window of the latest night earlier than `before` began, if it held stories over;
    one with an empty window (since = cutoff) held over none."""
    row = connection.execute(
        select(edition.c.since, edition.c.cutoff)
        .where(edition.c.publication == publication, edition.c.cutoff < before)
        .order_by(edition.c.cutoff.desc())
        .limit(1)
    ).first()
    return row.since if row is not None and row.since < row.cutoff else None


def unfinished_before(connection: Connection, publication: str, day: date) -> dict[int, bool]:
    """Ids of the publication's open editions of earlier days, the oldest first, and whether each
    has gone out to anybody."""
    rows = connection.execute(
        select(edition.c.id, has_gone_out().label("is_out"))
        .where(
            edition.c.publication == publication,
            edition.c.day < day,
            edition.c.state.in_((EditionState.READY.value, *UNDER_WAY)),
        )
        .order_by(edition.c.day)
    )
    return {row.id: bool(row.is_out) for row in rows}
