"""The server and its client, new for each test."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from digest.store.engine import Store
from tests.real.web.server import Web, serving, settings_for


@pytest.fixture
def web(tmp_path: Path, sqlite_store: Store) -> Iterator[Web]:
    """On SQLite; httpx follows no redirect by itself."""
    settings = settings_for(tmp_path)
    with (
        serving(settings, sqlite_store) as address,
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        yield Web(client, sqlite_store, settings)


@pytest.fixture
def web_on_both(tmp_path: Path, store: Store) -> Iterator[Web]:
    """The same on SQLite and, where it is installed, on PostgreSQL."""
    settings = settings_for(tmp_path)
    with (
        serving(settings, store) as address,
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        yield Web(client, store, settings)
