"""Delivery, all real: an SQLite ledger on disk, tokens of each reader's own, messages of 40 KB;
against smtp-source, against aiosmtplib, over a long way, and with a million readers.

python -m bench.deliver
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from bench._child import beside, in_child
from bench._edition import press, put_readers, reader
from bench._newsroom import Ran, newsroom
from bench._plain import send_messages, send_ready_bytes
from bench._relays import (
    DELAY_S,
    discarding_postfix,
    has_postfix,
    has_sink,
    serve_far,
    sink,
    source_s,
)
from bench._sending import Sent, Task, send
from tests.unit.compose.editions import DAY

Rows = Iterator[tuple[str, str]]
ROUNDS = int(os.environ.get("DIGEST_BENCH_ROUNDS", "3"))
CONNECTIONS = 10
N, N_PLAIN = 50_000, 2_000
N_FAR, N_FAR_PLAIN = 400, 40
FEW, MANY, ENOUGH = 10_000, 1_000_000, 20_000
MISSING = "skipped: it needs Debian's postfix package, and root for Postfix itself"


def measure() -> Rows:
    """Rows of the table that `make bench` prints, as they come: it takes some minutes."""
    yield "message, bytes", f"{_size():,}"
    yield from _memory_rows() if has_sink() else _skipped("a million readers")
    yield from _sink_rows() if has_sink() else _skipped("against smtp-source and aiosmtplib")
    yield from _far_rows() if has_postfix() else _skipped("over a long way")


def _skipped(what: str) -> Rows:
    yield what, MISSING


@dataclass(slots=True)
class Room:
    """A database with readers in it; each delivery from it is of another night."""

    folder: str
    n_nights: int = 0

    def deliver(self, port: int, *, n_connections: int, stop_after: int | None = None) -> Sent:
        """In a process of its own."""
        day = DAY + timedelta(days=self.n_nights)
        self.n_nights += 1
        task = Task(self.folder, port, day, n_connections, stop_after)
        return in_child(send, task, time.monotonic())


@contextmanager
def room(n: int) -> Iterator[Room]:
    """With n readers, on disk: /tmp is in memory on some systems."""
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="digest-bench-") as folder:
        in_child(put_readers, folder, n)
        yield Room(folder)


def _size() -> int:
    return len(press().envelope(reader(1)).message)


def _sink_rows() -> Rows:
    """In turns, so that a busy minute of the machine is everybody's."""
    commands: list[Ran] = []
    ours: list[Sent] = []
    theirs_s: list[float] = []
    plain: list[float] = []
    with newsroom(N) as whole, room(N) as loop, sink() as port:
        size = whole.message_bytes
        for _ in range(ROUNDS):
            commands.append(whole.send(port, n_connections=CONNECTIONS))
            theirs_s.append(source_s(port, n=N, size=size, n_connections=CONNECTIONS))
            ours.append(loop.deliver(port, n_connections=CONNECTIONS))
            plain.append(in_child(send_messages, port, N_PLAIN, CONNECTIONS))
    ratios = [one.took_s / their_s for one, their_s in zip(commands, theirs_s, strict=True)]
    alone = [one.took_s / their_s for one, their_s in zip(ours, theirs_s, strict=True)]
    rates = [one.rate for one in ours]
    speed_ups = [rate / plain_rate for rate, plain_rate in zip(rates, plain, strict=True)]
    took_s = median(one.took_s for one in commands)
    to = f"{N:,} readers to smtp-sink, {CONNECTIONS} connections"
    yield f"`digest send` of {size:,} bytes each, {to}", f"{took_s:.2f} s"
    yield "smtp-source, as many of the same size", f"{median(theirs_s):.2f} s"
    yield "wall clock of the whole commands, ours/theirs", f"{median(ratios):.2f}{_each(ratios)}"
    yield "CPU of `digest send`, per message", _micro(one.cpu_s / N for one in commands)
    yield "our sending, from the rendering on", f"{median(rates):,.0f} messages/s"
    yield "wall clock of that/theirs", f"{median(alone):.2f} (at most 1.0){_each(alone)}"
    yield (
        "CPU of that, ledger included",
        f"{_micro(one.cpu_s / one.n for one in ours)} (at most 150)",
    )
    yield "EmailMessage and aiosmtplib.send_message", f"{median(plain):,.0f} messages/s"
    yield "speed-up over that", f"{median(speed_ups):.1f}x (at least 15x){_each(speed_ups)}"


def _far_rows() -> Rows:
    ours: list[float] = []
    plain: list[float] = []
    with (
        room(N_FAR) as newsroom,
        discarding_postfix() as postfix,
        beside(serve_far, postfix) as port,
    ):
        for _ in range(ROUNDS):
            ours.append(newsroom.deliver(port, n_connections=1).rate)
            plain.append(in_child(send_ready_bytes, port, N_FAR_PLAIN))
    speed_ups = [rate / plain_rate for rate, plain_rate in zip(ours, plain, strict=True)]
    way = f"Postfix {DELAY_S * 1000:.0f} ms away, one connection"
    yield f"{way}: {N_FAR} messages", f"{median(ours):,.0f} messages/s"
    yield f"{way}: aiosmtplib.sendmail", f"{median(plain):.1f} messages/s"
    yield "speed-up over that", f"{median(speed_ups):.1f}x (at least 30x){_each(speed_ups)}"


def _memory_rows() -> Rows:
    found: dict[int, Sent] = {}
    with sink() as port:
        for n in (FEW, MANY):
            with room(n) as newsroom:
                stop_after = ENOUGH if n > ENOUGH else None
                found[n] = newsroom.deliver(port, n_connections=CONNECTIONS, stop_after=stop_after)
    few, many = found[FEW].peak_mb, found[MANY].peak_mb
    yield f"peak memory, {FEW:,} readers, all served", f"{few:.0f} MB"
    yield (
        f"peak memory, {MANY:,} frozen, {ENOUGH:,} of them served",
        f"{many:.0f} MB, {many / few:.2f}x (at most 1.2x and 150 MB)",
    )
    yield (
        f"start to first message in the ledger, {MANY:,} readers",
        f"{found[MANY].first_s:.1f} s (at most 5)",
    )


def _micro(seconds: Iterable[float]) -> str:
    return f"{median(seconds) * 1e6:.0f} µs"


def _each(values: list[float]) -> str:
    return f"; {', '.join(f'{value:.2f}' for value in values)}"


if __name__ == "__main__":
    for name, figure in measure():
        sys.stdout.write(f"{name:62} {figure}\n")
        sys.stdout.flush()
