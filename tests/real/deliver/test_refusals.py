"""Readers whom a relay refuses: when that is believed, and what one relay's word is worth beside
another's."""

import asyncio
from typing import Any

import pytest

from digest.deliver.breaker import MAX_STREAK
from digest.model.ledger import DeliveryReport, EditionState
from digest.model.message import Envelope, Recipient
from digest.store.engine import Store
from tests.real.deliver.relays import Mailbox, relay, replying
from tests.real.deliver.runs import Newsroom, envelope_for, newsroom
from tests.real.deliver.test_ways import way
from tests.real.store.ledger import address_of

# A sick relay may have so many messages on its way when it is given up.
MOST_ON_THE_WAY = 8


def refusing_after(n: int, reply: str) -> Any:
    """A relay that takes so many messages and then refuses every reader."""
    asked: list[str] = []

    def is_later(_server: Any, arg: str) -> bool:
        asked.append(arg)
        return len(asked) > n

    return replying("RCPT", reply, when=is_later)


def run_over_two(
    room: Newsroom,
    kind: Any = None,
    other_kind: Any = None,
    *,
    box: Mailbox | None = None,
    n_connections: int = 1,
    **options: Any,
) -> tuple[DeliveryReport, Mailbox, Mailbox]:
    """Deliver over relays `a`, of that kind, mailbox and number of connections, and `b`."""
    kinds = [[one] if one else [] for one in (kind, other_kind)]

    async def run() -> tuple[DeliveryReport, Mailbox, Mailbox]:
        async with relay(box, *kinds[0]) as (one, first), relay(None, *kinds[1]) as (two, second):
            ways = (
                way(one, "smtp://a", connections=n_connections),
                way(two, "smtp://b", connections=1),
            )
            return await room.run(0, ways=ways, **options), first, second

    return asyncio.run(run())


def run_over_one(
    room: Newsroom, kind: Any = None, **options: Any
) -> tuple[DeliveryReport, Mailbox]:
    async def run() -> tuple[DeliveryReport, Mailbox]:
        async with relay(None, *([kind] if kind else [])) as (port, box):
            return await room.run(port, **options), box

    return asyncio.run(run())


def test_one_relays_yes_proves_nothing_of_another(store: Store) -> None:
    """It refuses everybody from some message on, while the other one is well: that one takes the
    rest, and nobody is struck off."""
    room = newsroom(store, 300)
    report, _, well = run_over_two(room, refusing_after(30, "550 relay not permitted"))
    assert (report.counts["failed"], room.suppressed) == (0, [])
    assert MAX_STREAK <= report.counts["deferred"] <= MAX_STREAK + MOST_ON_THE_WAY
    assert report.counts["sent"] == 300 - report.counts["deferred"]
    assert len(well.accepted) == report.counts["sent"] - 30
    assert report.stopped_because == ""
    healed, _, _ = run_over_two(room, is_eager=True)
    assert (healed.counts["sent"], healed.state) == (300, EditionState.SENT)


def test_when_no_relay_is_left_the_run_stops(store: Store) -> None:
    room = newsroom(store, 300)
    kinds = [refusing_after(n, "550 relay not permitted") for n in (30, 60)]
    report, one, two = run_over_two(room, *kinds)
    assert "took none of" in report.stopped_because
    assert (report.counts["failed"], room.suppressed) == (0, [])
    assert (len(one.accepted), len(two.accepted)) == (30, 60)
    assert report.counts["deferred"] <= 2 * (MAX_STREAK + MOST_ON_THE_WAY)
    healed, _, _ = run_over_two(room, is_eager=True)
    assert healed.counts["sent"] == 300


