"""A temporary table of wishes, each with its fate: where a list's rows wait to be moved by SQL.
I/O: the database.

All rows travel as one JSON parameter: binding every value by itself takes three times as long.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    MetaData,
    String,
    Table,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    insert,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from digest.model.readers import SubscriptionState, Wish
from digest.store.schema import Instant, subscriber, subscription
from digest.store.suppressions import is_address_suppressed

# The order of the values in a row's JSON array.
GIVEN = ("address", "as_given", "name", "language", "topics", "reason", "evidence", "source", "at",
         "ip", "confirmed_at", "confirmed_ip", "note")  # fmt: skip
wish = Table(
    "wish",
    MetaData(),
    *(Column(name, Text) for name in GIVEN),
    Column("fate", String(8)),
    prefixes=["TEMPORARY"],
)

NEW = "new"  # is to be subscribed
KNOWN = "known"  # is subscribed already
KEPT_OUT = "kept_out"  # had left here: not subscribed again
LEAVES = "leaves"  # is to be suppressed
LEFT = "left"  # is suppressed already


def stage(connection: Connection, publication: str, wishes: Sequence[Wish]) -> None:
    """Make the table and fill it; drop it with unstage(). Each address at most once."""
    wish.create(connection, checkfirst=False)
    write = _instant_writer(connection)
    topics = {one: json.dumps(one) for one in {one.topics for one in wishes}}
    rows = json.dumps([_values(one, topics, write) for one in wishes], ensure_ascii=False)
    address, reason = _value("address"), _value("reason")
    given = _each(connection, rows)
    fated = (
        select(*map(_value, GIVEN), _fate(publication, address, reason))
        .select_from(given)
        .outerjoin(subscriber, subscriber.c.address == address)
        .outerjoin(
            subscription,
            and_(
                subscription.c.subscriber_id == subscriber.c.id,
                subscription.c.publication == publication,
            ),
        )
    )
    connection.execute(insert(wish).from_select([*GIVEN, "fate"], fated))


def count_fates(connection: Connection) -> dict[str, int]:
    """How many wishes meet which fate; a fate of none is absent."""
    rows = connection.execute(select(wish.c.fate, func.count().label("n")).group_by(wish.c.fate))
    return {row.fate: row.n for row in rows}


def unstage(connection: Connection) -> None:
    """Away with the table."""
    wish.drop(connection, checkfirst=False)


def stored(connection: Connection, name: str) -> ColumnElement[Any]:
    """A staged column in the type it is stored in: SQLite keeps instants and JSON as text."""
    column = wish.c[name]
    kept_as = {"topics": JSON, "at": Instant, "confirmed_at": Instant}.get(name)
    if kept_as is None or connection.dialect.name != "postgresql":
        return column
    return cast(column, kept_as)


def _each(connection: Connection, rows: str) -> Any:
    """The rows of a JSON array as a table `given` of one column, `value`."""
    param = bindparam("rows", rows, Text)
    if connection.dialect.name == "postgresql":
        return func.jsonb_array_elements(cast(param, JSONB)).table_valued("value", name="given")
    return func.json_each(param).table_valued("value", name="given")


def _value(name: str) -> ColumnElement[str | None]:
    return literal_column(f"given.value ->> {GIVEN.index(name)}", Text)


def _fate(
    publication: str, address: ColumnElement[Any], reason: ColumnElement[Any]
) -> ColumnElement[str]:
    is_out = is_address_suppressed(address, publication)
    has_left = subscription.c.state == SubscriptionState.UNSUBSCRIBED.value
    return case(
        (and_(reason.is_not(None), is_out, or_(subscription.c.state.is_(None), has_left)), LEFT),
        (reason.is_not(None), LEAVES),
        (or_(is_out, has_left), KEPT_OUT),
        (subscription.c.state == SubscriptionState.CONFIRMED.value, KNOWN),
        else_=NEW,
    )


Writer = Callable[[datetime], str]


def _instant_writer(connection: Connection) -> Writer:
    """How the database writes an instant; for SQLite as SQLAlchemy's DateTime does."""
    if connection.dialect.name == "postgresql":
        return datetime.isoformat
    return lambda at: at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _values(one: Wish, topics: Mapping[tuple[str, ...], str], write: Writer) -> list[str | None]:
    proof = one.consent
    return [
        one.address,
        one.as_given,
        one.name,
        one.language,
        topics[one.topics],
        None if one.suppress is None else one.suppress.value,
        one.evidence,
        proof.source,
        None if proof.at is None else write(proof.at),
        proof.ip,
        None if proof.confirmed_at is None else write(proof.confirmed_at),
        proof.confirmed_ip,
        proof.note,
    ]
