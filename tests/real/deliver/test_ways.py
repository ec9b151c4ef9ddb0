"""Several relays: shares, failover, rates, warm-up; what pauses an edition or holds a reader."""

import asyncio
import time
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import update

from digest.deliver.line import line_opener
from digest.deliver.options import RelayOptions
from digest.deliver.relay import parse_relay
from digest.model.ledger import DeliveryReport, DeliveryState, EditionState
from digest.store.attempts import count_attempts
from digest.store.editions import get_edition, resume_edition
from digest.store.engine import Store
from digest.store.relay_days import carried
from digest.store.schema import subscriber
from digest.way import Way
from digest.worker import ASKED_TO_STOP, SPENT
from tests.real.deliver.relays import (
    AnswersBody,
    FallsSilent,
    HangsUp,
    Mailbox,
    StopsAfter,
    relay,
    replying,
)
from tests.real.deliver.runs import Newsroom, newsroom, until
from tests.real.store.ledger import address_of, states

EVERYBODY = {address_of(number): 1 for number in range(1, 61)}


# So slow that whoever waits for the next turn is seen to wait.
SLOW = 0.01


def way(
    port: int, label: str, *, quota: int | None = None, timeout_s: float = 10, **options: Any
) -> Way:
    used = RelayOptions(**options)
    opener = line_opener(
        parse_relay(f"smtp://127.0.0.1:{port}"),
        local_hostname="h.example",
        timeout_s=timeout_s,
        max_messages=used.per_connection,
        in_flight=used.in_flight,
    )
    return Way(label, opener, used, quota)


def run_over_one(
    room: Newsroom,
    box: Mailbox | None = None,
    *,
    kind: Any = None,
    stop: asyncio.Event | None = None,
    **options: Any,
) -> tuple[DeliveryReport, Mailbox]:
    """Deliver over relay `a` with these options; a run that sleeps for a turn is ended."""

    async def run() -> tuple[DeliveryReport, Mailbox]:
        server = relay(box, *([kind] if kind else []))
        async with server as (port, box_), asyncio.timeout(1 / SLOW / 2):
            return await room.run(0, ways=(way(port, "smtp://a", **options),), stop=stop), box_

    return asyncio.run(run())


def run_over_two(
    room: Newsroom, first: dict[str, Any], second: dict[str, Any], *, kind: Any = None
) -> tuple[DeliveryReport, Mailbox, Mailbox]:
    """Deliver over relays `a` and `b` with these options; `kind` is the kind of server of `b`."""

    async def run() -> tuple[DeliveryReport, Mailbox, Mailbox]:
        async with relay() as (one, box), relay(None, *([kind] if kind else [])) as (two, other):
            ways = (way(one, "smtp://a", **first), way(two, "smtp://b", **second))
            return await room.run(0, ways=ways), box, other

    return asyncio.run(run())


def test_each_relay_has_its_share(store: Store) -> None:
    room = newsroom(store, 60)
    report, one, two = run_over_two(room, {"weight": 3}, {"weight": 1})
    assert Counter(one.addresses + two.addresses) == EVERYBODY
    assert report.is_finished
    assert (len(one.accepted), len(two.accepted)) == (45, 15)


def test_one_of_weight_0_waits_for_the_others_to_fail(store: Store) -> None:
    room = newsroom(store, 60)
    _, one, two = run_over_two(room, {"weight": 1}, {"weight": 0})
    assert (len(one.accepted), len(two.accepted)) == (60, 0)


def test_what_a_dead_relay_can_not_take_another_does(store: Store) -> None:
    room = newsroom(store, 60)
    away = replying("EHLO", "554 5.7.1 go away")
    report, one, two = run_over_two(room, {"weight": 0}, {"weight": 1}, kind=away)
    assert Counter(one.addresses) == EVERYBODY
    assert (two.accepted, report.is_finished, report.stopped_because) == ([], True, "")


def test_a_relay_that_is_warmed_up_takes_no_more_than_its_quota(store: Store) -> None:
    room = newsroom(store, 60)
    report, one, two = run_over_two(room, {"ramp": 10, "quota": 10}, {})
    assert Counter(one.addresses + two.addresses) == EVERYBODY
    assert (len(one.accepted), report.is_finished) == (10, True)
    with store.read() as connection:
        assert carried(connection, "smtp://a", room.clock().date()) == (0, 10)


