"""Senders in processes of their own, forked from one that has everything loaded: to be killed,
stopped and paused."""

import asyncio
import multiprocessing
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from digest.deliver.line import line_opener
from digest.deliver.options import RelayOptions
from digest.deliver.relay import parse_relay
from digest.errors import AlreadyRunningError
from digest.lock import sending_lock
from digest.store.engine import open_store
from digest.way import Way
from digest.worker import Manner, deliver_edition
from tests.real.deliver.runs import envelope_for
from tests.real.store.ledger import load_readers

REFUSED = 3  # exit code: another sends from this store


@dataclass(frozen=True)
class Plan:
    """What a sender is to do; it keeps the sending lock at `lock` where one is given."""

    url: str
    edition_id: int
    port: int
    in_flight: int = 1
    n_connections: int = 4
    is_holding: bool = False
    lease_s: float = 30.0
    lock: str | None = None
    owner: str = "sender"


def now() -> datetime:
    return datetime.now(UTC)


def send(plan: Plan) -> None:
    """Deliver the edition as `digest send` does; SIGTERM drains. Exits with REFUSED when another
    holds the lock."""
    store = open_store(plan.url)
    try:
        if plan.lock is None:
            asyncio.run(_deliver(plan, store))
            return
        with sending_lock(Path(plan.lock)):
            asyncio.run(_deliver(plan, store))
    except AlreadyRunningError:
        raise SystemExit(REFUSED) from None
    finally:
        store.close()


async def _deliver(plan: Plan, store: Any) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    open_line = line_opener(
        parse_relay(f"smtp://127.0.0.1:{plan.port}"),
        local_hostname="news.porttide.example",
        timeout_s=20,
        in_flight=plan.in_flight,
    )
    manner = Manner(
        plan.owner,
        lease_s=plan.lease_s,
        is_sole_sender=plan.lock is not None,
        is_eager=True,
        is_holding=plan.is_holding,
    )
    await deliver_edition(
        store,
        plan.edition_id,
        ways=(Way("smtp://sink", open_line, RelayOptions(connections=plan.n_connections)),),
        manner=manner,
        make_envelope=envelope_for,
        load_recipients=load_readers,
        suppress=lambda *_: None,
        on_outcomes=lambda _: None,
        clock=now,
        stop=stop,
    )


_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.real.deliver.senders"])


def start(plan: Plan) -> Any:
    """A sender at work."""
    process = _FORKS.Process(target=send, args=(plan,), daemon=True)
    process.start()
    return process


async def finished(process: Any) -> int:
    """Its exit code once it has ended; minus the number of the signal that killed it."""
    await asyncio.to_thread(process.join, 60)
    code: int | None = process.exitcode
    assert code is not None, "the sender is still at work after 60 s"
    return code


async def reached(condition: Callable[[], bool], process: Any) -> bool:
    """Wait until the condition holds; False when the sender ended before."""
    while not condition():
        if not process.is_alive():
            return condition()
        await asyncio.sleep(0.002)
    return True
