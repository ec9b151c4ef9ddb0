"""The editions that readers may look up again, with what was chosen. I/O: the database."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import Connection, select

from digest.model.archive import SentEdition
from digest.model.ledger import EditionState
from digest.store.edition_json import from_json
from digest.store.schema import edition


def days_of_editions(
    connection: Connection, publication: str, *, states: Collection[EditionState]
) -> tuple[date, ...]:
    """The day of every edition in one of the states, the latest first."""
    found = (
        select(edition.c.day)
        .where(
            edition.c.publication == publication,
            edition.c.state.in_([state.value for state in states]),
        )
        .order_by(edition.c.day.desc())
    )
    return tuple(connection.scalars(found))


def whole_editions(
    connection: Connection,
    publication: str,
    *,
    states: Collection[EditionState],
    since: date = date.min,
    until: date = date.max,
    limit: int,
) -> tuple[SentEdition, ...]:
    """Those of the days since <= day < until, the latest first."""
    columns = (
        edition.c.day, edition.c.subject, edition.c.created_at, edition.c.resumed_at,
        edition.c.chosen,
    )  # fmt: skip
    found = (
        select(*columns)
        .where(
            edition.c.publication == publication,
            edition.c.state.in_([state.value for state in states]),
            edition.c.day >= since,
            edition.c.day < until,
        )
        .order_by(edition.c.day.desc())
        .limit(limit)
    )
    return tuple(
        SentEdition(
            day=row.day,
            subject=row.subject,
            created_at=row.created_at,
            changed_at=row.resumed_at or row.created_at,
            edition=from_json(row.chosen),
        )
        for row in connection.execute(found)
    )