def test_one_relay_that_falls_silent_does_not_stop_the_other(store: Store) -> None:
    """All but those it has in hand get theirs, its share included."""
    room = newsroom(store, 300)

    async def run() -> tuple[DeliveryReport, int]:
        stop = asyncio.Event()
        async with relay() as (one, box), relay(FallsSilent()) as (two, silent):
            options = {"connections": 2, "in_flight": 1}
            ways = (way(one, "smtp://a", **options), way(two, "smtp://b", **options))
            work = asyncio.create_task(
                room.run(0, ways=ways, stop=stop, drain_s=0.1, stalled_s=0.2)
            )
            await until(lambda: len(box.accepted) == 300 - 4)
            stop.set()
            return await work, len(silent.accepted)

    report, n_silent = asyncio.run(run())
    assert (report.n_sent, report.n_uncertain) == (296, n_silent)


def test_one_of_weight_0_helps_when_the_others_are_stuck(store: Store) -> None:
    room = newsroom(store, 100)

    async def run() -> DeliveryReport:
        stop = asyncio.Event()
        async with relay() as (one, box), relay(FallsSilent()) as (two, _):
            first: Any = {"connections": 1, "in_flight": 1}
            ways = (way(one, "smtp://a", weight=0), way(two, "smtp://b", **first))
            work = asyncio.create_task(
                room.run(0, ways=ways, stop=stop, drain_s=0.1, stalled_s=0.2)
            )
            await until(lambda: len(box.accepted) == 100 - 2)
            stop.set()
            return await work

    assert asyncio.run(run()).n_sent == 98


def test_one_of_weight_0_leaves_a_slow_one_alone(store: Store) -> None:
    """It keeps to a rate, and works."""
    room = newsroom(store, 200)
    _, one, two = run_over_two(room, {"weight": 1, "rate": 400}, {"weight": 0})
    assert (len(one.accepted), len(two.accepted)) == (200, 0)


