"""Batches: an edition's frozen recipients in portions that one process claims at a time.

ready -> sending -> done | parked | cancelled (docs/ledger.md). A claim gives an epoch and a lease;
a worker that lost either can still record facts but changes no batch. Every state change carries
its guard outside the sub-select (without it PostgreSQL claims rows twice), and whoever changes
batches locks the edition's row first. I/O: the database.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update

from digest.model.ledger import BatchState, ClaimedBatch, DeliveryState, EditionState
from digest.store.schema import batch, delivery, edition

LEASE_S = 30.0
# A batch whose holder died that often is set aside: each death may repeat a message.
MAX_TRIES = 10
FIRST, RETRY = "first", "retry"
# An edition of another state is paused, or over.
CLAIMABLE_STATES = (EditionState.READY.value, EditionState.SENDING.value)
OPEN_STATES = (BatchState.READY.value, BatchState.SENDING.value, BatchState.PARKED.value)


def pack_ids(ids: Sequence[int]) -> bytes:
    """Little-endian int64, as given."""
    return struct.pack(f"<{len(ids)}q", *ids)


def unpack_ids(packed: bytes) -> tuple[int, ...]:
    """What pack_ids() was given."""
    return struct.unpack(f"<{len(packed) // 8}q", packed)


def freeze_batches(
    connection: Connection, edition_id: int, ids: Iterable[int], *, size: int
) -> int:
    """Write the recipients as `ready` batches of `size`; the number of recipients.

    Reads the ids as they come, one batch in memory. Raises ValueError unless they ascend strictly.
    """
    n_total = 0
    for no, portion in enumerate(_portions(ids, size), start=1):
        connection.execute(insert(batch), _row(edition_id, no, FIRST, portion))
        n_total += len(portion)
    return n_total


def claim_batch(
    connection: Connection, edition_id: int, *, owner: str, now: datetime, lease_s: float = LEASE_S
) -> ClaimedBatch | None:
    """Take the batch that had the fewest turns, lowest number first; None when none may be claimed.

    Claimable is what is ready and whose `not_before` has come, and what another held beyond its
    lease. `now` should be one clock for all workers of a store.
    """
    if lock_edition(connection, edition_id) not in CLAIMABLE_STATES:
        return None
    _park_poisoned(connection, edition_id, now)
    may_be_claimed = and_(batch.c.edition_id == edition_id, _claimable(now))
    chosen = (
        select(batch.c.id)
        .where(may_be_claimed)
        .order_by(batch.c.turns, batch.c.no)
        .limit(1)
        .scalar_subquery()
    )
    row = connection.execute(
        update(batch)
        .where(batch.c.id == chosen, may_be_claimed)
        .values(
            state=BatchState.SENDING.value,
            epoch=batch.c.epoch + 1,
            owner=owner,
            lease_until=now + timedelta(seconds=lease_s),
            tries=batch.c.tries + 1,
            turns=batch.c.turns + 1,
        )
        .returning(batch.c.id, batch.c.epoch, batch.c.ids)
    ).one_or_none()
    if row is None:
        return None
    _mark_sending(connection, edition_id)
    return _claimed(connection, edition_id, row.id, row.epoch, unpack_ids(row.ids))


def append_retry(connection: Connection, edition_id: int, ids: Sequence[int], *, size: int) -> None:
    """More batches for readers who are to be tried again at once; ids strictly ascending."""
    lock_edition(connection, edition_id)
    first = _next_no(connection, edition_id)
    for no, portion in enumerate(_portions(ids, size), start=first):
        connection.execute(insert(batch), _row(edition_id, no, RETRY, portion))


def renew_lease(
    connection: Connection, claimed: ClaimedBatch, *, now: datetime, lease_s: float = LEASE_S
) -> bool:
    """Hold the batch longer; False when it is no longer ours: send nothing more of it."""
    found = connection.execute(
        update(batch)
        .where(_still_ours(claimed))
        .values(lease_until=now + timedelta(seconds=lease_s))
    )
    return found.rowcount == 1


def release_batch(connection: Connection, claimed: ClaimedBatch, *, had_turn: bool = True) -> bool:
    """Give an unfinished batch back in good order; False when it was no longer ours. `had_turn`
    False: nobody of it was served, so it keeps its place before those of which somebody was."""
    found = connection.execute(
        update(batch)
        .where(_still_ours(claimed))
        .values(
            state=BatchState.READY.value,
            owner=None,
            lease_until=None,
            tries=batch.c.tries - 1,
            turns=batch.c.turns - int(not had_turn),
        )
    )
    return found.rowcount == 1


def close_batch(connection: Connection, claimed: ClaimedBatch, *, retry_at: datetime) -> bool:
    """Mark a batch done once each of its recipients has an outcome.

    The deferred ones go into a new `retry` batch, not before `retry_at`, in the same transaction.
    False when somebody has no outcome yet, or the batch is no longer ours: nothing is changed.
    """
    lock_edition(connection, claimed.edition_id)
    packed = connection.scalar(select(batch.c.ids).where(_still_ours(claimed)))
    if packed is None:
        return False
    ids = unpack_ids(packed)
    known = _known(connection, claimed.edition_id, ids)
    if len(known) < len(ids):
        return False
    deferred = [id_ for id_ in ids if known[id_][0] == DeliveryState.DEFERRED]
    if deferred:
        no = _next_no(connection, claimed.edition_id)
        row = _row(claimed.edition_id, no, RETRY, deferred)
        connection.execute(insert(batch), {**row, "not_before": retry_at})
    connection.execute(
        update(batch)
        .where(_still_ours(claimed))
        .values(state=BatchState.DONE.value, owner=None, lease_until=None)
    )
    return True


def hasten(connection: Connection, edition_id: int) -> None:
    """Make what waits for its hour, or was parked, claimable now: an operator asks for it."""
    connection.execute(
        update(batch)
        .where(
            batch.c.edition_id == edition_id,
            batch.c.state.in_((BatchState.READY.value, BatchState.PARKED.value)),
        )
        .values(state=BatchState.READY.value, not_before=None, tries=0)
    )


def adopt_orphans(connection: Connection, edition_id: int) -> int:
    """Make every held batch ready at once, without waiting for leases; their number.

    Only for the holder of the lock that lets one process alone send from this store.
    """
    found = connection.execute(
        update(batch)
        .where(batch.c.edition_id == edition_id, batch.c.state == BatchState.SENDING.value)
        .values(state=BatchState.READY.value, owner=None, lease_until=None)
    )
    return found.rowcount


def next_claim_at(connection: Connection, edition_id: int) -> datetime | None:
    """When the next batch may be claimed: the earliest hour or lease; None without an open batch
    that has one."""
    waits = connection.execute(
        select(batch.c.not_before, batch.c.lease_until).where(
            batch.c.edition_id == edition_id,
            batch.c.state.in_((BatchState.READY.value, BatchState.SENDING.value)),
        )
    )
    instants = [row.lease_until or row.not_before for row in waits]
    return min((instant for instant in instants if instant is not None), default=None)


def has_work(connection: Connection, edition_id: int, *, now: datetime) -> bool:
    """Whether an open edition can be worked on: a batch may be claimed, or all are done and it is
    only to be finished. What waits for its hour or, parked, for a person is no work."""
    open_batches = select(batch.c.id).where(
        batch.c.edition_id == edition_id, batch.c.state.in_(OPEN_STATES)
    )
    if connection.scalar(open_batches.limit(1)) is None:
        return True
    claimable = open_batches.where(_claimable(now)).limit(1)
    return connection.scalar(claimable) is not None


def count_open(connection: Connection, edition_id: int) -> dict[BatchState, int]:
    """How many batches are ready, sending, parked; states without one are absent."""
    rows = connection.execute(
        select(batch.c.state, func.count())
        .where(batch.c.edition_id == edition_id, batch.c.state.in_(OPEN_STATES))
        .group_by(batch.c.state)
    )
    return {BatchState(state): n for state, n in rows}


def lock_edition(connection: Connection, edition_id: int) -> str | None:
    """The edition's state, which stays so until the transaction ends."""
    # FOR NO KEY UPDATE: outcomes, which only refer to the row, are still written meanwhile.
    # SQLite has no row locks and needs none: one transaction writes at a time.
    row = select(edition.c.state).where(edition.c.id == edition_id)
    state: str | None = connection.scalar(row.with_for_update(key_share=True))
    return state


