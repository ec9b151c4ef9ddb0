"""What is remembered of each feed between polls. I/O: the database."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from digest.model.feeds import FeedState
from digest.store.schema import feed_state


def load_state(conn: Connection, *, name: str, url: str) -> FeedState:
    """The feed's state; a fresh one where it is unknown or its address has changed since."""
    row = conn.execute(select(feed_state).where(feed_state.c.name == name)).mappings().first()
    if row is None or row["url"] != url:
        return FeedState(name=name, url=url)
    return FeedState(**row)


def save_state(conn: Connection, state: FeedState) -> None:
    """Put the state in the place of what was remembered under its name."""
    values: dict[str, Any] = asdict(state)
    insert = postgresql_insert if conn.dialect.name == "postgresql" else sqlite_insert
    statement = insert(feed_state).values(values)
    conn.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def list_states(conn: Connection) -> tuple[FeedState, ...]:
    """Every feed ever polled, by name; also those no longer configured."""
    rows = conn.execute(select(feed_state).order_by(feed_state.c.name)).mappings()
    return tuple(FeedState(**row) for row in rows)


def forget_states(conn: Connection, *, names: Iterable[str]) -> int:
    """Drop the named feeds' states, so that they are asked anew, also after a 410; how many."""
    return conn.execute(delete(feed_state).where(feed_state.c.name.in_(tuple(names)))).rowcount
