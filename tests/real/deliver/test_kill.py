"""Senders killed, paused and doubled at random moments: what readers got, and what the ledger
says of it."""

import asyncio
import os
import random
import signal
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest

from digest.model.ledger import DeliveryState, EditionState
from digest.store.deliveries import progress
from digest.store.editions import get_edition
from digest.store.engine import Store
from tests.real.deliver.senders import REFUSED, Plan, finished, now, reached, start
from tests.real.deliver.sink import Taken, sink
from tests.real.store.ledger import address_of, an_edition, put_edition, put_readers, states

N_READERS = 2_000
N_CONNECTIONS = 4
EVERYBODY = {address_of(number) for number in range(1, N_READERS + 1)}
# Of each way of sending; three ways make 50 runs a database.
RUNS = 17
MOST_KILLS = 3


def new_edition(store: Store, number: int, *, n_readers: int = N_READERS) -> int:
    with store.write() as connection:
        if number == 0:
            put_readers(connection, range(1, n_readers + 1))
        edition = put_edition(
            connection,
            range(1, n_readers + 1),
            chosen=an_edition(date(2026, 3, 12) + timedelta(days=number)),
            created_at=now(),
            batch_size=100,
        )
    return edition.id


def plan_for(store: Store, edition_id: int, port: int, tmp_path: Path, **options: object) -> Plan:
    url = store.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    # On PostgreSQL batches are shared by their leases, so those of the dead must end soon.
    lock = str(tmp_path / "lock") if store.is_sqlite else None
    options = {"lease_s": 30.0 if store.is_sqlite else 0.3, **options}
    return Plan(url, edition_id, port, lock=lock, **options)  # type: ignore[arg-type]


def states_of(store: Store, edition_id: int) -> dict[int, DeliveryState]:
    with store.read() as connection:
        return states(connection, edition_id)


def has(taken: Taken, n: int) -> bool:
    return sum(taken.copies.values()) >= n


def is_open(store: Store, edition_id: int) -> bool:
    with store.read() as connection:
        return get_edition(connection, edition_id).state is not EditionState.SENT


@pytest.mark.parametrize(
    ("in_flight", "is_holding"), [(1, False), (16, False), (16, True)], ids=["1", "16", "hold"]
)
def test_killed_at_random_moments(
    store: Store, tmp_path: Path, in_flight: int, is_holding: bool
) -> None:
    chance = random.Random(f"{in_flight} {is_holding}")

    async def one(number: int) -> int:
        edition_id = new_edition(store, number)
        n_kills = 0
        async with sink() as (port, taken):
            plan = plan_for(
                store, edition_id, port, tmp_path, in_flight=in_flight, is_holding=is_holding
            )
            while is_open(store, edition_id):
                process = start(plan)
                if n_kills < MOST_KILLS:
                    # By what has arrived, so that the moments lie within the sending; or at once.
                    there = sum(taken.copies.values())
                    wanted = there + chance.choice((0, chance.randrange(N_READERS)))
                    if await reached(partial(has, taken, wanted), process):
                        os.kill(process.pid, signal.SIGKILL)
                code = await finished(process)
                n_kills += code == -signal.SIGKILL
        check(
            store, edition_id, taken, n_kills * most(in_flight, is_holding), is_holding=is_holding
        )
        return n_kills

    n_kills = sum(asyncio.run(one(number)) for number in range(RUNS))
    assert n_kills >= RUNS


def most(in_flight: int, is_holding: bool) -> int:
    """How many messages a kill may leave unknown. With `hold` the next one of each connection has
    been written down, too, before the last is answered."""
    return N_CONNECTIONS * (in_flight + is_holding)


def check(
    store: Store, edition_id: int, taken: Taken, most_doubles: int, *, is_holding: bool
) -> None:
    """Nobody lost, doubles within the bound, and the ledger says what the sink counted."""
    found = states_of(store, edition_id)
    assert len(found) == N_READERS
    sent = {address_of(id_) for id_, state in found.items() if state is DeliveryState.SENT}
    held = {address_of(id_) for id_, state in found.items() if state is DeliveryState.HELD}
    assert sent | held == EVERYBODY
    assert sent <= taken.copies.keys() <= EVERYBODY
    n_doubles = sum(taken.copies.values()) - len(taken.copies)
    assert n_doubles <= (0 if is_holding else most_doubles)
    assert len(held) <= (most_doubles if is_holding else 0)
    with store.read() as connection:
        counts = progress(connection, edition_id)
        assert get_edition(connection, edition_id).counts == counts
    assert (counts["sent"], counts["held"]) == (len(sent), len(held))


@pytest.mark.parametrize("in_flight", [1, 16])
def test_told_to_stop_nobody_is_lost_and_nobody_gets_two(
    store: Store, tmp_path: Path, in_flight: int
) -> None:
    async def run() -> Taken:
        edition_id = new_edition(store, 0)
        async with sink() as (port, taken):
            plan = plan_for(store, edition_id, port, tmp_path, in_flight=in_flight, lease_s=30.0)
            for wanted in (300, 900, 1_500):
                process = start(plan)
                assert await reached(partial(has, taken, wanted), process)
                os.kill(process.pid, signal.SIGTERM)
                assert await finished(process) == 0
            assert await finished(start(plan)) == 0
        assert not is_open(store, edition_id)
        return taken

    taken = asyncio.run(run())
    assert taken.copies == dict.fromkeys(EVERYBODY, 1)


@pytest.mark.needs_postgres
@pytest.mark.parametrize(
    ("in_flight", "is_holding"), [(1, False), (16, False), (16, True)], ids=["1", "16", "hold"]
)
def test_paused_past_its_lease_and_taken_over(
    postgres_store: Store, tmp_path: Path, in_flight: int, is_holding: bool
) -> None:
    async def run() -> tuple[int, Taken]:
        edition_id = new_edition(postgres_store, 0)
        async with sink() as (port, taken):
            plan = plan_for(
                postgres_store, edition_id, port, tmp_path,
                in_flight=in_flight, is_holding=is_holding,
            )  # fmt: skip
            sleeper = start(plan)
            assert await reached(partial(has, taken, 500), sleeper)
            os.kill(sleeper.pid, signal.SIGSTOP)
            while is_open(postgres_store, edition_id):
                assert await finished(start(plan)) == 0
            os.kill(sleeper.pid, signal.SIGCONT)
            # 1: paused in a transaction, it finds its connection gone.
            assert await finished(sleeper) in (0, 1)
        return edition_id, taken

    edition_id, taken = asyncio.run(run())
    most_doubles = most(in_flight, is_holding)
    check(postgres_store, edition_id, taken, most_doubles, is_holding=is_holding)


def test_two_senders_at_once_share_the_edition(store: Store, tmp_path: Path) -> None:
    async def run() -> tuple[list[int], Taken, int]:
        edition_id = new_edition(store, 0)
        async with sink() as (port, taken):
            plan = plan_for(store, edition_id, port, tmp_path, in_flight=16, lease_s=30.0)
            codes = [await finished(one) for one in (start(plan), start(plan))]
            while is_open(store, edition_id):
                assert await finished(start(plan)) == 0
        return codes, taken, edition_id

    codes, taken, edition_id = asyncio.run(run())
    assert sorted(codes) == ([0, REFUSED] if store.is_sqlite else [0, 0])
    assert taken.copies == dict.fromkeys(EVERYBODY, 1)
    assert set(states_of(store, edition_id).values()) == {DeliveryState.SENT}
