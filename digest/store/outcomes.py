"""The ledger's hot path: groups of attempts and outcomes, on a connection of their own.
I/O: the database.

Plain SQL through the driver: what SQLAlchemy adds to a statement costs as much as the row. The
meaning is that of deliveries.py: an upsert may only rise.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from digest.model.ledger import BatchState, ClaimedBatch, Delivery
from digest.store.deliveries import COLUMNS, MAX_REPLY, WITHOUT_ATTEMPT, upsert_sql
from digest.store.engine import Store, translated_driver_errors

_UPSERT = upsert_sql(f"VALUES ({', '.join('?' * len(COLUMNS))})")
_ATTEMPT = (
    "INSERT INTO attempt (edition_id, subscriber_id, batch_id, epoch, at) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (edition_id, subscriber_id) DO NOTHING"
)
_END_ATTEMPT = "DELETE FROM attempt WHERE edition_id = ? AND subscriber_id = ?"
# Not another worker's, who has taken the batch over.
_WITHDRAW = (
    "DELETE FROM attempt WHERE edition_id = ? AND subscriber_id = ? AND batch_id = ? AND epoch = ?"
)
_CARRIED = (
    "INSERT INTO relay_day (relay, day, n) VALUES (?, ?, ?) "
    "ON CONFLICT (relay, day) DO UPDATE SET n = relay_day.n + excluded.n"
)
# PostgreSQL gets all rows of a group in one statement, a list for each column. Not executemany:
# psycopg pipelines it, and PostgreSQL ends no session that was paused in the middle of a pipeline,
# however long others wait for its rows.
_TYPES = (
    "bigint", "bigint", "bigint", "int", "int", "int", "text", "text", "text", "timestamptz",
    "boolean", "int",
)  # fmt: skip
_LISTS = ", ".join(f"%s::{one}[]" for one in _TYPES)
_UPSERT_LISTS = upsert_sql(f"SELECT * FROM unnest({_LISTS})")  # noqa: S608
_ATTEMPT_LISTS = (
    "INSERT INTO attempt (edition_id, subscriber_id, batch_id, epoch, at) "
    "SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s::timestamptz[]) "
    "ON CONFLICT (edition_id, subscriber_id) DO NOTHING"
)
_END_ATTEMPT_LISTS = (
    "DELETE FROM attempt USING unnest(%s::bigint[], %s::bigint[]) AS ended (edition, subscriber) "
    "WHERE edition_id = ended.edition AND subscriber_id = ended.subscriber"
)
_WITHOUT_ZONE = len("2026-11-24 18:00:00.000000")
_IS_OURS = "SELECT 1 FROM batch WHERE id = ? AND epoch = ? AND state = ?"


class OutcomeWriter:
    """Holds one connection open; used by one thread at a time. With `has_attempts` an outcome
    ends the attempt before it."""

    def __init__(self, store: Store, *, has_attempts: bool = False) -> None:
        self._where = store.where
        self._is_sqlite = store.is_sqlite
        self._has_attempts = has_attempts
        self._pooled = store.engine.raw_connection()

    def write(
        self,
        deliveries: Sequence[Delivery],
        attempts: Sequence[tuple[ClaimedBatch, int, datetime]] = (),
        withdrawn: Sequence[tuple[ClaimedBatch, int]] = (),
        carried: Sequence[tuple[str, datetime, int]] = (),
    ) -> frozenset[int]:
        """Commit all in one transaction: outcomes; attempts (batch, subscriber, when), and earlier
        ones whose message has not left; messages that a relay took (relay, when, how many). Ids of
        the batches that attempts were meant for and that are no longer ours: of those none is
        written.

        Raises StoreError: then nothing is written.
        """
        with translated_driver_errors(self._where):
            connection: Any = self._pooled.dbapi_connection
            cursor = connection.cursor()
            try:
                if self._is_sqlite:
                    cursor.execute("BEGIN IMMEDIATE")
                lost = self._write_attempts(cursor, attempts)
                self._write_deliveries(cursor, deliveries)
                for batch, id_ in withdrawn:
                    key = (batch.edition_id, id_, batch.id, batch.epoch)
                    cursor.execute(self._sql(_WITHDRAW), key)
                for relay, at, n in carried:
                    cursor.execute(self._sql(_CARRIED), (relay, self._day(at), n))
                connection.commit()
            except BaseException:
                connection.rollback()
                raise
            finally:
                cursor.close()
        return lost

    def close(self) -> None:
        """Give the connection back."""
        self._pooled.close()

    def _write_deliveries(self, cursor: Any, deliveries: Sequence[Delivery]) -> None:
        if not deliveries:
            return
        rows = [self._row(item) for item in deliveries]
        readers = [row[:2] for row in rows]
        if len(set(readers)) == len(rows):
            self._run(cursor, _UPSERT, _UPSERT_LISTS, rows)
        else:
            # One statement of PostgreSQL's touches no row twice.
            for row in rows:
                self._run(cursor, _UPSERT, _UPSERT_LISTS, [row])
        if self._has_attempts:
            self._run(cursor, _END_ATTEMPT, _END_ATTEMPT_LISTS, readers)

    def _write_attempts(
        self, cursor: Any, attempts: Sequence[tuple[ClaimedBatch, int, datetime]]
    ) -> frozenset[int]:
        if not attempts:
            return frozenset()
        batches = {batch.id: batch.epoch for batch, _, _ in attempts}
        lost = frozenset(
            id_ for id_, epoch in batches.items() if not self._is_ours(cursor, id_, epoch)
        )
        rows = [
            (batch.edition_id, subscriber_id, batch.id, batch.epoch, self._instant(at))
            for batch, subscriber_id, at in attempts
            if batch.id not in lost
        ]
        self._run(cursor, _ATTEMPT, _ATTEMPT_LISTS, rows)
        return lost

    def _run(
        self, cursor: Any, single: str, lists: str, rows: Sequence[tuple[object, ...]]
    ) -> None:
        if self._is_sqlite:
            cursor.executemany(single, rows)
        elif rows:
            cursor.execute(lists, [list(column) for column in zip(*rows, strict=True)])

    def _is_ours(self, cursor: Any, batch_id: int, epoch: int) -> bool:
        lock = "" if self._is_sqlite else " FOR SHARE"
        cursor.execute(self._sql(_IS_OURS + lock), (batch_id, epoch, BatchState.SENDING.value))
        return cursor.fetchone() is not None

    def _sql(self, sql: str) -> str:
        return sql if self._is_sqlite else sql.replace("?", "%s")

    def _row(self, item: Delivery) -> tuple[object, ...]:
        outcome = item.outcome
        return (
            item.edition_id,
            item.subscriber_id,
            item.batch_id,
            item.epoch,
            int(outcome.state),
            outcome.code,
            outcome.enhanced[:16],
            # PostgreSQL takes no NUL in a text, and a relay's words are foreign.
            outcome.text.replace("\0", "")[:MAX_REPLY],
            item.relay,
            self._instant(item.at),
            outcome.is_uncertain,
            int(item.is_attempt and outcome.state not in WITHOUT_ATTEMPT),
        )

    def _instant(self, at: datetime) -> object:
        """As SQLAlchemy's DateTime writes it for SQLite."""
        if not self._is_sqlite:
            return at
        if at.tzinfo is not UTC:
            at = at.astimezone(UTC)
        return at.isoformat(" ", "microseconds")[:_WITHOUT_ZONE]

    def _day(self, at: datetime) -> object:
        day = at.astimezone(UTC).date()
        return day.isoformat() if self._is_sqlite else day
