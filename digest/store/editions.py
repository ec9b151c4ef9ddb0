"""Editions: one row per publication and local day, the guard against sending a night twice.

ready -> sending -> sent | cancelled, with paused on the way; skipped, which may still become ready
(docs/ledger.md).
I/O: the database.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, exists, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from digest.model.edition import Edition
from digest.model.ledger import BatchState, EditionRecord, EditionState
from digest.model.message import Body
from digest.store.batches import OPEN_STATES, freeze_batches, lock_edition
from digest.store.deliveries import progress
from digest.store.edition_json import from_json, to_json
from digest.store.schema import batch, delivery, edition, edition_entry, entry

BATCH_SIZE = 500
OPEN = (EditionState.READY.value, EditionState.SENDING.value, EditionState.PAUSED.value)
CLOSED = (EditionState.SENT.value, EditionState.CANCELLED.value)


def create_edition(
    connection: Connection,
    chosen: Edition,
    *,
    subject: str,
    html: str,
    text: str,
    created_at: datetime,
    recipient_ids: Iterable[int],
    batch_size: int = BATCH_SIZE,
) -> EditionRecord:
    """Keep the edition and freeze its recipients (ids strictly ascending) as `ready` batches.

    When the publication already has one for that day, that one is returned (its `created_at` tells
    it) and nothing is changed; unless it was skipped: then this takes its place.
    Raises ValueError when the ids do not ascend.
    """
    edition_id = _put(
        connection,
        publication=chosen.publication,
        day=chosen.day,
        state=EditionState.READY.value,
        since=chosen.since,
        cutoff=chosen.cutoff,
        created_at=created_at,
        reason="",
        subject=subject,
        html=html,
        text=text,
        chosen=to_json(chosen),
        counts={},
    )
    if edition_id is not None:
        _keep_entries(connection, edition_id, chosen)
        n_total = freeze_batches(connection, edition_id, recipient_ids, size=batch_size)
        connection.execute(
            update(edition).where(edition.c.id == edition_id).values(n_total=n_total)
        )
    return _of_night(connection, chosen.publication, chosen.day)


def skip_edition(
    connection: Connection,
    publication: str,
    day: date,
    *,
    since: datetime,
    cutoff: datetime,
    created_at: datetime,
    reason: str,
) -> EditionRecord:
    """Note that a night has no edition, and why. An edition that is there already is returned
    unchanged; a skipped one takes the new reason."""
    _put(
        connection,
        publication=publication,
        day=day,
        state=EditionState.SKIPPED.value,
        since=since,
        cutoff=cutoff,
        created_at=created_at,
        reason=reason,
        counts={},
    )
    return _of_night(connection, publication, day)


def find_edition(connection: Connection, publication: str, day: date) -> EditionRecord | None:
    """The publication's edition of that local date, with what was chosen."""
    found = _whole().where(edition.c.publication == publication, edition.c.day == day)
    row = connection.execute(found).one_or_none()
    return None if row is None else _record(row)


def is_made(connection: Connection, publication: str, day: date) -> bool:
    """Whether that night has an edition, sent or not: then no other will be made."""
    found = find_edition(connection, publication, day)
    return found is not None and found.state is not EditionState.SKIPPED


def get_edition(connection: Connection, edition_id: int) -> EditionRecord:
    """The edition, with what was chosen. Raises LookupError."""
    row = connection.execute(_whole().where(edition.c.id == edition_id)).one_or_none()
    if row is None:
        raise LookupError(f"no edition {edition_id}")
    return _record(row)


def get_body(connection: Connection, edition_id: int) -> Body:
    """The edition as it was rendered, personal spots unfilled. Raises LookupError."""
    columns = select(edition.c.subject, edition.c.html, edition.c.text)
    row = connection.execute(columns.where(edition.c.id == edition_id)).one_or_none()
    if row is None or row.html is None:
        raise LookupError(f"no edition {edition_id}, or it was skipped")
    return Body(row.subject, row.html, row.text)


def list_editions(
    connection: Connection,
    publication: str | None = None,
    *,
    limit: int = 30,
    states: Collection[EditionState] = (),
) -> tuple[EditionRecord, ...]:
    """The latest first, same days by publication; `edition` is left out (None). `states` empty =
    every state."""
    columns = [column for column in edition.c if column.name not in ("chosen", "html", "text")]
    found = select(*columns).order_by(edition.c.day.desc(), edition.c.publication).limit(limit)
    if publication is not None:
        found = found.where(edition.c.publication == publication)
    if states:
        found = found.where(edition.c.state.in_([state.value for state in states]))
    return tuple(_record(row) for row in connection.execute(found))


def finish_edition(connection: Connection, edition_id: int, *, now: datetime) -> bool:
    """Mark an edition sent and keep its counts; False while a batch is open, or when it is
    neither ready nor being sent.

    One that surely reached nobody (all expired, failed or suppressed) becomes `cancelled` instead,
    so that its stories are still news to the next night. Who is held may have it.
    """
    lock_edition(connection, edition_id)
    counts = progress(connection, edition_id)
    n_total = connection.scalar(select(edition.c.n_total).where(edition.c.id == edition_id))
    is_lost = bool(n_total) and not counts["sent"] and not counts["held"]
    state = EditionState.CANCELLED if is_lost else EditionState.SENT
    found = connection.execute(
        update(edition)
        .where(
            edition.c.id == edition_id,
            edition.c.state.in_(OPEN),
            ~exists().where(batch.c.edition_id == edition_id, batch.c.state.in_(OPEN_STATES)),
        )
        .values(
            state=state.value,
            counts=counts,
            sent_at=None if is_lost else now,
            reason=_in_words(counts) if is_lost else "",
        )
    )
    return found.rowcount == 1


