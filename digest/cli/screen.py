"""Printing for people and for programs. I/O: the terminal.

On a terminal rich draws tables and progress bars; into a file or pipe go plain lines.
"""

import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

# Work that takes no longer than this is over before anybody would ask how far it is.
QUIET_S = 10.0
# Terminals with fewer columns have no room for what is nice to know.
NARROW = 110


class Progress(Protocol):
    """Counts something long: call it with how many more are done and a few words."""

    def __call__(self, n: int, words: str = "") -> None: ...

    def set_total(self, total: int) -> None:
        """Say how many there are, once it is known."""


def is_terminal() -> bool:
    """Whether a person is looking."""
    return sys.stdout.isatty()


def print_json(value: object) -> None:
    """One JSON document on standard output; times are ISO 8601."""
    is_utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    sys.stdout.write(json.dumps(value, ensure_ascii=not is_utf8, indent=2, default=str) + "\n")


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    is_one_line: bool = False,
    spare: str = "",
) -> None:
    """A table. Columns whose name begins with `#` are numbers, set to the right; `is_one_line`
    cuts what does not fit the terminal instead of wrapping it. The column `spare` is left out
    where the terminal is narrow."""
    if not is_terminal():
        _print_plain(title, columns, rows)
        return
    from rich.console import Console

    console = Console()
    if spare and console.width < NARROW:
        index = columns.index(spare)
        columns = [*columns[:index], *columns[index + 1 :]]
        rows = [[*row[:index], *row[index + 1 :]] for row in rows]
    _print_rich(console, title, columns, rows, is_one_line=is_one_line)


def _print_rich(
    console: Any,
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    is_one_line: bool,
) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.cells import cell_len
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title or None, title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    wanted = [
        max(cell_len(text) for text in (columns[index].removeprefix("#"), *map(_text, cells)))
        for index, cells in enumerate(zip(*rows, strict=True))
    ] or [len(column) for column in columns]
    are_numbers = [column.startswith("#") for column in columns]
    # Each column has a space on both sides and a line, or the edge, before and after.
    room = console.width - 3 * len(columns) - 1
    for column, width, is_number in zip(
        columns, fitted(wanted, are_numbers, room=room), are_numbers, strict=True
    ):
        table.add_column(
            column.removeprefix("#"),
            justify="right" if is_number else "left",
            no_wrap=is_number or is_one_line,
            overflow="ellipsis" if is_one_line else "fold",
            width=width,
        )
    for row in rows:
        table.add_row(*(escape(_text(cell)) for cell in row))
    console.print(table)


def fitted(wanted: Sequence[int], are_numbers: Sequence[bool], *, room: int) -> tuple[int, ...]:
    """Widths of columns that want so much and share `room`. Numbers get what they want; of the
    others the narrow ones too, and the wide ones share the rest; never less than one."""
    widths = dict(enumerate(wanted))
    rest = room - sum(
        width for width, is_number in zip(wanted, are_numbers, strict=True) if is_number
    )
    texts = sorted((i for i in widths if not are_numbers[i]), key=lambda i: wanted[i])
    for n_before, index in enumerate(texts):
        widths[index] = max(1, min(wanted[index], rest // (len(texts) - n_before)))
        rest -= widths[index]
    return tuple(widths.values())


def _print_plain(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    cells = [[column.removeprefix("#") for column in columns]]
    cells += [[_text(cell) for cell in row] for row in rows]
    widths = [max(len(row[index]) for row in cells) for index in range(len(columns))]
    if title:
        sys.stdout.write(f"{title}\n")
    for row in cells:
        line = "  ".join(
            cell.rjust(width) if column.startswith("#") else cell.ljust(width)
            for cell, width, column in zip(row, widths, columns, strict=True)
        )
        sys.stdout.write(line.rstrip() + "\n")


def _text(cell: object) -> str:
    return "" if cell is None else str(cell)


@contextmanager
def progress(title: str, total: int | None) -> Iterator[Progress]:
    """Count long work: a bar with rate and time left on a terminal, else Lines."""
    if is_terminal():
        with _bar(title, total) as count:
            yield count
    else:
        yield Lines(title, total, quiet_s=math.inf if _is_thrown_away() else QUIET_S)


@contextmanager
def _bar(title: str, total: int | None) -> Iterator[Progress]:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bars

    columns: list[Any] = [
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("so far,"),
        TimeRemainingColumn(),
        TextColumn("left"),
        TextColumn("{task.fields[words]}", style="dim"),
    ]
    with Bars(*columns) as bars:
        yield _Bar(bars, bars.add_task(title, total=total, rate="", words=""))


class _Bar:
    """One bar with rate and time left."""

    def __init__(self, bars: Any, task: Any) -> None:
        self._bars, self._task = bars, task

    def __call__(self, n: int, words: str = "") -> None:
        speed = self._bars.tasks[0].speed
        rate = f"{speed:,.0f}/s" if speed else ""
        self._bars.update(self._task, advance=n, words=words[:50], rate=rate)

    def set_total(self, total: int) -> None:
        self._bars.update(self._task, total=total)


class Lines:
    """Plain lines for work that takes longer than `quiet_s`: after each tenth of it, or each
    100,000 where the end is unknown."""

    def __init__(
        self,
        title: str,
        total: int | None,
        *,
        quiet_s: float = QUIET_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._title, self._total, self._done, self._step = title, total, 0, 100_000
        self._clock, self._speaks_at = clock, clock() + quiet_s
        if total is not None:
            self.set_total(total)

    def set_total(self, total: int) -> None:
        self._total, self._step = total, max(1, total // 10)

    def __call__(self, n: int, words: str = "") -> None:
        before, self._done = self._done // self._step, self._done + n
        is_time = self._done // self._step > before or self._done == self._total
        if not is_time or self._clock() < self._speaks_at:
            return
        of = f" of {self._total:,}" if self._total else ""
        # Progress is not the result: it must not mix with --json on standard output.
        sys.stderr.write(f"{self._title}: {self._done:,}{of} {words}".rstrip() + "\n")


def _is_thrown_away() -> bool:
    """Whether standard output is /dev/null, as in a crontab: who does not want the result does
    not want to hear how far it is, and cron would mail it."""
    try:
        return os.fstat(sys.stdout.fileno()).st_rdev == Path(os.devnull).stat().st_rdev
    except (OSError, ValueError):
        return False
