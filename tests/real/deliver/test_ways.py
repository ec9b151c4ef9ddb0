"""Several relays: shares, failover, rates, warm-up; what pauses an edition or holds a reader."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from digest.deliver.line import line_opener
from digest.deliver.options import RelayOptions
from digest.deliver.relay import parse_relay
from digest.model.ledger import DeliveryReport, DeliveryState, EditionState
from digest.store.attempts import count_attempts
from digest.store.editions import get_edition, resume_edition
from digest.store.engine import Store
from digest.store.relay_days import carried
from digest.ways import Way
from tests.real.deliver.relays import FallsSilent, HangsUp, Mailbox, relay, replying
from tests.real.deliver.runs import Newsroom, newsroom
from tests.real.store.ledger import address_of, states

EVERYBODY = {address_of(number): 1 for number in range(1, 61)}


def way(port: int, label: str, *, quota: int | None = None, **options: Any) -> Way:
    opener = line_opener(
        parse_relay(f"smtp://127.0.0.1:{port}"), local_hostname="h.example", timeout_s=10
    )
    return Way(label, opener, RelayOptions(**options), quota)


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


def test_when_the_warm_up_is_through_the_rest_waits_and_is_told_so(store: Store) -> None:
    room = newsroom(store, 60)

    async def run() -> DeliveryReport:
        async with relay() as (port, _):
            return await room.run(0, ways=(way(port, "smtp://a", ramp=10, quota=10),))

    report = asyncio.run(run())
    assert (report.n_sent, report.is_finished) == (10, False)
    assert report.stopped_because == "The warm-up allows no more messages today."


def test_a_rate_is_kept_and_a_slow_domain_holds_up_nobody(store: Store) -> None:
    """All readers are of one domain: with a rate for it they still all get theirs."""
    room = newsroom(store, 8)

    async def run() -> DeliveryReport:
        async with relay() as (port, _):
            return await room.run(0, ways=(way(port, "smtp://a", rate=200, domain_rate=100),))

    report = asyncio.run(run())
    assert (report.n_sent, report.is_finished) == (8, True)


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
