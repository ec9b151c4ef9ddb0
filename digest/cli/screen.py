"""Printing for people and for programs. I/O: the terminal.

On a terminal rich draws tables and progress bars; into a file or pipe go plain lines.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol


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
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    is_one_line: bool = False,
) -> None:
    """A table. Columns whose name begins with `#` are numbers, set to the right; `is_one_line`
    cuts what does not fit the terminal instead of wrapping it."""
    if not is_terminal():
        _print_plain(title, columns, rows)
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title or None, title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    for column in columns:
        is_number = column.startswith("#")
        table.add_column(
            column.removeprefix("#"),
            justify="right" if is_number else "left",
            no_wrap=is_number or is_one_line,
            overflow="ellipsis" if is_one_line else "fold",
        )
    for row in rows:
        table.add_row(*(escape(_text(cell)) for cell in row))
    Console().print(table)


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
    """Count long work: a bar with rate and time left on a terminal, else a line at times."""
    if is_terminal():
        with _bar(title, total) as count:
            yield count
    else:
        yield _Lines(title, total)


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
        TextColumn("left"),
        TimeRemainingColumn(),
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


class _Lines:
    """Plain lines: after each tenth of the work, or each 100,000 where the end is unknown."""

    def __init__(self, title: str, total: int | None) -> None:
        self._title, self._total, self._done, self._step = title, total, 0, 100_000
        if total is not None:
            self.set_total(total)

    def set_total(self, total: int) -> None:
        self._total, self._step = total, max(1, total // 10)

    def __call__(self, n: int, words: str = "") -> None:
        before, self._done = self._done // self._step, self._done + n
        if self._done // self._step == before and self._done != self._total:
            return
        of = f" of {self._total:,}" if self._total else ""
        # Progress is not the result: it must not mix with --json on standard output.
        sys.stderr.write(f"{self._title}: {self._done:,}{of} {words}".rstrip() + "\n")
