"""A scratch store: what choosing needs, copied into a throw-away SQLite file. I/O: both stores.

A dry run works on it with the same code as the real night and changes nothing
(docs/decisions/003-dry-runs-work-on-a-copy.md). Subscribers and the ledger are not copied.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import ColumnElement, Connection, Table, select, update

from digest.model.ledger import EditionState
from digest.store.engine import Store, open_store
from digest.store.migrate import migrate
from digest.store.schema import edition, edition_entry, entry, feed_state
from digest.store.windows import has_gone_out

ROWS_AT_ONCE = 1_000


@contextmanager
def scratch_store(source: Store | None, *, since: datetime) -> Iterator[Store]:
    """A migrated store of its own, gone after the block. From `source` (None: nothing) come all
    feeds' states, and the entries and editions since that instant."""
    with TemporaryDirectory(prefix="digest-") as folder:
        target = open_store(f"sqlite:///{Path(folder) / 'scratch.db'}")
        try:
            migrate(target)
            if source is not None:
                _copy_recent(source, target, since)
            yield target
        finally:
            target.close()


def _copy_recent(source: Store, target: Store, since: datetime) -> None:
    recent = edition.c.cutoff > since
    with source.read() as theirs, target.write() as ours:
        _copy(theirs, ours, feed_state)
        _copy(theirs, ours, entry, entry.c.first_seen_at > since)
        _copy(theirs, ours, edition, recent)
        # Deliveries are not copied, so what has gone out is said by the edition's state.
        gone_out = theirs.scalars(select(edition.c.id).where(recent, has_gone_out())).all()
        sent = update(edition).where(edition.c.id.in_(gone_out))
        ours.execute(sent.values(state=EditionState.SENT.value))
        ids = select(edition.c.id).where(recent)
        _copy(theirs, ours, edition_entry, edition_entry.c.edition_id.in_(ids))


def _copy(
    theirs: Connection, ours: Connection, table: Table, where: ColumnElement[bool] | None = None
) -> None:
    query = select(table) if where is None else select(table).where(where)
    for rows in theirs.execute(query).mappings().partitions(ROWS_AT_ONCE):
        ours.execute(table.insert(), [dict(row) for row in rows])
