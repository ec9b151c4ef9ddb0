"""Lists of subscribers as files: in from other programs, out as ours. I/O: files, the store.

A list of any length streams: memory does not grow with it. Rows are written some thousands at a
time, so an import that was broken off is simply run again.
"""

import csv
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from digest.errors import SettingsError, UnreadableFileError
from digest.lists import read_lists
from digest.model.newsroom import Section
from digest.model.readers import Consent, Wish
from digest.store.engine import Store
from digest.store.forgetting import any_forgotten, forgotten_among, known_among
from digest.store.intake import Taken, take_in
from digest.store.leaving import Keepsake, keepsakes
from digest.subscribe.columns import recognise
from digest.subscribe.forgotten import Forgetter
from digest.subscribe.rows import BadRow, Unconfirmed, guarded, read_row
from digest.subscribe.table import read_table

ROWS_PER_COMMIT = 5_000
MAX_BAD_ROWS_KEPT = 1_000
MAX_TOPICS_KEPT = 100
COLUMNS = ("email", "name", "topics", "language", "status", "consent_time", "consent_ip",
           "confirm_time", "confirm_ip")  # fmt: skip
OnProgress = Callable[[int], None]
Reading = Wish | BadRow | Unconfirmed


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import came to: n_rows is the sum of the other numbers.

    n_known: repeated, or as here before. n_kept_out: had left here. n_suppressed: had left or
    failed there. n_unconfirmed: never agreed there. `bad` has the first 1,000 of n_bad rows.
    """

    products: tuple[str, ...] = ()
    n_rows: int = 0
    n_added: int = 0
    n_known: int = 0
    n_suppressed: int = 0
    n_kept_out: int = 0
    n_unconfirmed: int = 0
    n_bad: int = 0
    bad: tuple[BadRow, ...] = ()
    unknown_topics: frozenset[str] = frozenset()


def import_file(
    store: Store,
    path: Path,
    *,
    publication: str,
    now: datetime,
    sections: Sequence[Section] = (),
    on_progress: OnProgress = lambda _n: None,
    key: bytes | None = None,
) -> ImportReport:
    """Take in a CSV file, or a ZIP of them, whatever program exported it.

    Rows of readers who left, or whose address failed, become suppressions; nobody is subscribed
    again. A bad row is reported and does not stop the rest. With `sections`, topics are known by
    slug or title and others are left out and reported; without, they are taken as they come.
    `key` is the installation's: with it those who were forgotten are known and kept out.
    Raises UnreadableFileError when no column of addresses can be found, StoreError, SettingsError
    (there are forgotten ones, and no key).
    """
    report = ImportReport()
    known = {word.casefold(): one.slug for one in sections for word in (one.title, one.slug)}
    take = partial(_take, store, publication, known, now, _forgetter(store, key))
    for product, readings in _lists(path):
        report = replace(report, products=(*report.products, product))
        for chunk, taken in _ahead(readings, take):
            report = _counted(report, chunk, taken, _unknown_topics(chunk, known))
            on_progress(len(chunk))
    return report


def _ahead(
    readings: Iterator[Reading], take: Callable[[Sequence[Reading]], Taken]
) -> Iterator[tuple[list[Reading], Taken]]:
    """Chunks of readings and what they came to. A chunk is read while the one before is written:
    the database works outside the interpreter's lock."""
    with ThreadPoolExecutor(max_workers=1) as writer:
        under_way: deque[tuple[list[Reading], Future[Taken]]] = deque()
        while chunk := list(islice(readings, ROWS_PER_COMMIT)):
            under_way.append((chunk, writer.submit(take, chunk)))
            if len(under_way) > 1:
                read, job = under_way.popleft()
                yield read, job.result()
        for read, job in under_way:
            yield read, job.result()


def _forgetter(store: Store, key: bytes | None) -> Forgetter | None:
    with store.read() as connection:
        if not any_forgotten(connection):
            return None
    if key is None:
        raise SettingsError(
            ("DIGEST_SECRET_KEY: missing; without it those who were forgotten are not known",)
        )
    return Forgetter(key)


