"""The long-running process, tick by tick, with a clock that tests move."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from digest.model.newsroom import Limits
from digest.night_report import Ending
from digest.schedule import Watch
from digest.store.engine import open_store
from digest.worker import SPENT
from tests.real.deliver.relays import relay
from tests.real.night.conftest import EVENING, Newsroom


class Log:
    """Keeps what is logged."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def info(self, event: str, **values: Any) -> None:
        self.events.append((event, values))

    warning = error = info

    def endings(self) -> list[str]:
        return [values["ending"] for event, values in self.events if event == "night"]


def watch_over(newsroom: Newsroom) -> tuple[Watch, Log]:
    log = Log()
    watch = Watch(newsroom.settings, newsroom.store, newsroom.clock, log, asyncio.Event())
    return watch, log


def tick(watch: Watch) -> None:
    asyncio.run(watch.tick())


def test_the_edition_goes_out_at_its_hour_and_once(newsroom: Newsroom) -> None:
    newsroom.subscribe("a@readers.example")
    newsroom.publish("Ferry stays", at=EVENING - timedelta(hours=2))
    newsroom.now = EVENING - timedelta(seconds=30)
    watch, log = watch_over(newsroom)
    tick(watch)
    assert newsroom.outbox == []
    newsroom.later(seconds=30)
    for _ in range(3):
        tick(watch)
        newsroom.later(seconds=20)
    assert len(newsroom.outbox) == 1
    assert log.endings() == ["sent"]
    restarted, log = watch_over(newsroom)
    tick(restarted)
    assert len(newsroom.outbox) == 1
    assert log.endings() == []


def test_a_story_of_the_last_minutes_is_in(newsroom: Newsroom) -> None:
    newsroom.subscribe("a@readers.example")
    newsroom.publish("Ferry stays", at=EVENING - timedelta(hours=2))
    newsroom.now = EVENING - timedelta(minutes=4)
    watch, _ = watch_over(newsroom)
    tick(watch)
    newsroom.publish("Whale at the wharf", at=EVENING - timedelta(minutes=3))
    newsroom.now = EVENING
    tick(watch)
    assert "Whale at the wharf" in newsroom.outbox[0]


def test_a_night_missed_is_caught_up_within_the_grace_or_reported(newsroom: Newsroom) -> None:
    newsroom.subscribe("a@readers.example")
    newsroom.publish("Ferry stays", at=EVENING - timedelta(hours=2))
    watch, log = watch_over(newsroom)
    newsroom.later(hours=5)
    tick(watch)
    assert log.endings() == ["sent"], "five hours late is within the grace"
    newsroom.publish("Whale seen")
    newsroom.now = EVENING + timedelta(hours=24 + 7)
    for _ in range(2):
        tick(watch)
    missed = [values["day"] for event, values in log.events if event == "night_missed"]
    assert missed == ["2026-03-13"], "seven hours late is not; it is said once"
    newsroom.now = EVENING + timedelta(hours=48)
    tick(watch)
    assert log.endings() == ["sent", "sent"]
    assert "Whale seen" in newsroom.outbox[1] + newsroom.outbox[0]


def test_other_weekdays_rest(newsroom: Newsroom) -> None:
    weekend = replace(newsroom.settings.publications[0], days=(5, 6))
    newsroom.settings = replace(newsroom.settings, publications=(weekend,))
    newsroom.subscribe("a@readers.example")
    newsroom.publish("Ferry stays", at=EVENING - timedelta(hours=2))
    watch, _ = watch_over(newsroom)
    tick(watch)
    assert newsroom.outbox == []
    newsroom.now = EVENING + timedelta(days=2)
    newsroom.publish("Weekend matter")
    tick(watch)
    assert len(newsroom.outbox) == 1


def test_a_skipped_night_is_said_once_and_held_over(newsroom: Newsroom) -> None:
    publication = newsroom.settings.publications[0]
    strict = replace(publication, limits=Limits(min_stories=2))
    newsroom.settings = replace(newsroom.settings, publications=(strict,))
    newsroom.subscribe("a@readers.example")
    newsroom.publish("Ferry stays", at=EVENING - timedelta(hours=2))
    watch, log = watch_over(newsroom)
    for _ in range(3):
        tick(watch)
        newsroom.later(seconds=20)
    assert log.endings() == ["nothing to send"]
    newsroom.now = EVENING + timedelta(hours=24)
    newsroom.publish("Whale seen")
    tick(watch)
    assert "Ferry stays" in newsroom.outbox[0]
    assert "Whale seen" in newsroom.outbox[0]


def test_a_try_ahead_of_the_hour_that_ends_without_an_edition_decides_nothing(
    newsroom: Newsroom,
) -> None:
    newsroom.publish("Ferry stays", at=EVENING - timedelta(hours=6))
    newsroom.now = EVENING - timedelta(hours=5)
    newsroom.gather()
    assert newsroom.send().ending is Ending.NOTHING_TO_SEND, "nobody reads it yet"
    newsroom.subscribe("a@readers.example")
    watch, log = watch_over(newsroom)
    tick(watch)
    assert newsroom.outbox == []
    newsroom.now = EVENING
    for _ in range(3):
        tick(watch)
        newsroom.later(minutes=1)
    assert log.endings() == ["sent"]
    assert len(newsroom.outbox) == 1
    assert "Ferry stays" in newsroom.outbox[0]


def test_a_night_only_tried_ahead_of_its_hour_is_missed_when_nobody_was_there(
    newsroom: Newsroom,
) -> None:
    newsroom.publish("Ferry stays", at=EVENING - timedelta(hours=6))
    newsroom.now = EVENING - timedelta(hours=5)
    newsroom.gather()
    assert newsroom.send().ending is Ending.NOTHING_TO_SEND
    newsroom.subscribe("a@readers.example")
    newsroom.now = EVENING + timedelta(hours=7)
    watch, log = watch_over(newsroom)
    tick(watch)
    missed = [values["day"] for event, values in log.events if event == "night_missed"]
    assert missed == ["2026-03-12"]


