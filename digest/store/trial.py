"""Whether the database can be written, found out by writing. I/O: the database, left as it was."""

from sqlalchemy import insert

from digest.store.engine import Store, translated_errors
from digest.store.schema import feed_state


def try_to_write(store: Store) -> None:
    """Write a row and take it back. Raises StoreError as a night's first write would."""
    with (
        translated_errors(store.where),
        store.engine.connect().execution_options(digest_write=True) as connection,
    ):
        connection.execute(insert(feed_state).values(name="a trial", url="of writing", failures=0))
        connection.rollback()
