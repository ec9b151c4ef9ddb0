"""The ledger's hot path writes what its plain path would, a group at a time, on both databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta, timezone

import pytest
from sqlalchemy import select, text

from digest.errors import StoreError
from digest.model.ledger import ClaimedBatch, DeliveryState, Outcome
from digest.store.attempts import count_attempts
from digest.store.batches import claim_batch
from digest.store.deliveries import record
from digest.store.engine import Store
from digest.store.outcomes import OutcomeWriter
from digest.store.relay_days import carried
from digest.store.schema import delivery
from tests.real.store.ledger import DEFERRED, FAILED, NOW, SENT, SUPPRESSED, fact, put_edition

ODD = Outcome(DeliveryState.DEFERRED, code=None, text="the line\0 broke — „so“", is_uncertain=True)


def claimed_batch(store: Store, n: int = 5) -> ClaimedBatch:
    with store.write() as connection:
        edition_id = put_edition(connection, range(1, n + 1)).id
        found = claim_batch(connection, edition_id, owner="w", now=NOW)
    assert found is not None
    return found


@contextmanager
def writer_on(store: Store, *, has_attempts: bool = False) -> Iterator[OutcomeWriter]:
    writer = OutcomeWriter(store, has_attempts=has_attempts)
    try:
        yield writer
    finally:
        writer.close()


def rows(store: Store) -> list[tuple[object, ...]]:
    with store.read() as connection:
        return [
            tuple(row) for row in connection.execute(select(delivery).order_by("subscriber_id"))
        ]


def test_a_group_is_what_the_plain_path_writes(store: Store) -> None:
    claimed = claimed_batch(store)
    facts = [
        fact(claimed, id_, outcome)
        for id_, outcome in enumerate((SENT, DEFERRED, FAILED, SUPPRESSED, ODD), 1)
    ]
    with store.write() as connection:
        record(connection, facts)
    plain = rows(store)
    with store.write() as connection:
        connection.execute(delivery.delete())
    with writer_on(store) as writer:
        assert writer.write(facts) == frozenset()
    assert rows(store) == plain


def test_one_reader_twice_in_a_group(store: Store) -> None:
    claimed = claimed_batch(store)
    group = [fact(claimed, 1, DEFERRED), fact(claimed, 1, SENT), fact(claimed, 1, DEFERRED)]
    with writer_on(store) as writer:
        writer.write(group)
    ((state, n_attempts),) = [(row[4], row[10]) for row in rows(store)]
    assert (state, n_attempts) == (DeliveryState.SENT, 3)


def test_times_of_any_zone_are_one_instant(store: Store) -> None:
    claimed = claimed_batch(store)
    halifax = NOW.astimezone(timezone(timedelta(hours=-4)))
    with writer_on(store) as writer:
        writer.write([fact(claimed, 1, SENT), fact(claimed, 2, SENT, at=halifax)])
    assert [row[9] for row in rows(store)] == [NOW, NOW]


def test_attempts_end_with_their_outcomes(store: Store) -> None:
    claimed = claimed_batch(store)
    with writer_on(store, has_attempts=True) as writer:
        writer.write([], attempts=[(claimed, id_, NOW) for id_ in (1, 2, 3, 3)])
        writer.write([fact(claimed, 1, SENT), fact(claimed, 3, DEFERRED)])
    with store.read() as connection:
        assert count_attempts(connection, claimed.edition_id) == 1


def test_attempts_for_a_lost_batch_are_not_written(store: Store) -> None:
    claimed = claimed_batch(store)
    with store.write() as connection:
        later = NOW + timedelta(seconds=31)
        assert claim_batch(connection, claimed.edition_id, owner="x", now=later) is not None
    with writer_on(store, has_attempts=True) as writer:
        assert writer.write([fact(claimed, 1, SENT)], [(claimed, 2, NOW)]) == {claimed.id}
    with store.read() as connection:
        assert count_attempts(connection, claimed.edition_id) == 0
    assert len(rows(store)) == 1


def test_what_a_relay_carried_is_counted_by_the_day(store: Store) -> None:
    with writer_on(store) as writer:
        writer.write([], carried=[("a", NOW, 1), ("a", NOW, 1), ("b", NOW, 2)])
        writer.write([], carried=[("a", NOW, 1)])
    with store.read() as connection:
        assert carried(connection, "a", NOW.date())[1] == 3
        assert carried(connection, "b", NOW.date())[1] == 2


def test_nothing_is_nothing(store: Store) -> None:
    with writer_on(store, has_attempts=True) as writer:
        assert writer.write([]) == frozenset()
    assert rows(store) == []


def test_a_group_that_fails_leaves_nothing(store: Store) -> None:
    claimed = claimed_batch(store)
    good = fact(claimed, 1, SENT)
    with store.write() as connection:
        connection.execute(text("ALTER TABLE delivery RENAME TO away"))
    with writer_on(store) as writer:
        with pytest.raises(StoreError, match="delivery"):
            writer.write([good], carried=[("a", NOW, 1)])
        with store.write() as connection:
            assert carried(connection, "a", NOW.date())[1] == 0
            connection.execute(text("ALTER TABLE away RENAME TO delivery"))
        writer.write([good])
    assert len(rows(store)) == 1
