"""A line's life: made anew when it fails, given up when that is of no use, ended by a drain."""

import asyncio
from collections import Counter
from collections.abc import Collection
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from digest.model.ledger import DeliveryReport, DeliveryState
from digest.store.engine import Store
from digest.worker import ASKED_TO_STOP
from tests.real.deliver.relays import relay, replying
from tests.real.deliver.runs import SOON, newsroom, until
from tests.real.deliver.test_ways import run_over_one, way
from tests.real.store.ledger import address_of, states

AWAY = "421 4.3.2 being restarted"
LONG_S = 60.0


class Greetings:
    """Counts the EHLOs; `of` says which of them, from 1, are answered otherwise."""

    def __init__(self, of: Collection[int]) -> None:
        self.n = 0
        self._of = of

    def __call__(self, _server: Any, _arg: str) -> bool:
        self.n += 1
        return self.n in self._of


def mute(greetings: Greetings) -> Any:
    """A kind of server that does not answer these EHLOs."""

    async def smtp_EHLO(self: Any, arg: str) -> None:  # noqa: N802
        if greetings(self, arg):
            await asyncio.Event().wait()
        await SMTP.smtp_EHLO(self, arg)

    smtp_EHLO.__doc__ = SMTP.smtp_EHLO.__doc__
    return type("Mute", (SMTP,), {"smtp_EHLO": smtp_EHLO})


def test_a_line_that_can_not_be_made_anew_at_once_is_later(store: Store) -> None:
    """Each time as often as may be: a line that has served somebody begins to count anew."""
    room = newsroom(store, 20)
    kind = replying("EHLO", AWAY, when=Greetings({2, 3, 4, 6, 7, 8}))
    report, box = run_over_one(room, kind=kind, connections=1, per_connection=5)
    assert Counter(box.addresses) == {address_of(number): 1 for number in range(1, 21)}
    assert (report.is_finished, report.stopped_because) == (True, "")


def test_a_relay_that_stays_away_is_not_asked_for_ever(store: Store) -> None:
    room = newsroom(store, 20)
    greetings = Greetings(range(2, 100))
    kind = replying("EHLO", AWAY, when=greetings)
    report, box = run_over_one(room, kind=kind, connections=1, per_connection=5)
    assert "being restarted" in report.stopped_because
    assert (len(box.accepted), greetings.n) == (5, 2 + len(SOON))


def test_what_a_relay_refuses_for_good_is_asked_once(store: Store) -> None:
    """A password that was changed in mid-run, for one: each try counts as an attack."""
    room = newsroom(store, 20)
    greetings = Greetings(range(2, 100))
    kind = replying("EHLO", "554 5.7.1 go away", when=greetings)
    report, _ = run_over_one(room, kind=kind, connections=1, per_connection=5)
    assert "go away" in report.stopped_because
    assert greetings.n == 2


def test_a_stop_ends_the_wait_for_a_relay(store: Store) -> None:
    room = newsroom(store, 20)
    greetings = Greetings(range(2, 100))
    kind = replying("EHLO", AWAY, when=greetings)
    stop = asyncio.Event()

    async def run() -> DeliveryReport:
        async with relay(None, kind) as (port, _), asyncio.timeout(LONG_S / 2):
            ways = (way(port, "smtp://a", connections=1, per_connection=5),)
            wait = (LONG_S,)
            work = asyncio.create_task(room.run(0, ways=ways, stop=stop, reopen_after_s=wait))
            await until(lambda: greetings.n == 2)
            stop.set()
            return await work

    report = asyncio.run(run())
    assert (report.n_sent, report.stopped_because) == (5, ASKED_TO_STOP)


@pytest.mark.parametrize("n_before", [0, 1], ids=["the first line", "made anew"])
def test_a_drain_does_not_wait_for_a_line_that_is_being_opened(store: Store, n_before: int) -> None:
    room = newsroom(store, 20)
    greetings = Greetings(range(n_before + 1, 100))
    stop = asyncio.Event()

    async def run() -> DeliveryReport:
        async with relay(None, mute(greetings)) as (port, _), asyncio.timeout(LONG_S / 2):
            options: Any = {"connections": 1, "per_connection": 5, "timeout_s": LONG_S}
            ways = (way(port, "smtp://a", **options),)
            work = asyncio.create_task(room.run(0, ways=ways, stop=stop, drain_s=0.1))
            await until(lambda: greetings.n > n_before)
            stop.set()
            return await work

    report = asyncio.run(run())
    assert (report.n_sent, report.stopped_because) == (5 * n_before, ASKED_TO_STOP)
    # Nothing was said of those who waited for the line.
    with store.read() as connection:
        assert set(states(connection, room.edition_id).values()) <= {DeliveryState.SENT}
