"""From night to night: nothing lost, nothing twice, whatever happens in between."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from digest.compose.templates import load_wrap
from digest.errors import RelayError
from digest.files import template_folders
from digest.model.ledger import EditionState
from digest.night import choose_night, freeze_night, night_of
from digest.night_report import Ending
from digest.run import send_night
from digest.store.editions import find_edition
from digest.store.subscribers import find_subscriber, unsubscribe
from tests.real.night.conftest import EVENING, Newsroom


def titles(newsroom: Newsroom, day: date) -> list[str]:
    with newsroom.store.read() as connection:
        record = find_edition(connection, "kestrel", day)
    assert record is not None
    assert record.edition is not None
    return sorted(story.title for story in record.edition.stories)


def test_each_night_has_what_is_new_since_the_last(newsroom: Newsroom) -> None:
    newsroom.subscribe("a@readers.example")
    newsroom.publish("Ferry stays", at=EVENING - timedelta(hours=5))
    newsroom.publish("Ancient matter", at=EVENING - timedelta(hours=30))
    newsroom.gather()
    assert newsroom.send().ending is Ending.SENT
    assert titles(newsroom, date(2026, 3, 12)) == ["Ferry stays"]
    newsroom.later(hours=1)
    newsroom.publish("Late council vote")
    newsroom.later(hours=23)
    newsroom.publish("Whale seen")
    newsroom.gather()
    assert newsroom.send().ending is Ending.SENT
    assert titles(newsroom, date(2026, 3, 13)) == ["Late council vote", "Whale seen"]


def test_a_story_dated_before_the_cut_off_but_seen_after_it_is_not_lost(
    newsroom: Newsroom,
) -> None:
    newsroom.subscribe("a@readers.example")
    newsroom.publish("Ferry stays")
    newsroom.gather()
    newsroom.send()
    newsroom.publish("Filed late", at=EVENING - timedelta(minutes=10))
    newsroom.publish("From the archive", at=EVENING - timedelta(days=9))
    newsroom.later(hours=24)
    newsroom.gather()
    newsroom.send()
    assert titles(newsroom, date(2026, 3, 13)) == ["Filed late"]


def test_a_quiet_night_and_nights_switched_off_lose_nothing(newsroom: Newsroom) -> None:
    newsroom.subscribe("a@readers.example")
    newsroom.publish("Ferry stays")
    newsroom.gather()
    newsroom.send()
    newsroom.later(hours=24)
    assert newsroom.send().ending is Ending.NOTHING_TO_SEND
    newsroom.publish("Friday matter")
    newsroom.gather()
    newsroom.later(hours=72)
    newsroom.publish("Monday matter")
    newsroom.gather()
    newsroom.send()
    assert titles(newsroom, date(2026, 3, 16)) == ["Friday matter", "Monday matter"]


def test_a_publisher_who_changes_guids_does_not_repeat_the_news(newsroom: Newsroom) -> None:
    newsroom.subscribe("a@readers.example")
    newsroom.publish("Ferry stays")
    newsroom.gather()
    newsroom.send()
    newsroom.later(hours=20)
    newsroom.publish("Ferry stays", guid="another-guid")
    newsroom.publish("Whale seen")
    newsroom.gather()
    newsroom.send()
    assert titles(newsroom, date(2026, 3, 13)) == ["Whale seen"]


def test_an_earlier_day_takes_what_had_been_published_by_its_hour(newsroom: Newsroom) -> None:
    newsroom.subscribe("a@readers.example")
    newsroom.publish("By the hour", at=EVENING - timedelta(minutes=1))
    newsroom.publish("After the hour", at=EVENING + timedelta(minutes=1))
    newsroom.later(hours=20)
    newsroom.gather()
    assert newsroom.send(day=date(2026, 3, 12)).ending is Ending.SENT
    assert titles(newsroom, date(2026, 3, 12)) == ["By the hour"]
    newsroom.send()
    assert titles(newsroom, date(2026, 3, 13)) == ["After the hour"]


def test_a_crash_after_the_freeze_changes_neither_stories_nor_readers(
    newsroom: Newsroom,
) -> None:
    newsroom.subscribe("a@readers.example", "b@readers.example", "c@readers.example")
    newsroom.publish("Ferry stays")
    newsroom.gather()
    publication = newsroom.settings.publications[0]
    night = night_of(publication, day=None, now=newsroom.now)
    choice = choose_night(newsroom.store, night, newsroom.settings.feeds)
    templates = load_wrap(template_folders(newsroom.settings.folder))
    freeze_night(newsroom.store, night, choice, templates=templates, now=newsroom.now)
    # ... the process dies here; before it is back a story, a reader come and a reader goes.
    newsroom.later(minutes=10)
    newsroom.publish("Too late for tonight")
    newsroom.gather()
    newsroom.subscribe("d@readers.example")
    with newsroom.store.write() as connection:
        gone = find_subscriber(connection, "kestrel", "b@readers.example")
        assert gone is not None
        unsubscribe(connection, "kestrel", gone.id, source="test", now=newsroom.now)
    report = newsroom.send()
    assert report.ending is Ending.SENT
    assert dict(report.counts) | {"sent": 2, "suppressed": 1} == dict(report.counts)
    assert titles(newsroom, date(2026, 3, 12)) == ["Ferry stays"]
    assert len(newsroom.outbox) == 2
    assert not any("To: d@readers" in one or "To: b@readers" in one for one in newsroom.outbox)


def test_a_night_that_nobody_got_is_in_the_next(newsroom: Newsroom) -> None:
    newsroom.subscribe("a@readers.example")
    newsroom.publish("Monday matter", at=EVENING - timedelta(hours=2))
    newsroom.gather()
    good = newsroom.settings
    newsroom.settings = replace(good, smtp_url="smtp://127.0.0.1:1")
    for _ in range(2):
        with pytest.raises(RelayError):
            newsroom.send()
        newsroom.later(minutes=20)
    newsroom.settings = good
    newsroom.now = EVENING + timedelta(hours=24)
    newsroom.publish("Tuesday matter", at=newsroom.now - timedelta(hours=1))
    newsroom.gather()
    assert newsroom.send().ending is Ending.SENT
    assert titles(newsroom, date(2026, 3, 13)) == ["Monday matter", "Tuesday matter"]
    with newsroom.store.read() as connection:
        monday = find_edition(connection, "kestrel", date(2026, 3, 12))
    assert monday is not None
    assert monday.state is EditionState.CANCELLED
    assert "its stories are in the edition of 2026-03-13" in monday.reason
    assert len(newsroom.outbox) == 1


def test_the_readers_left_of_a_half_sent_night_are_served_before_the_next(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    newsroom.subscribe("a@readers.example", "b@readers.example", "c@readers.example")
    newsroom.publish("Monday matter", at=EVENING - timedelta(hours=2))
    newsroom.gather()
    newsroom.settings = replace(
        newsroom.settings,
        deliver=newsroom.settings.deliver.model_copy(
            update={"connections": 1, "stale_after_h": 30}
        ),
    )
    stop_after_one(newsroom)
    assert len(newsroom.outbox) == 1
    newsroom.now = EVENING + timedelta(hours=24)
    newsroom.publish("Tuesday matter", at=newsroom.now - timedelta(hours=1))
    newsroom.gather()
    newsroom.send()
    assert sum("Monday matter" in one for one in newsroom.outbox) == 3
    assert sum("Tuesday matter" in one for one in newsroom.outbox) == 3
    assert titles(newsroom, date(2026, 3, 13)) == ["Tuesday matter"]


def stop_after_one(newsroom: Newsroom) -> None:
    """Send the night, but ask to stop when one message has left."""

    async def run() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        night = night_of(newsroom.settings.publications[0], day=None, now=newsroom.now)
        await send_night(
            newsroom.settings, newsroom.store, night, clock=newsroom.clock, stop=stop,
            on_outcomes=lambda _outcomes: loop.call_soon_threadsafe(stop.set),
        )  # fmt: skip

    asyncio.run(run())


def test_weeks_without_readers_hold_nothing_over(newsroom: Newsroom) -> None:
    for number in range(5):
        newsroom.publish(f"Old{number} matter", at=newsroom.now - timedelta(hours=2))
        newsroom.gather()
        assert newsroom.send().ending is Ending.NOTHING_TO_SEND
        newsroom.later(hours=24)
    newsroom.subscribe("a@readers.example")
    newsroom.publish("New matter", at=newsroom.now - timedelta(hours=1))
    newsroom.gather()
    newsroom.send()
    assert titles(newsroom, newsroom.now.date()) == ["New matter"]


def test_each_reader_has_their_own_way_out(newsroom: Newsroom) -> None:
    newsroom.subscribe("a@readers.example", "b@readers.example")
    newsroom.publish("Ferry stays")
    newsroom.gather()
    newsroom.send()
    links = {
        line
        for message in newsroom.outbox
        for line in message.splitlines()
        if line.startswith("List-Unsubscribe:")
    }
    assert len(links) == 2
    assert all("<https://wrap.porttide.example/u/" in link for link in links)
    assert all("List-Unsubscribe=One-Click" in message for message in newsroom.outbox)