def refresh_counts(connection: Connection, edition_id: int) -> None:
    """Bring a sent edition's counts up to what came late: a worker that was paused has facts to
    tell, too."""
    connection.execute(
        update(edition)
        .where(edition.c.id == edition_id, edition.c.state == EditionState.SENT.value)
        .values(counts=progress(connection, edition_id))
    )


def pause_edition(connection: Connection, edition_id: int, *, reason: str) -> bool:
    """Let no further batch be claimed until somebody resumes it; False when it is not under way."""
    found = connection.execute(
        update(edition)
        .where(
            edition.c.id == edition_id,
            edition.c.state.in_((EditionState.READY.value, EditionState.SENDING.value)),
        )
        .values(state=EditionState.PAUSED.value, reason=reason)
    )
    return found.rowcount == 1


def resume_edition(connection: Connection, edition_id: int, *, now: datetime) -> bool:
    """Go on with a paused edition; False when it is not paused."""
    found = connection.execute(
        update(edition)
        .where(edition.c.id == edition_id, edition.c.state == EditionState.PAUSED.value)
        .values(state=EditionState.SENDING.value, reason="", resumed_at=now)
    )
    return found.rowcount == 1


def cancel_edition(connection: Connection, edition_id: int, *, reason: str) -> bool:
    """Stop an edition for good: no batch can be claimed any more; False when it is not open."""
    found = connection.execute(
        update(edition)
        .where(edition.c.id == edition_id, edition.c.state.in_(OPEN))
        .values(
            state=EditionState.CANCELLED.value,
            reason=reason,
            counts=progress(connection, edition_id),
        )
    )
    if found.rowcount != 1:
        return False
    connection.execute(
        update(batch)
        .where(batch.c.edition_id == edition_id, batch.c.state.in_(OPEN_STATES))
        .values(state=BatchState.CANCELLED.value, owner=None, lease_until=None)
    )
    return True


def purge_deliveries(connection: Connection, *, before: datetime) -> int:
    """Drop who got what of the closed editions made before then; their counts stay. The number
    of deliveries dropped."""
    old = select(edition.c.id).where(edition.c.state.in_(CLOSED), edition.c.created_at < before)
    connection.execute(delete(batch).where(batch.c.edition_id.in_(old)))
    return connection.execute(delete(delivery).where(delivery.c.edition_id.in_(old))).rowcount


def _put(connection: Connection, **values: object) -> int | None:
    """Insert, or replace a skipped night; the id, or None when the night has an edition."""
    is_sqlite = connection.dialect.name == "sqlite"
    new = (sqlite.insert if is_sqlite else postgresql.insert)(edition).values(**values)
    put = new.on_conflict_do_update(
        index_elements=["publication", "day"],
        set_={name: new.excluded[name] for name in values if name not in ("publication", "day")},
        where=edition.c.state == EditionState.SKIPPED.value,
    )
    edition_id: int | None = connection.scalar(put.returning(edition.c.id))
    return edition_id


def _keep_entries(connection: Connection, edition_id: int, chosen: Edition) -> None:
    """Note which entries went in, with their addresses, which outlive the entries themselves."""
    urls: dict[int, str | None] = {}
    for story in chosen.stories:
        urls.update(dict.fromkeys(story.entry_ids))
        urls[story.id] = story.url
    known = connection.execute(select(entry.c.id, entry.c.url).where(entry.c.id.in_(list(urls))))
    urls.update({id_: url for id_, url in known if url is not None})
    connection.execute(
        insert(edition_entry),
        [
            {"edition_id": edition_id, "entry_id": id_, "url": url}
            for id_, url in sorted(urls.items(), key=lambda item: item[0])
        ],
    )


def _of_night(connection: Connection, publication: str, day: date) -> EditionRecord:
    found = find_edition(connection, publication, day)
    if found is None:
        raise LookupError(f"no edition of {publication} for {day}")
    return found


def _whole() -> Select[Any]:
    return select(*(column for column in edition.c if column.name not in ("html", "text")))


def _record(row: Row[Any]) -> EditionRecord:
    chosen = row._mapping.get("chosen")
    return EditionRecord(
        id=row.id,
        publication=row.publication,
        day=row.day,
        state=EditionState(row.state),
        since=row.since,
        cutoff=row.cutoff,
        created_at=row.created_at,
        sent_at=row.sent_at,
        n_total=row.n_total,
        reason=row.reason,
        subject=row.subject,
        counts=dict(row.counts),
        edition=None if chosen is None else from_json(chosen),
        resumed_at=row.resumed_at,
    )


def _in_words(counts: Mapping[str, int]) -> str:
    parts = ", ".join(f"{n} {state}" for state, n in counts.items() if n)
    return f"It reached nobody: {parts}."
