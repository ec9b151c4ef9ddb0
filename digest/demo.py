"""The sample town's night from end to end: feeds over HTTP, readers, a real SMTP conversation.
I/O: a folder, two loopback servers; the environment is not asked, so nothing else can be reached.
"""

import asyncio
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pydantic import SecretStr

from digest.catcher import Catcher, catching
from digest.choose.window import due_at, is_publishing, local_day
from digest.files import shipped
from digest.model.edition import Edition
from digest.model.feeds import FeedResult
from digest.model.newsroom import Publication
from digest.night import night_of
from digest.night_report import NightReport
from digest.roster import import_file
from digest.run import gather, send_night
from digest.sample import WRITTEN_FOR, is_feed, shift
from digest.settings.environment import Environment
from digest.settings.load import Settings, settings_from
from digest.store.editions import find_edition
from digest.store.engine import Store, open_store
from digest.store.migrate import migrate

# The sample's pictures live at this address, which exists only in the sample.
PICTURES = "https://www.porttide.example/images/"
BASE_URL = "https://wrap.porttide.example"
KEY = "the demo's key protects nothing but fiction"


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo did and where it left it."""

    folder: Path
    feeds: tuple[FeedResult, ...]
    n_readers: int
    edition: Edition
    report: NightReport
    messages: tuple[Path, ...]


def run_demo(folder: Path, *, now: datetime, say: Callable[[str], None]) -> Demo:
    """Make `folder` anew and run the night of the latest 18:00 in it; `say` gets each step."""
    if folder.exists():
        shutil.rmtree(folder)
    for part in ("config", "var"):
        (folder / part).mkdir(parents=True)
    shipped_settings = _settings(shipped("config").parent, smtp_port=0)
    at = latest_hour(shipped_settings.publications[0], now)
    with _serving_sample(at) as address:
        say(f"the town's feeds are served at {address}")
        config = (shipped("config") / "digest.toml").read_text(encoding="utf-8")
        config = config.replace("file:config/sample/", address)
        config = config.replace("allow_private_addresses = false", "allow_private_addresses = true")
        (folder / "config" / "digest.toml").write_text(config, encoding="utf-8")
        return asyncio.run(_night(folder, at, say))


async def _night(folder: Path, at: datetime, say: Callable[[str], None]) -> Demo:
    async with catching(folder / "messages") as catcher:
        settings = _settings(folder, catcher.port)
        store = open_store(settings.database_url)
        try:
            migrate(store)
            return await _steps(settings, store, catcher, at, say)
        finally:
            store.close()


async def _steps(
    settings: Settings,
    store: Store,
    catcher: Catcher,
    at: datetime,
    say: Callable[[str], None],
) -> Demo:
    publication = settings.publications[0]
    readers = import_file(
        store,
        shipped("config") / "sample" / "subscribers.csv",
        publication=publication.slug,
        now=at,
    )
    say(f"{readers.n_added} readers imported, {readers.n_suppressed} who had left were kept out")
    feeds = await gather(settings, store, clock=lambda: at)
    say(f"{sum(feed.n_new for feed in feeds)} entries gathered from {len(feeds)} feeds")
    *_, report = await send_night(
        settings,
        store,
        night_of(publication, day=None, now=at),
        clock=lambda: at,
        stop=asyncio.Event(),
    )
    say(f"{len(catcher.caught)} messages delivered over SMTP to 127.0.0.1:{catcher.port}")
    _bring_pictures(settings.folder / "messages", catcher)
    return Demo(
        folder=settings.folder,
        feeds=feeds,
        n_readers=readers.n_added,
        edition=_edition(store, report),
        report=report,
        messages=tuple(catcher.caught),
    )


def latest_hour(publication: Publication, now: datetime) -> datetime:
    """The last instant at which an edition was due."""
    day = local_day(publication, now)
    while not is_publishing(publication, day) or due_at(publication, day) > now:
        day -= timedelta(days=1)
    return due_at(publication, day)


def _edition(store: Store, report: NightReport) -> Edition:
    with store.read() as connection:
        record = find_edition(connection, report.publication, report.day)
    if record is None or record.edition is None:
        raise LookupError(f"the sample made no edition: {report.reason}")
    return record.edition


def _settings(folder: Path, smtp_port: int) -> Settings:
    environment = Environment.model_construct(
        database_url=SecretStr("sqlite:///var/digest.db"),
        smtp_url=SecretStr(f"smtp://127.0.0.1:{smtp_port}"),
        base_url=BASE_URL,
        secret_key=SecretStr(KEY),
    )
    return settings_from(environment, folder)


def _bring_pictures(folder: Path, catcher: Catcher) -> None:
    """The .html files show the pictures that lie beside them; the .eml files stay as sent."""
    shutil.copytree(shipped("config") / "sample" / "images", folder / "images")
    for message in catcher.caught:
        page = message.with_suffix(".html")
        html = page.read_text(encoding="utf-8")
        page.write_text(html.replace(PICTURES, "images/"), encoding="utf-8")


@contextmanager
def _serving_sample(at: datetime) -> Iterator[str]:
    """Serve the sample's feeds, moved to that evening, while the block runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(_moved_feeds(at)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _moved_feeds(at: datetime) -> dict[str, bytes]:
    """Whole days: the texts say "this morning", so hours must stay."""
    days = (at - WRITTEN_FOR).days
    folder = shipped("config") / "sample"
    return {
        f"/{path.name}": shift(path.read_text(encoding="utf-8"), timedelta(days=days)).encode()
        for path in folder.iterdir()
        if is_feed(path.name)
    }


def _handler(files: dict[str, bytes]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = files.get(self.path)
            self.send_response(200 if body is not None else 404)
            kind = "application/json" if self.path.endswith(".json") else "application/xml"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_args: object) -> None:
            pass

    return Handler
