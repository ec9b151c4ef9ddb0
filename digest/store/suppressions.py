"""Addresses that get no mail: of one publication, or ("") of all. I/O: the database.

The first reason stays: it is the evidence. Addresses are folded (subscribe/address.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, exists, or_, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from digest.model.readers import SuppressionReason
from digest.store.schema import subscriber, suppression

EVERYWHERE = ""


@dataclass(frozen=True, slots=True)
class Suppression:
    """A row: `publication` "" means all."""

    address: str
    publication: str
    reason: SuppressionReason
    source: str
    evidence: str
    at: datetime


def suppress_address(
    connection: Connection,
    address: str,
    *,
    publication: str,
    reason: SuppressionReason,
    source: str,
    evidence: str,
    now: datetime,
) -> None:
    """Note that the address gets no mail of the publication; one noted before stays as it is."""
    insert = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    connection.execute(
        insert(suppression)
        .values(
            address=address,
            publication=publication,
            reason=reason.value,
            source=source,
            evidence=evidence,
            at=now,
        )
        .on_conflict_do_nothing(index_elements=["address", "publication"])
    )


def find_suppression(
    connection: Connection, address: str, *, publication: str
) -> Suppression | None:
    """Why the address gets no mail of the publication, or None; one for all goes first."""
    row = connection.execute(
        select(suppression)
        .where(
            suppression.c.address == address,
            suppression.c.publication.in_((EVERYWHERE, publication)),
        )
        .order_by(suppression.c.publication)
        .limit(1)
    ).first()
    if row is None:
        return None
    return suppression_of(row)


def list_suppressions(
    connection: Connection, *, publication: str, after_address: str = "", limit: int = 1_000
) -> tuple[Suppression, ...]:
    """The next ones of the publication (EVERYWHERE: those for all), by address."""
    rows = connection.execute(
        select(suppression)
        .where(suppression.c.publication == publication, suppression.c.address > after_address)
        .order_by(suppression.c.address)
        .limit(limit)
    )
    return tuple(suppression_of(row) for row in rows)


def reasons_of(
    connection: Connection, addresses: Sequence[str], *, publication: str
) -> dict[str, SuppressionReason]:
    """Why those of the addresses that get no mail of the publication don't; some thousands at
    most. A reason for all publications goes first."""
    rows = connection.execute(
        select(suppression.c.address, suppression.c.reason)
        .where(
            suppression.c.address.in_(addresses),
            suppression.c.publication.in_((EVERYWHERE, publication)),
        )
        .order_by(suppression.c.publication.desc())
    )
    return {address: SuppressionReason(reason) for address, reason in rows}


def lift_suppression(connection: Connection, address: str, *, publication: str) -> bool:
    """Take the publication's own back; False when there was none. One for all stays."""
    found = connection.execute(
        delete(suppression).where(
            suppression.c.address == address, suppression.c.publication == publication
        )
    )
    return found.rowcount > 0


def is_suppressed(publication: str) -> ColumnElement[bool]:
    """For queries over `subscriber`: whether the row's address gets no mail of the publication."""
    return is_address_suppressed(subscriber.c.address, publication)


def is_address_suppressed(address: ColumnElement[str], publication: str) -> ColumnElement[bool]:
    """For any query: whether the address in that column gets no mail of the publication."""
    return exists().where(
        and_(
            suppression.c.address == address,
            or_(
                suppression.c.publication == EVERYWHERE,
                suppression.c.publication == publication,
            ),
        )
    )


def suppression_of(row: Row[Any]) -> Suppression:
    """A row of the table as a value."""
    return Suppression(
        address=row.address,
        publication=row.publication,
        reason=SuppressionReason(row.reason),
        source=row.source,
        evidence=row.evidence,
        at=row.at,
    )
