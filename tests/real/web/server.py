"""A real server on a free port with two publications, one of them French, and its readers."""

import asyncio
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
from sqlalchemy import select

from digest.model.edition import Edition
from digest.model.newsroom import Publication, Section
from digest.model.readers import Consent, Subscriber
from digest.settings.load import Settings
from digest.settings.newsroom import DeliverTable, GatherTable, KeepTable, WebTable
from digest.store.editions import create_edition, finish_edition
from digest.store.engine import Store
from digest.store.schema import consent, subscription, suppression
from digest.store.subscribers import add_subscriber
from digest.subscribe.token import make_token
from digest.web.connection import Patience
from digest.web.serve import PATIENCE, serve
from digest.web.site import Clock
from tests.unit.compose.editions import EDITION, FRENCH, KEY, PUBLICATION
from tests.unit.compose.wrap import body_of

NOW = datetime(2026, 3, 13, 12, 0, tzinfo=UTC)
BASE_URL = "https://wrap.porttide.example"
SECTIONS = (Section("news", "News"), Section("council", "Town Hall"), Section("sports", "Sports"))
ENGLISH_ONE = replace(PUBLICATION, sections=SECTIONS)
FRENCH_ONE = replace(FRENCH, sections=(Section("une", "À la une"),))
SLUG, FRENCH_SLUG = ENGLISH_ONE.slug, FRENCH_ONE.slug
ONE_CLICK = "List-Unsubscribe=One-Click"


def settings_for(
    folder: Path,
    *publications: Publication,
    base_url: str | None = BASE_URL,
    key: bytes | None = KEY,
    port: int = 0,
) -> Settings:
    return Settings(
        folder=folder,
        config_file=folder / "digest.toml",
        database_url="",
        smtp_url="",
        base_url=base_url,
        secret_key=key,
        publications=publications or (ENGLISH_ONE, FRENCH_ONE),
        feeds=(),
        gather=GatherTable(contact="https://www.porttide.example/contact"),
        deliver=DeliverTable(),
        keep=KeepTable(),
        web=WebTable.model_construct(host="127.0.0.1", port=port),
    )


@contextmanager
def serving(
    settings: Settings,
    store: Store,
    *,
    now: datetime = NOW,
    clock: Clock | None = None,
    patience: Patience = PATIENCE,
) -> Iterator[str]:
    """Serve in a thread of its own while the block runs; the address, without a slash at its end.
    What the server raises is raised here. Without a `clock` it is always `now`."""
    started: queue.Queue[str | BaseException] = queue.Queue()
    ends: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def main() -> None:
        stop = asyncio.Event()
        ends.append((asyncio.get_running_loop(), stop))
        clocked = clock or (lambda: now)
        await serve(
            settings, store, clock=clocked, stop=stop, on_start=started.put, patience=patience
        )  # fmt: skip

    def run() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:
            started.put(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    address = started.get(timeout=30)
    if isinstance(address, BaseException):
        raise address
    try:
        yield address.rstrip("/")
    finally:
        loop, stop = ends[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=30)
        assert not thread.is_alive()


@dataclass(frozen=True)
class Web:
    """The running server and what stands in its store."""

    client: httpx.Client
    store: Store
    settings: Settings

    def subscribe(self, address: str, slug: str = SLUG, *, topics: tuple[str, ...] = ()) -> int:
        """A confirmed reader's id."""
        with self.store.write() as connection:
            reader: Subscriber = add_subscriber(
                connection, publication=slug, address=address, as_given=address, name="",
                language=None, topics=topics, consented=Consent(source="test"), now=NOW,
            )  # fmt: skip
        return reader.id

    def publish(self, edition: Edition = EDITION, *, subject: str = "") -> int:
        """A sent edition's id."""
        body = body_of(edition)
        with self.store.write() as connection:
            record = create_edition(
                connection, edition, subject=subject or body.subject, html=body.html,
                text=body.text, created_at=edition.cutoff, recipient_ids=(),
            )  # fmt: skip
            assert finish_edition(connection, record.id, now=NOW)
        return record.id

    def readers_state(self) -> list[tuple[object, ...]]:
        """Every row that says who gets mail, and what was noted about it."""
        with self.store.read() as connection:
            tables = (subscription, consent, suppression)
            return [
                tuple(row) for table in tables for row in connection.execute(select(table)).all()
            ]


def path_for(
    subscriber_id: int, *, door: str = "u", purpose: str = "", slug: str = SLUG, key: bytes = KEY
) -> str:
    """A reader's link as the mail has it; `purpose` where it is not the door's own."""
    own = {"u": "unsubscribe", "p": "preferences", "b": "goodbye", "r": "goodbye"}[door]
    token = make_token(
        key, purpose=purpose or own, subscriber_id=subscriber_id, publication=slug
    )  # fmt: skip
    return f"/{door}/{token}"


def edition_of(day: date, title: str) -> Edition:
    """The sample edition on another day, under another headline."""
    return replace(EDITION, day=day, lead=replace(EDITION.lead, title=title))
