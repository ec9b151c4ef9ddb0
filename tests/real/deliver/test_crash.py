"""A sender that is killed, or told to stop, in mid-run; and what the next run makes of it.

The relay strikes while it takes a message: the worst moment, since it has accepted it and the
sender can't know.
"""

import asyncio
import contextlib
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from digest.errors import AlreadyRunningError
from digest.lock import sending_lock
from digest.model.ledger import DeliveryState, EditionState
from digest.store.editions import get_edition
from digest.store.engine import Store
from tests.real.deliver.relays import Mailbox, relay
from tests.real.deliver.runs import Newsroom, newsroom
from tests.real.store.ledger import address_of, states

N_READERS = 120
N_CONNECTIONS = 4

# Owns the sending lock, as `digest send` does; SIGTERM drains.
SENDER = """
import asyncio, signal, sys
from digest.store.engine import open_store
from digest.lock import sending_lock
from tests.real.deliver.runs import Newsroom
from pathlib import Path

async def main(url, lock, edition_id, port):
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    store = open_store(url)
    with sending_lock(Path(lock)):
        report = await Newsroom(store, edition_id).run(port, stop=stop, is_sole_sender=True)
    store.close()
    print(report.stopped_because or "through")

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
"""


class Strikes(Mailbox):
    """Sends the signal to the sender while it takes one of these messages (counted from 1)."""

    def __init__(self, with_signal: signal.Signals, at: frozenset[int]) -> None:
        super().__init__()
        self.with_signal = with_signal
        self.at = at
        self.process: asyncio.subprocess.Process | None = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        if len(self.accepted) in self.at and self.process is not None:
            # A message of one that is dead already may still be on its way.
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(self.with_signal)
        return answer


async def sender(room: Newsroom, port: int, lock: Path, box: Mailbox) -> tuple[int, str]:
    """Run the sender in a process of its own; (exit code, what it printed)."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SENDER, room.store.engine.url.render_as_string(False)),
        *(str(lock), str(room.edition_id), str(port)),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    if isinstance(box, Strikes):
        box.process = process
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, out.decode().strip()


@pytest.mark.parametrize(
    "strikes", [(1,), (N_READERS,), (10, 11, 12), (7, 30, 55, 56, 90)], ids=str
)
def test_killed_in_mid_run_nobody_is_lost(
    sqlite_store: Store, tmp_path: Path, strikes: tuple[int, ...]
) -> None:
    room = newsroom(sqlite_store, N_READERS, batch_size=25)
    box = Strikes(signal.SIGKILL, frozenset(strikes))

    async def run() -> list[int]:
        codes: list[int] = []
        async with relay(box) as (port, _):
            while not codes or codes[-1] != 0:
                codes.append((await sender(room, port, tmp_path / "lock", box))[0])
        return codes

    codes = asyncio.run(run())
    n_kills = codes.count(-signal.SIGKILL)
    assert 1 <= n_kills <= len(strikes)
    assert codes == [-signal.SIGKILL] * n_kills + [0]
    copies = Counter(box.addresses)
    assert copies.keys() == {address_of(number) for number in range(1, N_READERS + 1)}
    assert n_kills <= len(box.accepted) - N_READERS <= n_kills * N_CONNECTIONS
    with sqlite_store.read() as connection:
        assert set(states(connection, room.edition_id).values()) == {DeliveryState.SENT}
        assert get_edition(connection, room.edition_id).state is EditionState.SENT


def test_sigterm_drains_and_nobody_gets_two(sqlite_store: Store, tmp_path: Path) -> None:
    room = newsroom(sqlite_store, N_READERS, batch_size=25)
    box = Strikes(signal.SIGTERM, frozenset({30, 70}))

    async def run() -> list[tuple[int, str]]:
        async with relay(box) as (port, _):
            return [await sender(room, port, tmp_path / "lock", box) for _ in range(3)]

    ends = asyncio.run(run())
    assert ends == [(0, "It was asked to stop."), (0, "It was asked to stop."), (0, "through")]
    assert Counter(box.addresses) == {address_of(n): 1 for n in range(1, N_READERS + 1)}


class Asks(Mailbox):
    """Tries for the sending lock while the sender is at work."""

    def __init__(self, lock: Path) -> None:
        super().__init__()
        self.lock = lock
        self.was_refused = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        try:
            with sending_lock(self.lock):
                pass
        except AlreadyRunningError:
            self.was_refused = True
        return await super().handle_DATA(server, session, envelope)


def test_a_second_process_is_refused_while_one_sends(sqlite_store: Store, tmp_path: Path) -> None:
    room = newsroom(sqlite_store, 3)
    box = Asks(tmp_path / "lock")

    async def run() -> tuple[int, str]:
        async with relay(box) as (port, _):
            return await sender(room, port, tmp_path / "lock", box)

    assert asyncio.run(run()) == (0, "through")
    assert box.was_refused
