"""The ledger's hot path: groups of outcomes, and attempts before them, on a connection of their
own. I/O: the database.

Plain SQL through the driver: what SQLAlchemy adds to a statement costs as much as the row. The
meaning is that of deliveries.py: an upsert may only rise.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from digest.model.ledger import Delivery
from digest.store.deliveries import MAX_REPLY, WITHOUT_ATTEMPT
from digest.store.engine import Store, translated_driver_errors

_COLUMNS = (
    "edition_id", "subscriber_id", "batch_id", "epoch", "state", "code", "enhanced", "reply",
    "relay", "at", "n_attempts",
)  # fmt: skip
# Facts follow the higher state; of equal states, the later.
_FACTS = ("batch_id", "epoch", "code", "enhanced", "reply", "relay", "at", "state")
_RISES = ",\n    ".join(
    f"{name} = CASE WHEN excluded.state >= delivery.state "
    f"THEN excluded.{name} ELSE delivery.{name} END"
    for name in _FACTS
)


class OutcomeWriter:
    """Holds one connection open; used by one thread at a time."""

    def __init__(self, store: Store) -> None:
        self._where = store.where
        self._is_sqlite = store.is_sqlite
        self._pooled = store.engine.raw_connection()
        mark = "?" if store.is_sqlite else "%s"
        marks = ", ".join([mark] * len(_COLUMNS))
        self._upsert = (
            f"INSERT INTO delivery ({', '.join(_COLUMNS)}) VALUES ({marks}) "  # noqa: S608
            f"ON CONFLICT (edition_id, subscriber_id) DO UPDATE SET {_RISES}, "
            "n_attempts = delivery.n_attempts + excluded.n_attempts"
        )

    def write(self, deliveries: Sequence[Delivery]) -> None:
        """Commit the outcomes in one transaction. Raises StoreError: none of them is written."""
        rows = [self._row(item) for item in deliveries]
        with translated_driver_errors(self._where):
            connection: Any = self._pooled.dbapi_connection
            cursor = connection.cursor()
            try:
                if self._is_sqlite:
                    cursor.execute("BEGIN IMMEDIATE")
                cursor.executemany(self._upsert, rows)
                connection.commit()
            except BaseException:
                connection.rollback()
                raise
            finally:
                cursor.close()

    def close(self) -> None:
        """Give the connection back."""
        self._pooled.close()

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
            0 if outcome.state in WITHOUT_ATTEMPT else 1,
        )

    def _instant(self, at: datetime) -> object:
        """As SQLAlchemy's DateTime writes it for SQLite."""
        if not self._is_sqlite:
            return at
        return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
