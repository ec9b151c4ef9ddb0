"""Bringing a database to this program's schema (Alembic). I/O: the database.

A database that a newer digest has made is refused rather than guessed at.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from digest.errors import StoreVersionError
from digest.store.engine import Store, translated_errors

if TYPE_CHECKING:  # a database that is up to date, as nearly all are, does without it
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(store: Store) -> bool:
    """Apply what is missing, in one transaction; True when anything was.

    Raises StoreVersionError when the database knows a revision that this program does not.
    """
    known = revisions()
    current = _current(store)
    if current is not None and current not in known:
        raise StoreVersionError(
            f"The database {store.where} was made by a newer digest (schema {current}). "
            "Install that version, or point DIGEST_DATABASE_URL elsewhere; nothing was changed."
        )
    if current == known[-1]:
        return False
    from alembic import command

    with store.write() as connection:
        command.upgrade(_config(connection), "head")
    return True


def revisions() -> tuple[str, ...]:
    """Those that this program knows, oldest first: the beginnings of the migrations' names."""
    names = sorted(path.name for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))
    return tuple(name.partition("_")[0] for name in names)


def _current(store: Store) -> str | None:
    """The database's revision; None for one that is empty."""
    with translated_errors(store.where), store.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if found is None else str(found)


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