class SaysLate(Mailbox):
    """Says that it has taken its n-th message only some time after it was told to."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = n
        self.may_say = asyncio.Event()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        if len(self.accepted) == self.n:
            await self.may_say.wait()
            await asyncio.sleep(0.2)
        return answer


def test_a_late_yes_of_a_relay_that_was_given_up_proves_nothing(store: Store) -> None:
    """It takes a message, refuses twenty readers over its other line, and only then says so."""
    room = newsroom(store, 200)
    box = SaysLate(31)
    n_refused = 0

    def is_refused(_server: Any, _arg: str) -> bool:
        nonlocal n_refused
        is_after = len(box.accepted) >= box.n
        n_refused += is_after
        if n_refused == MAX_STREAK:
            box.may_say.set()
        return is_after

    kind = replying("RCPT", "550 5.1.1 no such user", when=is_refused)
    report, _, _ = run_over_two(room, kind, box=box, n_connections=2)
    assert (31 <= len(box.accepted) <= 33, n_refused >= MAX_STREAK) == (True, True)
    assert (report.counts["failed"], room.suppressed) == (0, [])


@pytest.mark.parametrize("is_eager", [False, True])
def test_a_relay_that_stays_sick_fails_nobody_on_later_runs(store: Store, is_eager: bool) -> None:
    """It serves some and knows none of the others, for two hours."""
    room = newsroom(store, 60)
    sick = {address_of(number) for number in range(31, 61)}
    kind = replying(
        "RCPT",
        "550 5.1.1 no such user",
        when=lambda _server, arg: arg.split("<")[1].strip(">") in sick,
    )
    for minutes in (0, 5, 10, 45, 60):
        room.clock.pass_by(minutes=minutes)
        report, _ = run_over_one(room, kind, n_connections=1, is_eager=is_eager)
        assert (report.counts["sent"], report.counts["failed"], room.suppressed) == (30, 0, [])
    room.clock.pass_by(hours=2)
    healed, box = run_over_one(room)
    assert (healed.counts["sent"], healed.state) == (60, EditionState.SENT)
    assert set(box.addresses) == sick


def test_a_reader_refused_run_after_run_fails_once_the_relay_takes_another(store: Store) -> None:
    room = newsroom(store, 3)
    dead = {address_of(1)}
    kind = replying(
        "RCPT", "550 5.1.1 no such user", when=lambda _s, arg: arg.split("<")[1].strip(">") in dead
    )
    run_over_one(room, replying("RCPT", "451 4.7.1 greylisted"))
    report, _ = run_over_one(room, kind, n_connections=1, is_eager=True)
    assert (report.counts["failed"], report.counts["sent"], room.suppressed) == (1, 2, [1])


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.4.1 Recipient address rejected: Access denied",
        "552 5.2.3 message too large",
        "553 5.6.7 no SMTPUTF8",
        "550 5.1.1 no such user",
    ],
)
def test_a_relay_that_refuses_everybody_fails_nobody(store: Store, reply: str) -> None:
    room = newsroom(store, 60)
    report, box = run_over_one(room, replying("RCPT", reply), n_connections=2)
    assert "took none of" in report.stopped_because
    assert (report.state, report.counts["failed"], room.suppressed) == (
        EditionState.SENDING,
        0,
        [],
    )
    healed, box = run_over_one(room, is_eager=True)
    assert (healed.counts["sent"], len(box.accepted)) == (60, 60)


def test_many_failures_of_any_kind_pause_the_edition(store: Store) -> None:
    room = newsroom(store, 60)
    asked: list[str] = []

    def is_third(_server: Any, arg: str) -> bool:
        asked.append(arg)
        return len(asked) % 3 == 0

    kind = replying("RCPT", "550 5.4.1 Access denied", when=is_third)
    report, _ = run_over_one(room, kind, n_connections=1)
    assert report.state is EditionState.PAUSED
    assert "take no mail" in report.stopped_because
    assert report.counts["failed"] > 0
    assert room.suppressed == []  # whom that is about is not known


def test_who_can_not_be_served_at_all_fails_whatever_the_relay_says(store: Store) -> None:
    """We do not even ask it: its offer does not carry such an address."""
    room = newsroom(store, 3)

    def odd(recipient: Recipient) -> Envelope:
        odd = {1: "jos\N{LATIN SMALL LETTER E WITH ACUTE}@readers.example", 2: "no address"}
        envelope = envelope_for(recipient)
        return envelope._replace(recipient=odd.get(recipient.subscriber_id, envelope.recipient))

    report, _ = run_over_one(room, replying("RCPT", "451 4.7.1 greylisted"), make_envelope=odd)
    assert (report.counts["failed"], report.counts["deferred"]) == (2, 1)
    assert room.suppressed == [2]
