"""Opening the database, transactions, and its errors in our words. I/O: the database.

SQLite runs in WAL mode with synchronous=FULL, so that what is committed survives a power cut.
Writing transactions begin IMMEDIATE: two writers queue up instead of failing half-way. SQLite
3.7.0 to 3.51.2 can corrupt a WAL that two connections write and checkpoint at once
(sqlite.org/wal.html, "the WAL-reset bug"), so the `pysqlite3` wheel's SQLite is taken wherever the
interpreter's own is older.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from digest.errors import (
    SettingsError,
    StoreError,
    StoreFullError,
    StoreLockedError,
    StoreMissingError,
    StoreReadOnlyError,
)

SOUND_SQLITE = (3, 51, 3)
BUSY_TIMEOUT_S = 10
# A process that was paused in the middle of a transaction must not hold up all others for longer.
HELD_UP_S = 10
EXPECTED_URL = (
    "DIGEST_DATABASE_URL: expected sqlite:///path with three slashes, such as "
    "sqlite:///var/digest.db, or postgresql://user:password@host/name"
)


@dataclass(frozen=True, slots=True)
class Store:
    """An open database. `where` names it for people, without a password."""

    engine: Engine
    where: str

    @property
    def is_sqlite(self) -> bool:
        """Whether it is the one-file default."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One writing transaction: committed at the end, rolled back on any exception."""
        with (
            translated_errors(self.where),
            self.engine.connect().execution_options(digest_write=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One reading transaction: a consistent view, never waits for a writer on SQLite."""
        with translated_errors(self.where), self.engine.connect() as connection:
            yield connection

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def open_store(url: str, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Store:
    """Open `url` (sqlite:///path or postgresql://...). Makes no tables: see migrate.py.

    Raises SettingsError for a URL of another kind, StoreMissingError where the folder is absent.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise SettingsError((EXPECTED_URL,)) from error
    # sqlite://path names a host and no file.
    if parsed.get_backend_name() == "sqlite" and parsed.database and not parsed.host:
        return _open_sqlite(parsed.database, busy_timeout_s)
    if parsed.get_backend_name() == "postgresql":
        return _open_postgresql(url)
    raise SettingsError((EXPECTED_URL,))


def sqlite_module() -> ModuleType:
    """The soundest SQLite at hand: the interpreter's own, or that of the pysqlite3 wheel."""
    if sqlite3.sqlite_version_info >= SOUND_SQLITE:
        return sqlite3
    try:
        import pysqlite3
    except ImportError:
        return sqlite3
    newer: ModuleType = pysqlite3
    return newer


def _open_sqlite(path: str, busy_timeout_s: float) -> Store:
    folder = Path(path).resolve().parent
    if not folder.is_dir():
        raise StoreMissingError(
            f"The folder {folder} for the database is missing. "
            "Make it, or set DIGEST_DATABASE_URL to another place."
        )
    engine = create_engine(
        f"sqlite:///{path}",
        module=sqlite_module(),
        connect_args={"timeout": busy_timeout_s, "check_same_thread": False},
        json_deserializer=_from_json,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return Store(engine, path)


def _from_json(text: str) -> Any:
    # The topics of nearly every reader of a million.
    return [] if text == "[]" else json.loads(text)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not begin transactions by itself: _begin_sqlite does, in the right mode.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    try:
        cursor.execute("PRAGMA journal_mode=WAL")
    except Exception as error:
        # A read-only file can still be read, in whatever mode it was left.
        if "readonly" not in str(error):
            raise
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    is_write = connection.get_execution_options().get("digest_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")


def _open_postgresql(url: str) -> Store:
    parsed = make_url(url).set(drivername="postgresql+psycopg")
    try:
        options = f"-c idle_in_transaction_session_timeout={HELD_UP_S * 1000}"
        engine = create_engine(parsed, pool_pre_ping=True, connect_args={"options": options})
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise StoreError(
            "PostgreSQL needs the `postgres` extra: pip install 'digest[postgres]'"
        ) from error
    return Store(engine, parsed.render_as_string(hide_password=True))


@contextmanager
def translated_errors(where: str) -> Iterator[None]:
    """Turn SQLAlchemy's errors into StoreErrors that say what to do."""
    try:
        yield
    except DBAPIError as error:
        raise _translate(str(error.orig), where) from error


@contextmanager
def translated_driver_errors(where: str) -> Iterator[None]:
    """The same for the errors of the database's own driver."""
    try:
        yield
    except Exception as error:
        # Each driver has a tree of its own; PEP 249 gives only the name of its root.
        if not any(kind.__name__ == "Error" for kind in type(error).__mro__):
            raise
        raise _translate(str(error), where) from error


def _translate(words: str, where: str) -> StoreError:
    text = words.strip()
    low = text.lower()
    if "locked" in low or "busy" in low:
        return StoreLockedError(
            f"The database {where} is held by another process. "
            "Wait for it to finish, or stop it, and run this again; nothing was changed."
        )
    if "readonly" in low or "read-only" in low:
        return StoreReadOnlyError(
            f"The database {where} can't be written. Check the owner and permissions of the file "
            "and its folder."
        )
    if "disk is full" in low or "no space left" in low or "disk i/o error" in low:
        return StoreFullError(
            f"No space left for the database {where}. Free some disk space and run this again; "
            "what was in progress has been rolled back."
        )
    if "unable to open" in low or "connection refused" in low or "connection failed" in low:
        return StoreMissingError(f"The database {where} can't be opened: {_first_line(text)}")
    if "not a database" in low or "malformed" in low:
        return StoreError(f"{where} is not a digest database, or it is damaged: {text}")
    return StoreError(f"The database {where} refused: {_first_line(text)}")


def _first_line(text: str) -> str:
    return text.splitlines()[0] if text else "no reason given"
