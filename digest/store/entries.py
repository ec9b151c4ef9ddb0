"""Entries as they came: saved once, updated when edited, chosen from by window.

I/O: the database.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, and_, bindparam, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from digest.model.feeds import Entry, Image, StoredEntry
from digest.model.ledger import EditionState
from digest.store.schema import edition, edition_entry, entry
from digest.store.windows import has_gone_out

Row = Mapping[Any, Any]
Item = TypeVar("Item")

CHUNK = 400  # bound parameters in one statement
KEPT_UNDATED = 300  # per feed: more than feeds hold
_UNFINISHED = (
    EditionState.READY.value,
    EditionState.SENDING.value,
    EditionState.PAUSED.value,
)
_CONTENT = (
    "url", "title", "lede", "byline", "dateline", "credit", "categories", "image", "language",
    "updated_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Saved:
    """How many entries were not known before, and how many were and have changed."""

    n_new: int = 0
    n_updated: int = 0


def save_entries(conn: Connection, entries: Iterable[Entry], *, now: datetime) -> Saved:
    """Insert what is new, update what has changed, leave the rest alone.

    `published_at` must have been settled; where it is None, `now` is taken. An edited entry keeps
    `first_seen_at` (`now` for a new one) and its first `published_at`, so that it never moves to
    another night. Of two with one (feed, key) the last counts.
    """
    n_new = n_updated = 0
    for part in _chunks({(item.feed, item.key): item for item in entries}.values()):
        known = _known(conn, part)
        fresh = [item for item in part if (item.feed, item.key) not in known]
        edited = list(_edits(part, known))
        n_new += _insert(conn, fresh, now)
        n_updated += len(edited)
        if edited:
            conn.execute(update(entry).where(entry.c.id == bindparam("b_id")), edited)
    return Saved(n_new, n_updated)


def window(
    conn: Connection, *, feeds: Iterable[str], since: datetime, cutoff: datetime, late_h: float
) -> tuple[StoredEntry, ...]:
    """The feeds' entries of (since, cutoff], by publication and id, the oldest first.

    An entry that was published before `since` but first seen after it (the feed was down, or the
    story was filed late) counts too if it is at most `late_h` hours older than `since`.
    """
    late_from = since - timedelta(hours=late_h)
    statement = select(entry).where(
        entry.c.feed.in_(tuple(feeds)),
        entry.c.published_at <= cutoff,
        or_(
            entry.c.published_at > since,
            and_(entry.c.first_seen_at > since, entry.c.published_at > late_from),
        ),
    )
    rows = conn.execute(statement.order_by(entry.c.published_at, entry.c.id)).mappings()
    return tuple(_stored(row) for row in rows)


def find_entries(conn: Connection, ids: Iterable[int]) -> tuple[StoredEntry, ...]:
    """The entries with these ids that are still there, by id."""
    found: list[StoredEntry] = []
    for part in _chunks(sorted(set(ids))):
        statement = select(entry).where(entry.c.id.in_(part)).order_by(entry.c.id)
        found += (_stored(row) for row in conn.execute(statement).mappings())
    return tuple(found)


def sent_urls(conn: Connection, publication: str, *, after: datetime) -> frozenset[str]:
    """The URLs in the publication's editions that have gone out, whose cut-off is past `after`."""
    statement = _sent(publication, after).with_only_columns(edition_entry.c.url)
    return frozenset(url for url in conn.execute(statement).scalars() if url)


def sent_entry_ids(conn: Connection, publication: str, *, after: datetime) -> frozenset[int]:
    """The entries in those same editions."""
    statement = _sent(publication, after).with_only_columns(edition_entry.c.entry_id)
    return frozenset(conn.execute(statement).scalars())


def purge_entries(conn: Connection, *, before: datetime) -> int:
    """Drop entries first seen before `before`; returns how many.

    Kept: those of editions not finished, and the newest entries without a date of their own of each
    feed, which would be taken for news if the feed still showed them.
    """
    unfinished = (
        select(edition_entry.c.entry_id)
        .join(edition, edition.c.id == edition_entry.c.edition_id)
        .where(edition.c.state.in_(_UNFINISHED))
    )
    age = func.row_number().over(partition_by=entry.c.feed, order_by=entry.c.id.desc())
    undated = (
        select(entry.c.id, age.label("age"))
        .where(entry.c.published_at == entry.c.first_seen_at)
        .subquery()
    )
    still_shown = select(undated.c.id).where(undated.c.age <= KEPT_UNDATED)
    done = conn.execute(
        delete(entry).where(
            entry.c.first_seen_at < before,
            entry.c.id.not_in(unfinished),
            entry.c.id.not_in(still_shown),
        )
    )
    return done.rowcount


def count_entries(conn: Connection) -> Mapping[str, int]:
    """How many entries each feed has in the store; feeds without any are absent."""
    statement = select(entry.c.feed, func.count()).group_by(entry.c.feed)
    return {row[0]: row[1] for row in conn.execute(statement)}


def _sent(publication: str, after: datetime) -> Select[Any]:
    return (
        select(edition_entry)
        .join(edition, edition.c.id == edition_entry.c.edition_id)
        .where(
            edition.c.publication == publication,
            has_gone_out(),
            edition.c.cutoff > after,
        )
    )


def _known(conn: Connection, part: Iterable[Entry]) -> dict[tuple[str, str], Row]:
    """The rows already there, by (feed, key)."""
    keys_by_feed: dict[str, list[str]] = {}
    for item in part:
        keys_by_feed.setdefault(item.feed, []).append(item.key)
    return {
        (row["feed"], row["key"]): row
        for feed, keys in keys_by_feed.items()
        for row in conn.execute(
            select(entry).where(entry.c.feed == feed, entry.c.key.in_(keys))
        ).mappings()
    }


def _edits(part: Iterable[Entry], known: Mapping[tuple[str, str], Row]) -> Iterator[dict[str, Any]]:
    """What to write for those that are known and say something else now."""
    for item in part:
        row, content = known.get((item.feed, item.key)), _content(item)
        if row is not None and content != {name: row[name] for name in _CONTENT}:
            yield {"b_id": row["id"], **content}


def _insert(conn: Connection, fresh: Iterable[Entry], now: datetime) -> int:
    rows = [
        {
            "feed": item.feed,
            "key": item.key,
            "published_at": item.published_at or now,
            "first_seen_at": now,
            **_content(item),
        }
        for item in fresh
    ]
    if rows:
        insert = postgresql_insert if conn.dialect.name == "postgresql" else sqlite_insert
        # Another process may have polled the same feed a moment ago: then its row stands.
        conn.execute(insert(entry).on_conflict_do_nothing(index_elements=["feed", "key"]), rows)
    return len(rows)


def _content(item: Entry) -> dict[str, Any]:
    """The columns that an edit changes."""
    return {
        "url": item.url,
        "title": item.title,
        "lede": item.lede,
        "byline": item.byline,
        "dateline": item.dateline,
        "credit": item.credit,
        "categories": list(item.categories),
        "image": asdict(item.image) if item.image else None,
        "language": item.language,
        "updated_at": item.updated_at,
    }


def _stored(row: Row) -> StoredEntry:
    content = {name: row[name] for name in _CONTENT}
    content["categories"] = tuple(content["categories"])
    content["image"] = Image(**content["image"]) if content["image"] else None
    told = Entry(feed=row["feed"], key=row["key"], published_at=row["published_at"], **content)
    return StoredEntry(row["id"], told, row["published_at"], row["first_seen_at"])


def _chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    iterator = iter(items)
    while part := list(islice(iterator, CHUNK)):
        yield part
