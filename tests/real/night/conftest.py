"""A newsroom with a hand-written feed file, a Maildir, and a clock that tests move."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from digest.files import shipped
from digest.model.readers import Consent
from digest.night import night_of
from digest.night_report import NightReport
from digest.run import gather, send_night
from digest.settings.environment import Environment
from digest.settings.load import Settings, settings_from
from digest.store.engine import Store, open_store
from digest.store.migrate import migrate
from digest.store.subscribers import add_subscriber

EVENING = datetime(2026, 3, 12, 21, 0, tzinfo=UTC)  # 18:00 in Halifax


@dataclass
class Newsroom:
    """Settings, store and clock; `publish` puts a story into the feed."""

    settings: Settings
    store: Store
    now: datetime = EVENING
    items: str = ""

    def clock(self) -> datetime:
        return self.now

    def publish(self, title: str, *, at: datetime | None = None, guid: str | None = None) -> None:
        when = format_datetime(at or self.now)
        word = title.split()[0].lower()
        self.items += (
            f"<item><title>{title}</title><guid>{guid or title}</guid><pubDate>{when}</pubDate>"
            f"<link>https://tide.example/{title.replace(' ', '-')}</link>"
            f"<description>{f'{word}ish {word}ward ' * 12}</description></item>"
        )
        (self.settings.folder / "feed.xml").write_text(
            f'<rss version="2.0"><channel><title>T</title>{self.items}</channel></rss>', "utf-8"
        )

    def subscribe(self, *addresses: str) -> None:
        with self.store.write() as connection:
            for address in addresses:
                add_subscriber(
                    connection, publication="kestrel", address=address, as_given=address,
                    name="", language=None, topics=(), consented=Consent(source="test"),
                    now=self.now,
                )  # fmt: skip

    def gather(self) -> None:
        asyncio.run(gather(self.settings, self.store, clock=self.clock, is_forced=True))

    def send(self, day: date | None = None) -> NightReport:
        async def run() -> NightReport:
            night = night_of(self.settings.publications[0], day=day, now=self.now)
            reports = await send_night(
                self.settings, self.store, night, clock=self.clock, stop=asyncio.Event(),
                is_eager=True,
            )  # fmt: skip
            return reports[-1]

        return asyncio.run(run())

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    @property
    def outbox(self) -> list[str]:
        """The messages so far, decoded enough to look for headlines in them."""
        folder = self.settings.folder / "outbox" / "new"
        if not folder.exists():
            return []
        return [path.read_text("ascii").replace("=\n", "").replace("=\r\n", "")
                for path in sorted(folder.iterdir())]  # fmt: skip


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    """One publication that takes one story and more, one feed, no readers yet."""
    (tmp_path / "config").mkdir()
    (tmp_path / "var").mkdir()
    text = (shipped("config") / "digest.toml").read_text("utf-8")
    text = text[: text.index("\n[[feeds]]")].replace("min_stories = 3", "min_stories = 1")
    text += '\n[[feeds]]\nname = "tide"\nurl = "file:feed.xml"\nis_own = true\n'
    (tmp_path / "config" / "digest.toml").write_text(text, "utf-8")
    environment = Environment.model_construct(
        database_url=SecretStr("sqlite:///var/digest.db"),
        smtp_url=SecretStr("maildir:outbox"),
        base_url="https://wrap.porttide.example",
        secret_key=SecretStr("k" * 32),
    )
    settings = settings_from(environment, tmp_path)
    store = open_store(settings.database_url)
    migrate(store)
    return Newsroom(settings, store)
