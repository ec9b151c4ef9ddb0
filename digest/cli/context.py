"""What every command starts from: the settings of this folder and the open store. I/O: both."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # commands import late: `digest --help` must come at once
    from digest.settings.load import Settings
    from digest.store.engine import Store


@dataclass(frozen=True, slots=True)
class Context:
    """The settings, and the migrated store."""

    settings: "Settings"
    store: "Store"


@contextmanager
def open_context() -> Iterator[Context]:
    """Load the settings of the current folder and open its store, making it when new."""
    from digest.settings.load import load_settings
    from digest.store.engine import open_store
    from digest.store.migrate import migrate

    settings = load_settings(Path.cwd())
    settings.var.mkdir(exist_ok=True)
    store = open_store(settings.database_url)
    try:
        migrate(store)
        yield Context(settings, store)
    finally:
        store.close()
