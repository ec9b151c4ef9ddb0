"""One delivery in this process, as `digest send` does it: readers frozen, messages printed with
tokens of each reader's own, outcomes in the ledger. I/O: the store, the relay.
"""

import asyncio
import os
import resource
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from bench._edition import BASE_URL, edition, store_in, templates
from digest.compose.render import WrapTemplates
from digest.deliver.line import line_opener
from digest.deliver.options import RelayOptions
from digest.deliver.relay import parse_relay
from digest.model.edition import Choice
from digest.model.ledger import DeliveryReport, EditionRecord, Outcome
from digest.night import Night, freeze_night
from digest.press import Press
from digest.store.engine import Store
from digest.store.subscribers import recipients
from digest.way import Way
from digest.worker import Manner, deliver_edition
from tests.unit.compose.editions import KEY, PUBLICATION


@dataclass(frozen=True, slots=True)
class Task:
    """What to deliver: a night of its own to all readers of the folder's database; after so many
    messages it sends itself SIGTERM."""

    folder: str
    port: int
    day: date
    n_connections: int
    stop_after: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """`took_s` and `cpu_s` from the start of sending, the rendering included, to the last outcome
    in the ledger; `first_s` from the start of the process to the first one."""

    n: int
    took_s: float
    cpu_s: float
    first_s: float
    peak_mb: float

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.n / self.took_s


class _Watch:
    """Sees the outcomes as they are committed."""

    def __init__(self, stop_after: int | None) -> None:
        self.n = 0
        self.first_at = 0.0
        self._stop_after = stop_after

    def note(self, outcomes: Sequence[Outcome]) -> None:
        before, self.n = self.n, self.n + len(outcomes)
        self.first_at = self.first_at or time.monotonic()
        if self._stop_after is not None and before < self._stop_after <= self.n:
            os.kill(os.getpid(), signal.SIGTERM)


def send(task: Task, started_at: float) -> Sent:
    """Choose the readers and deliver; `started_at` is when this process was asked for, by the
    monotonic clock."""
    store = store_in(task.folder)
    wrap = templates()
    record = _frozen(store, wrap, task)
    watch = _Watch(task.stop_after)
    begun, cpu = time.monotonic(), _cpu_s()
    report = asyncio.run(_deliver(store, record, wrap, task, watch))
    took_s, cpu_s = time.monotonic() - begun, _cpu_s() - cpu
    store.close()
    if task.stop_after is None and report.counts["sent"] != record.n_total:
        raise RuntimeError(f"not everybody got it: {report}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak_mb = peak / (1_000_000 if sys.platform == "darwin" else 1_000)
    return Sent(report.n_sent, took_s, cpu_s, watch.first_at - started_at, peak_mb)


def _frozen(store: Store, wrap: WrapTemplates, task: Task) -> EditionRecord:
    now = datetime.now(UTC)
    chosen = replace(edition(), day=task.day)
    night = Night(PUBLICATION, task.day, chosen.cutoff)
    return freeze_night(store, night, Choice(chosen, "", ()), templates=wrap, now=now)


async def _deliver(
    store: Store, record: EditionRecord, wrap: WrapTemplates, task: Task, watch: _Watch
) -> DeliveryReport:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    assert record.edition is not None
    press = Press(
        record.edition,
        PUBLICATION,
        wrap,
        created_at=record.created_at,
        base_url=BASE_URL,
        key=KEY,
    )
    # smtp-source -d keeps its connections for good, too.
    options = RelayOptions(connections=task.n_connections, per_connection=100_000)
    line = line_opener(
        parse_relay(f"smtp://127.0.0.1:{task.port}"),
        local_hostname=press.domain,
        timeout_s=60,
        max_messages=options.per_connection,
    )
    return await deliver_edition(
        store,
        record.id,
        ways=(Way("smtp://bench", line, options),),
        manner=Manner("bench", is_sole_sender=True),
        make_envelope=press.envelope,
        load_recipients=recipients,
        suppress=lambda *_: None,
        on_outcomes=watch.note,
        clock=lambda: datetime.now(UTC),
        stop=stop,
    )


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