def test_nobody_waits_for_a_relay_that_does_not_greet(store: Store) -> None:
    room = newsroom(store, 30)

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def run() -> tuple[DeliveryReport, Mailbox]:
        server = await asyncio.start_server(mute, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, relay() as (one, box), asyncio.timeout(30):
            ways = (way(one, "smtp://a"), way(port, "smtp://b", timeout_s=60))
            return await room.run(0, ways=ways, stalled_s=0.2), box

    report, box = asyncio.run(run())
    assert Counter(box.addresses) == {address_of(number): 1 for number in range(1, 31)}
    assert report.is_finished


def test_what_a_relay_that_went_away_had_put_aside_another_takes(store: Store) -> None:
    """It has a domain's readers wait for their turn, and the other has long served its own."""
    room = newsroom(store, 30)

    async def run() -> tuple[DeliveryReport, list[str]]:
        async with relay() as (one, box), relay() as (two, other):
            options = {"connections": 1, "domain_rate": 10, "per_connection": 2}
            ways = (way(one, "smtp://a", **options), way(two, "smtp://b", connections=1))
            work = asyncio.create_task(room.run(0, ways=ways))
            await until(lambda: len(other.accepted) == 15)
            box.stop_listening()
            return await work, box.addresses + other.addresses

    report, addresses = asyncio.run(run())
    assert Counter(addresses) == {address_of(number): 1 for number in range(1, 31)}
    assert (report.is_finished, report.stopped_because) == (True, "")


def test_a_relay_that_left_readers_over_is_named_though_another_works(store: Store) -> None:
    room = newsroom(store, 30)
    away = replying("EHLO", "554 5.7.1 go away")
    report, one, _ = run_over_two(room, {"ramp": 10, "quota": 10}, {}, kind=away)
    assert (len(one.accepted), report.is_finished) == (10, False)
    assert "go away" in report.stopped_because


def test_when_the_warm_up_is_through_the_rest_waits_and_is_told_so(store: Store) -> None:
    room = newsroom(store, 60)
    report, _ = run_over_one(room, ramp=10, quota=10)
    assert (report.n_sent, report.is_finished) == (10, False)
    assert report.stopped_because == SPENT
    again, box = run_over_one(room, ramp=10, quota=0)
    assert (box.n_lines, again.is_finished, again.stopped_because) == (0, False, SPENT)


def test_a_spent_warm_up_is_no_reason_when_nobody_is_left_for_today(store: Store) -> None:
    room = newsroom(store, 3)
    kind = replying("RCPT", "451 4.7.1 greylisted")
    run_over_one(room, kind=kind, ramp=10, quota=10)
    report, _ = run_over_one(room, ramp=10, quota=0)
    assert (report.is_finished, report.stopped_because) == (False, "")
    assert report.retry_at is not None


def test_those_who_wait_for_their_turn_count_for_the_quota(store: Store) -> None:
    room = newsroom(store, 100)
    report, box = run_over_one(room, ramp=10, quota=10, rate=40)
    assert (len(box.accepted), report.n_sent, report.is_finished) == (10, 10, False)


def test_a_rate_is_kept(store: Store) -> None:
    room = newsroom(store, 8)
    began = time.monotonic()
    report, _ = run_over_one(room, rate=10)
    assert (report.n_sent, report.is_finished) == (8, True)
    assert time.monotonic() - began >= 7 / 10  # the first may leave at once


def test_a_slow_domain_holds_up_nobody(store: Store) -> None:
    """Its eight readers come first in the ledger; the others are each of a domain of their own."""
    room = newsroom(store, 30)
    domain_of = {number: f"{number if number > 8 else 'slow'}.example" for number in range(1, 31)}
    with store.write() as connection:
        for number, domain in domain_of.items():
            move = update(subscriber).where(subscriber.c.id == number)
            connection.execute(move.values(address=f"reader{number}@{domain}"))
    report, box = run_over_one(room, domain_rate=5)
    assert (report.is_finished, len(box.accepted)) == (True, 30)
    assert all(address.endswith("@slow.example") for address in box.addresses[-4:])


@pytest.mark.parametrize("n_connections", [1, 4])
def test_opening_lines_costs_no_turn(store: Store, n_connections: int) -> None:
    room = newsroom(store, 1)
    report, box = run_over_one(room, rate=SLOW, connections=n_connections)
    assert (report.is_finished, len(box.accepted)) == (True, 1)


def test_who_waits_for_a_turn_is_not_served_after_a_stop(store: Store) -> None:
    room = newsroom(store, 20)
    box = StopsAfter(1)
    report, _ = run_over_one(room, box, stop=box.stop, rate=SLOW)
    assert (len(box.accepted), report.n_sent) == (1, 1)
    assert report.stopped_because == ASKED_TO_STOP


def test_nor_after_the_relay_refused_us(store: Store) -> None:
    room = newsroom(store, 20)
    report, _ = run_over_one(room, AnswersBody("550 5.7.1 listed"), rate=SLOW)
    assert "listed" in report.stopped_because
    assert (len(room.outcomes), report.counts["deferred"]) == (1, 1)


def refusing(reply: str, numbers: range) -> Any:
    refused = {address_of(number) for number in numbers}
    return replying("RCPT", reply, when=lambda _s, arg: arg.split("<")[1].strip(">") in refused)


def run_with(room: Newsroom, box: Mailbox | None = None, kind: Any = None, **options: Any) -> Any:
    async def run() -> tuple[DeliveryReport, Mailbox]:
        async with relay(box, *([kind] if kind else [])) as (port, box_):
            return await room.run(port, **options), box_

    return asyncio.run(run())


def test_an_old_list_pauses_the_edition_until_somebody_has_looked(store: Store) -> None:
    room = newsroom(store, 60)
    kind = refusing("550 5.1.1 no such user", range(1, 60, 3))
    report, _ = run_with(room, kind=kind, n_connections=1)
    assert report.state is EditionState.PAUSED
    assert "take no mail" in report.stopped_because
    again, box = run_with(room, kind=kind)
    assert (again.state, box.n_lines) == (EditionState.PAUSED, 0)
    with store.write() as connection:
        assert get_edition(connection, room.edition_id).reason == report.stopped_because
        assert resume_edition(connection, room.edition_id, now=room.clock())
    last, _ = run_with(room, kind=kind)
    assert (last.state, last.counts["failed"], last.counts["sent"]) == (EditionState.SENT, 20, 40)


@pytest.mark.parametrize("box", [HangsUp, FallsSilent])
def test_held_is_never_sent_again_unless_somebody_says_so(store: Store, box: Any) -> None:
    room = newsroom(store, 3)
    report, first = run_with(room, box(), n_connections=1, is_holding=True, final_timeout_s=0.2)
    assert (report.counts["held"], report.n_uncertain, report.is_finished) == (3, 3, True)
    assert sorted(first.addresses) == [address_of(number) for number in (1, 2, 3)]
    with store.read() as connection:
        assert set(states(connection, room.edition_id).values()) == {DeliveryState.HELD}
        assert count_attempts(connection, room.edition_id) == 0


def test_a_drain_ends_in_time_whatever_the_relay_does(store: Store) -> None:
    room = newsroom(store, 5)
    box = FallsSilent()

    async def run() -> DeliveryReport:
        stop = asyncio.Event()
        async with relay(box) as (port, _):
            work = asyncio.create_task(room.run(port, stop=stop, n_connections=1, drain_s=0.1))
            await box.arrivals.get()
            stop.set()
            return await work

    report = asyncio.run(run())
    assert (report.n_uncertain, report.counts["deferred"] >= 1, report.is_finished) == (
        1,
        True,
        False,
    )