def _claimable(now: datetime) -> ColumnElement[bool]:
    return or_(
        and_(
            batch.c.state == BatchState.READY.value,
            or_(batch.c.not_before.is_(None), batch.c.not_before <= now),
        ),
        and_(batch.c.state == BatchState.SENDING.value, batch.c.lease_until < now),
    )


def _still_ours(claimed: ClaimedBatch) -> ColumnElement[bool]:
    return and_(
        batch.c.id == claimed.id,
        batch.c.epoch == claimed.epoch,
        batch.c.state == BatchState.SENDING.value,
    )


def _park_poisoned(connection: Connection, edition_id: int, now: datetime) -> None:
    connection.execute(
        update(batch)
        .where(
            batch.c.edition_id == edition_id,
            batch.c.tries >= MAX_TRIES,
            _claimable(now),
        )
        .values(state=BatchState.PARKED.value, owner=None, lease_until=None)
    )


def _mark_sending(connection: Connection, edition_id: int) -> None:
    connection.execute(
        update(edition)
        .where(edition.c.id == edition_id, edition.c.state == EditionState.READY.value)
        .values(state=EditionState.SENDING.value)
    )


def _claimed(
    connection: Connection, edition_id: int, batch_id: int, epoch: int, ids: tuple[int, ...]
) -> ClaimedBatch:
    known = _known(connection, edition_id, ids)
    tried = [id_ for id_ in ids if id_ in known and known[id_][0] == DeliveryState.DEFERRED]
    untried = [id_ for id_ in ids if id_ not in known]
    return ClaimedBatch(
        id=batch_id,
        edition_id=edition_id,
        epoch=epoch,
        todo=(*untried, *tried),
        n_attempts=max((known[id_][1] for id_ in tried), default=0),
    )


