"""Going on with what was paused, as long as it is news."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from digest.night import night_of
from digest.night_report import Ending, NightReport
from digest.run import send_night
from digest.store.deliveries import progress
from digest.store.editions import list_editions, pause_edition
from tests.cli.serving import relaying
from tests.real.deliver.relays import replying
from tests.real.night.conftest import EVENING, Newsroom

BUSY = replying("RCPT", "451 4.2.1 busy", when=lambda _server, argument: "b@" in argument)


def resume(newsroom: Newsroom) -> tuple[NightReport, ...]:
    async def run() -> tuple[NightReport, ...]:
        night = night_of(newsroom.settings.publications[0], day=None, now=newsroom.now)
        return await send_night(
            newsroom.settings, newsroom.store, night, clock=newsroom.clock, stop=asyncio.Event(),
            is_eager=True, is_resuming=True,
        )  # fmt: skip

    return asyncio.run(run())


def pause_half_way(newsroom: Newsroom) -> int:
    """Tonight's edition: one reader has got it, one not yet. Its id."""
    newsroom.subscribe("a@readers.example", "b@readers.example")
    newsroom.publish("Ferry stays", at=EVENING - timedelta(hours=2))
    newsroom.gather()
    maildir = newsroom.settings
    with relaying(BUSY) as (relay, _):
        newsroom.settings = replace(maildir, smtp_url=relay["DIGEST_SMTP_URL"])
        assert newsroom.send().ending is Ending.INCOMPLETE
    newsroom.settings = maildir
    with newsroom.store.write() as connection:
        (record,) = list_editions(connection)
        assert pause_edition(connection, record.id, reason="12 of 100 addresses are dead")
        return record.id


def test_an_earlier_night_is_resumed_while_it_is_news(newsroom: Newsroom) -> None:
    newsroom.settings = replace(
        newsroom.settings,
        deliver=newsroom.settings.deliver.model_copy(update={"stale_after_h": 48}),
    )
    pause_half_way(newsroom)
    newsroom.later(hours=24)
    newsroom.publish("Whale seen")
    newsroom.gather()
    assert [report.ending for report in resume(newsroom)] == [Ending.SENT, Ending.SENT]
    assert len(newsroom.outbox) == 3


def test_an_earlier_night_that_is_old_news_keeps_nobody_from_tonights(newsroom: Newsroom) -> None:
    edition_id = pause_half_way(newsroom)
    newsroom.later(hours=24)
    newsroom.publish("Whale seen")
    newsroom.gather()
    earlier, tonight = resume(newsroom)
    assert (earlier.ending, tonight.ending) == (Ending.PAUSED, Ending.SENT)
    assert len(newsroom.outbox) == 2
    with newsroom.store.read() as connection:
        counts = progress(connection, edition_id)
    assert (counts["sent"], counts["deferred"], counts["expired"]) == (1, 1, 0)