def _take(
    store: Store,
    publication: str,
    known: Mapping[str, str],
    now: datetime,
    forgetter: Forgetter | None,
    chunk: Sequence[Reading],
) -> Taken:
    wishes = [_settled(one, known) for one in chunk if isinstance(one, Wish)]
    with store.write() as connection:
        barred = _barred(connection, publication, wishes, forgetter)
        kept = [one for one in wishes if one.address not in barred]
        taken = take_in(connection, publication, kept, now=now)
    return replace(taken, n_kept_out=taken.n_kept_out + len(wishes) - len(kept))


def _barred(
    connection: Any, publication: str, wishes: Sequence[Wish], forgetter: Forgetter | None
) -> Collection[str]:
    """Addresses that were forgotten, and whose owners have not come back by themselves. What a list
    says of them is not kept either, were it only that they left."""
    if forgetter is None:
        return ()
    hashes = {forgetter.hash(one.address): one.address for one in wishes}
    found = forgotten_among(connection, hashes.keys(), publication=publication)
    addresses = {hashes[one] for one in found}
    return addresses - known_among(connection, addresses)


def _lists(path: Path) -> Iterator[tuple[str, Iterator[Reading]]]:
    """The product and the rows of each list in the file."""
    for name, lines in read_lists(path):
        rows = read_table(lines)
        first = next(rows, None)
        if first is None:
            raise UnreadableFileError(f"{name}: the file is empty")
        layout = recognise(first[1], file_name=name)
        if isinstance(layout, str):
            raise UnreadableFileError(f"{name}: {layout}")
        source = f"{layout.product}: {name}"
        heading = () if layout.has_header else (first,)
        yield (
            layout.product,
            (
                read_row(layout, cells, line=line, source=source)
                for some in (heading, rows)
                for line, cells in some
            ),
        )


def _settled(one: Wish, known: Mapping[str, str]) -> Wish:
    """With topics as slugs of sections, less those that are none."""
    if not known or all(known.get(topic) == topic for topic in one.topics):
        return one
    return replace(one, topics=tuple(sorted({known[each] for each in one.topics if each in known})))


def _unknown_topics(chunk: Sequence[Reading], known: Mapping[str, str]) -> set[str]:
    if not known:
        return set()
    wanted = {one.topics for one in chunk if isinstance(one, Wish)}
    return {topic for topics in wanted for topic in topics if topic not in known}


def _counted(
    report: ImportReport, chunk: Sequence[Reading], taken: Taken, unknown: set[str]
) -> ImportReport:
    bad = [one for one in chunk if isinstance(one, BadRow)]
    return replace(
        report,
        n_rows=report.n_rows + len(chunk),
        n_added=report.n_added + taken.n_added,
        n_known=report.n_known + taken.n_known,
        n_suppressed=report.n_suppressed + taken.n_suppressed,
        n_kept_out=report.n_kept_out + taken.n_kept_out,
        n_unconfirmed=report.n_unconfirmed + sum(isinstance(one, Unconfirmed) for one in chunk),
        n_bad=report.n_bad + len(bad),
        bad=(*report.bad, *bad)[:MAX_BAD_ROWS_KEPT],
        unknown_topics=frozenset(sorted(report.unknown_topics | unknown)[:MAX_TOPICS_KEPT]),
    )


def export_file(store: Store, file: TextIO, *, publication: str) -> int:
    """Write all readers of the publication as CSV, whatever their state, then the addresses that
    are suppressed without having been readers; their number. `status` is why they get no mail, so
    what import_file() makes of it elsewhere mails nobody who left."""
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    n = 0
    for one in keepsakes(store, publication):
        writer.writerow(_cells(one))
        n += 1
    return n


def _cells(one: Keepsake) -> tuple[str, ...]:
    proof = one.consent or Consent(source="")
    return (
        one.address,
        guarded(one.name),
        ";".join(one.topics),
        one.language or "",
        one.status,
        _written(proof.at),
        proof.ip or "",
        _written(proof.confirmed_at),
        proof.confirmed_ip or "",
    )


def _written(at: datetime | None) -> str:
    return "" if at is None else at.isoformat()