def _known(
    connection: Connection, edition_id: int, ids: Sequence[int]
) -> dict[int, tuple[int, int]]:
    """subscriber id -> (state, attempts) of those that have an outcome."""
    if not ids:
        return {}
    wanted = frozenset(ids)
    # By range and not by list: the ids ascend, and a list would be a new statement each time.
    rows = connection.execute(
        select(delivery.c.subscriber_id, delivery.c.state, delivery.c.n_attempts).where(
            delivery.c.edition_id == edition_id,
            delivery.c.subscriber_id.between(ids[0], ids[-1]),
        )
    )
    return {id_: (state, n) for id_, state, n in rows if id_ in wanted}


def _next_no(connection: Connection, edition_id: int) -> int:
    last = connection.scalar(select(func.max(batch.c.no)).where(batch.c.edition_id == edition_id))
    return (last or 0) + 1


def _row(edition_id: int, no: int, kind: str, ids: Sequence[int]) -> dict[str, object]:
    return {
        "edition_id": edition_id,
        "no": no,
        "kind": kind,
        "ids": pack_ids(ids),
        "n": len(ids),
        "state": BatchState.READY.value,
    }


def _portions(ids: Iterable[int], size: int) -> Iterator[tuple[int, ...]]:
    rest, last = iter(ids), None
    while portion := tuple(islice(rest, size)):
        for id_ in portion:
            if last is not None and id_ <= last:
                raise ValueError("recipients' ids must ascend, each once")
            last = id_
        yield portion
