"""What every ring shares: the `store` on both databases, and tests that need a server installed."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, text

from digest.store.engine import Store, open_store
from digest.store.migrate import migrate
from tests.postgres import Postgres, started_postgres

# No timing is asserted, and on CI the same examples are tried each time: what it finds must be what
# the change has done.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "here")

NEEDS = {
    "needs_postgres": (("initdb", "/usr/lib/postgresql/*/bin"), "postgresql"),
    "needs_postfix": (("postfix", "/usr/sbin"), "postfix"),
    "needs_chromium": (("chromium", "/usr/bin"), "chromium"),
}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a server that is absent; on CI such a skip is a failure."""
    for marker, ((program, folders), package) in NEEDS.items():
        if item.get_closest_marker(marker) is None or find_program(program, folders):
            continue
        reason = f"{program} is not installed: apt-get install {package}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)


def find_program(program: str, folders: str) -> Path | None:
    """The newest of the program in the folders (a glob), else on the PATH."""
    found = sorted(Path("/").glob(f"{folders.lstrip('/')}/{program}"))
    on_path = shutil.which(program)
    return found[-1] if found else Path(on_path) if on_path else None


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """An empty migrated SQLite store in its own file."""
    store = open_store(f"sqlite:///{tmp_path / 'digest.db'}")
    migrate(store)
    yield store
    store.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of this test run's own, with a migrated template database."""
    initdb = find_program(*NEEDS["needs_postgres"][0])
    assert initdb is not None
    with started_postgres(initdb.parent) as server:
        store = open_store(server.url("postgres"))
        migrate(store)
        store.close()
        yield server


@pytest.fixture
def postgres_store(postgres: Postgres) -> Iterator[Store]:
    """An empty migrated database of its own on the PostgreSQL server."""
    name = postgres.next_name()
    admin = create_engine(
        postgres.url("template1").replace("postgresql:", "postgresql+psycopg:"),
        isolation_level="AUTOCOMMIT",
    )
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE postgres"))
    store = open_store(postgres.url(name))
    yield store
    store.close()
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=pytest.mark.needs_postgres)],
)
def store(request: pytest.FixtureRequest) -> Store:
    """The same test on SQLite and, where it is installed, on PostgreSQL."""
    found: Store = request.getfixturevalue(f"{request.param}_store")
    return found
