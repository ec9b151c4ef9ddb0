"""The edition, the readers and the settings that all who deliver here share. I/O: the store and the
templates' folder.
"""

import json
from pathlib import Path

from sqlalchemy import bindparam, text

from digest.compose.render import WrapTemplates
from digest.compose.templates import load_wrap
from digest.model.edition import Edition
from digest.model.message import Recipient
from digest.press import Press
from digest.store.engine import Store, open_store
from digest.store.migrate import migrate
from digest.store.schema import Instant
from tests.unit.compose.editions import CUTOFF, KEY, PUBLICATION, large_edition

N_STORIES = 8  # with the templates as they are, a message of some 40 KB
BASE_URL = "https://wrap.porttide.example"
# Every fifth name goes the long way into a header: it is not ASCII, or needs quotes.
NAMES = ("Ada MacNeil", "", "Zoë d'Entremont", "Jean-Luc Comeau", "Bertram Oake")

_NUMBERS = "WITH RECURSIVE number(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < :n) "
_SUBSCRIBERS = _NUMBERS + (
    "INSERT INTO subscriber (id, address, address_as_given, name, created_at) "
    "SELECT i, printf('reader%07d@readers.example', i), printf('reader%07d@readers.example', i), "
    "json_extract(:names, '$[' || (i % :n_names) || ']'), :now FROM number"
)
_SUBSCRIPTIONS = _NUMBERS + (
    "INSERT INTO subscription (subscriber_id, publication, state, topics, created_at, changed_at) "
    "SELECT i, :slug, 'confirmed', '[]', :now, :now FROM number"
)


def store_in(folder: str) -> Store:
    """The newsroom's database of that folder."""
    return open_store(f"sqlite:///{folder}/digest.db")


def put_readers(folder: str, n: int, publication: str = PUBLICATION.slug) -> None:
    """A new database with confirmed readers 1 to n."""
    store = store_in(folder)
    migrate(store)
    instant = bindparam("now", type_=Instant)
    with store.write() as connection:
        values = {"n": n, "now": CUTOFF}
        subscribers = text(_SUBSCRIBERS).bindparams(instant)
        names = {"names": json.dumps(NAMES), "n_names": len(NAMES)}
        connection.execute(subscribers, values | names)
        subscriptions = text(_SUBSCRIPTIONS).bindparams(instant)
        connection.execute(subscriptions, {**values, "slug": publication})
    store.close()


def reader(number: int) -> Recipient:
    """As put_readers() keeps them."""
    name = NAMES[number % len(NAMES)]
    return Recipient(number, f"reader{number:07d}@readers.example", name)


def templates() -> WrapTemplates:
    """Those of the repository."""
    return load_wrap([Path(__file__).parents[1] / "templates"])


def edition() -> Edition:
    """What everybody gets: all of its stories."""
    return large_edition(N_STORIES)


def press() -> Press:
    """What prints it, for those who do not send from a store."""
    return Press(edition(), PUBLICATION, templates(), created_at=CUTOFF, base_url=BASE_URL, key=KEY)
