"""Opening the database: what works on both, and each way in which it can refuse."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from digest.errors import (
    SettingsError,
    StoreError,
    StoreLockedError,
    StoreMissingError,
    StoreReadOnlyError,
    StoreVersionError,
)
from digest.store.engine import SOUND_SQLITE, Store, open_store, sqlite_module
from digest.store.migrate import MIGRATIONS, migrate, revisions
from digest.store.schema import metadata
from digest.store.trial import try_to_write

INSERT = text("INSERT INTO feed_state (name, url, failures, is_gone) VALUES (:name, 'u', 0, false)")
COUNT = text("SELECT count(*) FROM feed_state")

FILL_THE_DISK = """
import resource, signal, sys
from sqlalchemy import text
from digest.store.engine import open_store
from digest.store.migrate import MIGRATIONS, migrate, revisions
from digest.errors import StoreFullError

insert = text("INSERT INTO feed_state (name, url, failures, is_gone) VALUES (:n, :u, 0, false)")
store = open_store("sqlite:///" + sys.argv[1])
migrate(store)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
try:
    with store.write() as connection:
        for number in range(200):
            connection.execute(insert, {"n": str(number), "u": "x" * 20_000})
except StoreFullError as error:
    print(error)
"""

EMPTY_AS_NOBODY = """
import os, sys
import alembic
from sqlalchemy import text
from digest.errors import StoreReadOnlyError
from digest.store.engine import open_store
from digest.store.trial import try_to_write

os.setuid(65534)
store = open_store("sqlite:///" + sys.argv[1])
try:
    with store.write() as connection:
        connection.execute(text("DELETE FROM feed_state"))
except StoreReadOnlyError as error:
    print(error)
try:
    try_to_write(store)
except StoreReadOnlyError as error:
    print(error)
"""


def test_migrating_twice_changes_nothing(store: Store) -> None:
    migrate(store)
    assert migrate(store) is False


def test_migrations_make_the_schema(store: Store) -> None:
    with store.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_failing_transaction_leaves_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.write() as connection:
        connection.execute(INSERT, {"name": "a"})
        _ = 1 / 0
    with store.read() as connection:
        assert connection.execute(COUNT).scalar() == 0


def test_sqlite_is_sound_and_durable(sqlite_store: Store) -> None:
    assert sqlite_module().sqlite_version_info >= SOUND_SQLITE
    with sqlite_store.read() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2


def test_locked(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'digest.db'}"
    holder, late = open_store(url), open_store(url, busy_timeout_s=0.1)
    migrate(holder)
    with holder.write() as connection:
        connection.execute(INSERT, {"name": "a"})
        with pytest.raises(StoreLockedError, match="held by another process"):
            late.write().__enter__()
    with late.read() as connection:
        assert connection.execute(COUNT).scalar() == 1
    holder.close()
    late.close()


def test_read_only(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    store = open_store(f"sqlite:///{path}")
    migrate(store)
    store.close()
    if os.geteuid() == 0:
        _expect_refusal_as_nobody(path)
        return
    path.chmod(stat.S_IRUSR)
    with pytest.raises(StoreReadOnlyError), open_store(f"sqlite:///{path}").write() as connection:
        connection.execute(INSERT, {"name": "a"})
    with pytest.raises(StoreReadOnlyError):
        try_to_write(open_store(f"sqlite:///{path}"))


def _expect_refusal_as_nobody(path: Path) -> None:
    """Root may write everything, so the attempt is made by another user, in another process."""
    for parent in (path.parent, *path.parents[1:-1]):
        if parent.owner() == "root":
            parent.chmod(parent.stat().st_mode | 0o055)
    path.chmod(0o444)
    done = _run_script(EMPTY_AS_NOBODY, path)
    assert done.stdout.count("can't be written") == 2, done.stdout + done.stderr


def _run_script(script: str, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, str(path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )


def test_a_trial_leaves_nothing(store: Store) -> None:
    try_to_write(store)
    try_to_write(store)
    with store.read() as connection:
        assert connection.execute(COUNT).scalar() == 0


def test_a_trial_really_writes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'digest.db'}"
    holder, late = open_store(url), open_store(url, busy_timeout_s=0.1)
    migrate(holder)
    with holder.write() as connection:
        connection.execute(INSERT, {"name": "a"})
        with pytest.raises(StoreLockedError):
            try_to_write(late)
    holder.close()
    late.close()


def test_disk_full(tmp_path: Path) -> None:
    """A file size limit refuses the write just as a full disk does."""
    path = tmp_path / "digest.db"
    done = _run_script(FILL_THE_DISK, path)
    assert "No space left" in done.stdout, done.stderr
    store = open_store(f"sqlite:///{path}")
    with store.read() as connection:
        assert connection.execute(COUNT).scalar() == 0, "half-written"
    store.close()


def test_newer_schema(store: Store) -> None:
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreVersionError, match="newer digest"):
        migrate(store)


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(StoreMissingError, match="folder"):
        open_store(f"sqlite:///{tmp_path / 'nowhere' / 'digest.db'}")


def test_not_a_database(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    path.write_text("this is a letter, not a database\n" * 100)
    with pytest.raises(StoreError, match="not a digest database"):
        migrate(open_store(f"sqlite:///{path}"))


@pytest.mark.parametrize(
    "url",
    [
        "mysql://x/y",
        "nonsense",
        "",
        "postgres",
        "sqlite://",
        "sqlite:///",
        "sqlite://digest.db",
        "sqlite://var/digest.db",
    ],
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="DIGEST_DATABASE_URL: expected sqlite:///path"):
        open_store(url)


def test_postgresql_not_there() -> None:
    with pytest.raises(StoreMissingError, match="can't be opened") as caught:
        migrate(open_store("postgresql://who:secret@127.0.0.1:1/none"))
    assert "secret" not in str(caught.value)


def test_migrations_are_named_by_their_revisions() -> None:
    """The quick look at a database goes by the names; Alembic by what is in them."""
    walked = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]
    assert revisions() == tuple(reversed(walked))
