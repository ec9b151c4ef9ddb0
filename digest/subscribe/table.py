"""Lines of text to the rows of a table: CSV as spreadsheets and newsletter programs write it. Pure.

RFC 4180 with what the world adds: semicolons or tabs as separators, a `sep=;` line, sloppy quotes.
A quote that is never closed would swallow the readers up to the next quote; so quotes are read
strictly first, and where that fails the row is its first line alone, and the rest is read again.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator

Row = tuple[int, list[str]]
SEPARATORS = ",;\t"
# A line of more is cut: no program writes such a row, and a quote may open at its end.
MAX_LINE = 100_000


def read_table(lines: Iterable[str]) -> Iterator[Row]:
    """(number of its first line, cells) of each row; rows without any text are left out. Lines
    keep their ends. Never fails: what makes no sense comes as it is."""
    source = _Lines(lines)
    separator = _separator(source)
    reader = csv.reader(source, delimiter=separator, strict=True)
    while True:
        line = source.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = _sloppy(source.keep_first(), separator)
            reader = csv.reader(source, delimiter=separator, strict=True)
        source.held.clear()
        if "".join(cells).strip():
            yield line, cells


class _Lines:
    """Counts the lines it gives out, and holds those since the last row."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self.held: list[str] = []
        self.number = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.held.append(line)
        self.number += 1
        return line

    def keep_first(self) -> str:
        """The first of the held lines; the others are given out again."""
        first, *others = self.held
        self._again.extendleft(reversed(others))
        self.number -= len(others)
        return first

    def undo(self) -> None:
        """Give all the held lines out again."""
        self._again.extendleft(reversed(self.held))
        self.number -= len(self.held)
        self.held.clear()


def _separator(source: _Lines) -> str:
    """What stands most often in the first line that has any text, or what `sep=` in it names."""
    head = ""
    while not head.strip():
        head = next(source, "")
        if not head:
            break
    told = head.strip().lower().removeprefix("\ufeff")
    if told.startswith("sep=") and told[4:5] in SEPARATORS and len(told) == 5:
        source.held.clear()
        return told[4]
    source.undo()
    return max(SEPARATORS, key=head.count)


def _sloppy(line: str, separator: str) -> list[str]:
    """The cells of one line, whatever its quotes."""
    return next(csv.reader([line[:MAX_LINE]], delimiter=separator), [])
