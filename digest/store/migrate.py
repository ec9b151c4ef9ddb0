"""Bringing a database to this program's schema (Alembic). I/O: the database.

A database that a newer digest has made is refused rather than guessed at.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from digest.errors import StoreVersionError
from digest.store.engine import Store, translated_errors

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(store: Store) -> bool:
    """Apply what is missing, in one transaction; True when anything was.

    Raises StoreVersionError when the database knows a revision that this program does not.
    """
    if not _is_behind(store):
        return False
    with store.write() as connection:
        command.upgrade(_config(connection), "head")
    return True


def _is_behind(store: Store) -> bool:
    scripts = ScriptDirectory(str(MIGRATIONS))
    known = {script.revision for script in scripts.walk_revisions()}
    with translated_errors(store.where), store.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known:
        raise StoreVersionError(
            f"The database {store.where} was made by a newer digest (schema {current}). "
            "Install that version, or point DIGEST_DATABASE_URL elsewhere; nothing was changed."
        )
    return current != scripts.get_current_head()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
