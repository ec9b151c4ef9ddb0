"""Import and export of 10,000, 100,000 and 1,000,000 subscribers: rows per second, peak memory.

The list is shaped as Mailchimp exports it and goes into an empty SQLite store on disk. Run as
`python -m bench.subscribers`. I/O: a temporary folder; some 1 GB for the longest list.
"""

import csv
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from digest.roster import export_file, import_file
from digest.store.engine import open_store
from digest.store.migrate import migrate

SIZES = (10_000, 100_000, 1_000_000)
NOW = datetime(2026, 3, 12, 21, 0, tzinfo=UTC)
HEADER = (
    "Email Address", "First Name", "Last Name", "MEMBER_RATING", "OPTIN_TIME", "OPTIN_IP",
    "CONFIRM_TIME", "CONFIRM_IP", "LATITUDE", "LONGITUDE", "GMTOFF", "DSTOFF", "TIMEZONE", "CC",
    "REGION", "LAST_CHANGED", "LEID", "EUID", "NOTES", "TAGS",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one list, in and out again."""

    import_s: float
    export_s: float
    peak_mb: float


def measure() -> list[tuple[str, str]]:
    """Rates of the longest list, and the peak memory of each beside that of the shortest."""
    found = {n: _figures(n) for n in SIZES}
    longest, least = max(SIZES), found[min(SIZES)].peak_mb
    return [
        (f"import {longest:,} subscribers", _rate(longest, found[longest].import_s)),
        (f"export {longest:,} subscribers", _rate(longest, found[longest].export_s)),
        *(
            (
                f"peak memory of import and export, {n:,} subscribers",
                f"{one.peak_mb:.0f} MB ({one.peak_mb / least:.2f}x)",
            )
            for n, one in found.items()
        ),
    ]


def _rate(n: int, took_s: float) -> str:
    return f"{took_s:.1f} s ({n / took_s:,.0f} rows/s)"


def _figures(n: int) -> Figures:
    """In a process of its own, and forked by a small one: ru_maxrss begins with the parent's."""
    context = get_context("forkserver")
    hear, tell = context.Pipe(duplex=False)
    with tempfile.TemporaryDirectory() as folder:
        write_list(Path(folder) / "list.csv", n)
        child = context.Process(target=in_and_out, args=(Path(folder), n, tell))
        child.start()
        tell.close()  # so that a child that dies is heard
        figures: Figures = hear.recv()
        child.join()
    return figures


def write_list(path: Path, n: int) -> None:
    """n readers, each with the proof of consent that Mailchimp keeps; some 200 bytes a row."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(_row(number) for number in range(n))


def _row(number: int) -> tuple[str, ...]:
    at = (NOW - timedelta(minutes=number)).strftime("%Y-%m-%d %H:%M:%S")
    ip = f"203.0.113.{number % 250}"
    return (
        f"Reader.{number}@mail{number % 977}.example", "Zoé", f"MacNeil {number}", "2", at, ip,
        at, ip, "46.2382", "-63.1311", "-4", "-3", "America/Halifax", "CA",
        "PE", at, str(400_000_000 + number), f"{number:010x}", "", "",
    )  # fmt: skip


def in_and_out(folder: Path, n: int, tell: Connection) -> None:
    """Import the list, export it, and tell what that took."""
    store = open_store(f"sqlite:///{folder / 'digest.db'}")
    migrate(store)
    begun = time.perf_counter()
    report = import_file(store, folder / "list.csv", publication="wrap", now=NOW)
    imported = time.perf_counter()
    with (folder / "again.csv").open("w", encoding="utf-8", newline="") as file:
        n_written = export_file(store, file, publication="wrap")
    exported = time.perf_counter()
    store.close()
    assert report.n_added == n_written == n, report
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak_mb = peak_kb / (1_000_000 if sys.platform == "darwin" else 1_000)
    tell.send(Figures(imported - begun, exported - imported, peak_mb))


if __name__ == "__main__":
    for name, figure in measure():
        print(f"{name:<62} {figure}")