def test_two_publications_each_at_their_own_hour(newsroom: Newsroom) -> None:
    kestrel = newsroom.settings.publications[0]
    morning = replace(kestrel, slug="morning", timezone="Europe/Paris", send_at=kestrel.send_at)
    newsroom.settings = replace(newsroom.settings, publications=(kestrel, morning))
    newsroom.publish("Ferry stays", at=EVENING - timedelta(hours=6))
    watch, log = watch_over(newsroom)
    newsroom.now = EVENING - timedelta(hours=3, minutes=59)  # 18:01 in Paris
    tick(watch)
    told = [values["publication"] for event, values in log.events if event == "night"]
    assert told == ["morning"]


def test_a_relay_that_refuses_is_asked_again_minutes_later_not_at_once(
    newsroom: Newsroom,
) -> None:
    newsroom.subscribe("a@readers.example")
    newsroom.publish("Ferry stays", at=EVENING - timedelta(hours=2))
    good = newsroom.settings.smtp_url
    newsroom.settings = replace(newsroom.settings, smtp_url="smtp://127.0.0.1:1")
    watch, log = watch_over(newsroom)
    for _ in range(3):
        tick(watch)
        newsroom.later(seconds=20)
    failures = [values for event, values in log.events if event == "send_failed"]
    assert len(failures) == 1
    assert "refuses the connection" in failures[0]["detail"]
    watch.settings = replace(newsroom.settings, smtp_url=good)
    newsroom.later(minutes=5)
    tick(watch)
    assert log.endings() == ["sent"]
    assert len(newsroom.outbox) == 1
    assert date(2026, 3, 12).isoformat() in str(log.events)


def test_a_warm_up_is_gone_on_with_the_next_day_and_not_at_each_tick(newsroom: Newsroom) -> None:
    newsroom.subscribe("a@readers.example", "b@readers.example", "c@readers.example")
    newsroom.publish("Ferry stays", at=EVENING - timedelta(hours=2))
    watch, log = watch_over(newsroom)
    told: list[list[str]] = []

    async def run() -> int:
        async with relay() as (port, box):
            url = f"smtp://127.0.0.1:{port}?ramp=2"
            watch.settings = replace(newsroom.settings, smtp_url=url)
            # EVENING is 21:00 UTC, by which the days of a warm-up are counted.
            for wait_s in (0, 20, 20, 300, 20, 3 * 3600):
                newsroom.later(seconds=wait_s)
                log.events.clear()
                await watch.tick()
                told.append([values["reason"] for event, values in log.events if event == "night"])
            return len(box.accepted)

    assert asyncio.run(run()) == 3
    assert told == [[SPENT], [], [], [SPENT], [], [""]]


def test_trouble_with_the_database_does_not_end_the_loop(newsroom: Newsroom) -> None:
    newsroom.subscribe("a@readers.example")
    newsroom.publish("Ferry stays", at=EVENING - timedelta(hours=2))
    watch, log = watch_over(newsroom)
    good = watch.store
    watch.store = open_store("postgresql://nobody@127.0.0.1:1/nowhere")
    tick(watch)
    assert [event for event, _ in log.events] == ["tick_failed"]
    watch.store.close()
    watch.store = good
    tick(watch)
    assert log.endings() == ["sent"]


def test_a_night_left_at_the_relay_is_in_the_next_one(newsroom: Newsroom) -> None:
    newsroom.subscribe("a@readers.example")
    newsroom.publish("Monday matter", at=EVENING - timedelta(hours=2))
    good = newsroom.settings
    newsroom.settings = replace(good, smtp_url="smtp://127.0.0.1:1")
    watch, _ = watch_over(newsroom)
    tick(watch)
    newsroom.settings = good
    newsroom.now = EVENING + timedelta(hours=24)
    newsroom.publish("Tuesday matter", at=newsroom.now - timedelta(hours=1))
    watch, log = watch_over(newsroom)
    for _ in range(3):
        tick(watch)
        newsroom.later(minutes=6)
    assert log.endings() == ["sent"]
    assert len(newsroom.outbox) == 1
    assert "Monday matter" in newsroom.outbox[0]
    assert "Tuesday matter" in newsroom.outbox[0]


def test_a_newsroom_that_begins_has_missed_no_night(newsroom: Newsroom) -> None:
    newsroom.subscribe("a@readers.example")
    newsroom.publish("Ferry stays", at=EVENING - timedelta(hours=2))
    watch, log = watch_over(newsroom)
    tick(watch)
    newsroom.later(hours=20)
    tick(watch)
    assert "night_missed" not in [event for event, _ in log.events]


def test_what_was_left_out_of_the_first_night_is_not_late_for_the_second(
    newsroom: Newsroom,
) -> None:
    publication = newsroom.settings.publications[0]
    small = replace(publication, limits=Limits(min_stories=1, max_stories=1))
    newsroom.settings = replace(newsroom.settings, publications=(small,))
    newsroom.subscribe("a@readers.example")
    newsroom.publish("Ferry stays", at=EVENING - timedelta(hours=1))
    newsroom.publish("Older matter", at=EVENING - timedelta(hours=9))
    newsroom.now = EVENING + timedelta(seconds=15)
    watch, log = watch_over(newsroom)
    tick(watch)
    newsroom.now = EVENING + timedelta(hours=24)
    tick(watch)
    assert log.endings() == ["sent", "nothing to send"]
