"""Readers who leave, pause or are forgotten on their page while the edition goes out: over real
sockets, the page's and the relay's."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from digest.night import night_of
from digest.night_report import NightReport
from digest.run import send_night
from digest.settings.newsroom import WebTable
from digest.store.dossier import open_dossier
from digest.store.forgetting import forget
from digest.store.subscribers import find_subscriber
from digest.subscribe.token import make_token
from tests.real.deliver.relays import Mailbox, relay
from tests.real.night.conftest import Newsroom
from tests.real.web.server import serving

N = 40
LAST = f"reader{N}@readers.example"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


class LeavesMeanwhile(Mailbox):
    """While it takes the third message, somebody who waits for theirs does something, and three
    seconds pass."""

    def __init__(self, room: Newsroom, deed: Callable[[], object]) -> None:
        super().__init__()
        self.room, self.deed = room, deed

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        if len(self.accepted) == 3:
            await asyncio.to_thread(self.deed)
            self.room.later(seconds=3)
        return answer


def link(room: Newsroom, purpose: str) -> str:
    slug, key = room.settings.publications[0].slug, room.settings.secret_key
    assert key is not None
    with room.store.read() as connection:
        reader = find_subscriber(connection, slug, LAST)
    assert reader is not None
    token = make_token(key, purpose=purpose, subscriber_id=reader.id, publication=slug)
    return f"/{purpose[0]}/{token}"


def sent_while(room: Newsroom, deed: Callable[[], object]) -> tuple[NightReport, list[str]]:
    """The night's report, and whom the relay has a message for."""

    async def run() -> tuple[NightReport, list[str]]:
        async with relay(LeavesMeanwhile(room, deed)) as (port, box):
            url = f"smtp://127.0.0.1:{port}?connections=1"
            settings = replace(room.settings, smtp_url=url)
            night = night_of(settings.publications[0], day=None, now=room.now)
            reports = await send_night(
                settings, room.store, night, clock=room.clock, stop=asyncio.Event(), is_eager=True
            )
            return reports[-1], box.addresses

    return asyncio.run(run())


@pytest.mark.parametrize(
    "how", ["one click", "multipart", "button", "pause", "weekend", "forgotten"]
)
def test_who_is_gone_before_their_message_leaves_is_not_sent_it(
    newsroom: Newsroom, how: str
) -> None:
    newsroom.publish("Harbour ferry gets five more years")
    newsroom.subscribe(*(f"reader{n}@readers.example" for n in range(1, N + 1)))
    newsroom.gather()
    newsroom.later(minutes=1)
    unsubscribe, preferences = link(newsroom, "unsubscribe"), link(newsroom, "preferences")
    topics = {f"topic-{one.slug}": "1" for one in newsroom.settings.publications[0].sections}
    form = {"form": "preferences", "frequency": "nightly", **topics}
    pages = WebTable.model_construct(host="127.0.0.1", port=0)
    settings = replace(newsroom.settings, web=pages)
    with serving(settings, newsroom.store, now=newsroom.now) as address:

        def deed() -> None:
            if how == "forgotten":
                with newsroom.store.write() as connection:
                    forget(connection, open_dossier(connection, LAST), hashed="a" * 64,
                           now=newsroom.now)  # fmt: skip
                return
            said: dict[str, dict[str, Any]] = {
                "one click": {"data": ONE_CLICK},
                "multipart": {"files": {"List-Unsubscribe": (None, "One-Click")}},
                "button": {"data": {"answer": "page"}},
                "pause": {"data": {**form, "pause": "1"}},
                "weekend": {"data": {**form, "frequency": "weekend"}},
            }
            path = preferences if how in ("pause", "weekend") else unsubscribe
            assert httpx.post(address + path, **said[how]).status_code == 200

        report, got = sent_while(newsroom, deed)
    assert LAST not in got
    assert len(got) == len(set(got)) == N - 1
    assert report.counts["suppressed"] == 1
    assert report.counts["sent"] == N - 1
