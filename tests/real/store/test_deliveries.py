"""Batches and outcomes: claims, leases, what may rise. In any order: test_nights.py."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from digest.model.ledger import ClaimedBatch, DeliveryState, Outcome
from digest.store.batches import (
    MAX_TRIES,
    adopt_orphans,
    claim_batch,
    close_batch,
    count_open,
    hasten,
    next_claim_at,
    pack_ids,
    release_batch,
    renew_lease,
    unpack_ids,
)
from digest.store.deliveries import progress, record
from digest.store.editions import finish_edition
from digest.store.engine import Store
from digest.store.schema import delivery
from tests.real.store.ledger import (
    DEFERRED,
    EXPIRED,
    FAILED,
    NOW,
    SENT,
    SUPPRESSED,
    batch_states,
    fact,
    put_edition,
    states,
)

LATER = NOW + timedelta(seconds=31)
RETRY_AT = NOW + timedelta(minutes=10)


def new_edition(store: Store, n: int, *, batch_size: int = 500) -> int:
    with store.write() as connection:
        return put_edition(connection, range(1, n + 1), batch_size=batch_size).id


def claim(
    store: Store, edition_id: int, *, now: datetime = NOW, owner: str = "w"
) -> ClaimedBatch | None:
    with store.write() as connection:
        return claim_batch(connection, edition_id, owner=owner, now=now)


def claimed_batch(store: Store, edition_id: int, *, now: datetime = NOW) -> ClaimedBatch:
    found = claim(store, edition_id, now=now)
    assert found is not None
    return found


def book(store: Store, claimed: ClaimedBatch, outcomes: dict[int, Outcome]) -> None:
    with store.write() as connection:
        record(connection, [fact(claimed, id_, outcome) for id_, outcome in outcomes.items()])


def close(store: Store, claimed: ClaimedBatch) -> bool:
    with store.write() as connection:
        return close_batch(connection, claimed, retry_at=RETRY_AT)


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_ids_pack_and_unpack(ids: list[int]) -> None:
    assert unpack_ids(pack_ids(ids)) == tuple(ids)
    assert len(pack_ids(ids)) == 8 * len(ids)


def test_each_batch_is_claimed_once_until_its_lease_ends(store: Store) -> None:
    edition_id = new_edition(store, 5, batch_size=3)
    first, second = claimed_batch(store, edition_id), claimed_batch(store, edition_id)
    assert (first.todo, first.epoch, second.todo) == ((1, 2, 3), 1, (4, 5))
    assert claim(store, edition_id) is None
    assert claim(store, edition_id, now=NOW + timedelta(seconds=30)) is None
    taken_over = claimed_batch(store, edition_id, now=LATER)
    assert (taken_over.id, taken_over.epoch, taken_over.todo) == (first.id, 2, (1, 2, 3))


def test_many_claimers_at_once_share_nothing(store: Store) -> None:
    edition_id = new_edition(store, 60, batch_size=2)

    def claim_all(number: int) -> list[int]:
        found: list[int] = []
        while (claimed := claim(store, edition_id, owner=str(number))) is not None:
            found.extend(claimed.todo)
        return found

    with ThreadPoolExecutor(6) as pool:
        shares = list(pool.map(claim_all, range(6)))
    assert sorted(id_ for share in shares for id_ in share) == list(range(1, 61))


def test_a_renewed_lease_holds_and_a_lost_one_does_not_come_back(store: Store) -> None:
    edition_id = new_edition(store, 2)
    first = claimed_batch(store, edition_id)
    with store.write() as connection:
        assert renew_lease(connection, first, now=NOW + timedelta(seconds=29))
    assert claim(store, edition_id, now=LATER) is None
    second = claimed_batch(store, edition_id, now=LATER + timedelta(seconds=30))
    with store.write() as connection:
        assert not renew_lease(connection, first, now=LATER)
        assert not release_batch(connection, first)
        assert not close_batch(connection, first, retry_at=RETRY_AT)
        assert renew_lease(connection, second, now=LATER)


def test_facts_of_a_fenced_worker_count(store: Store) -> None:
    edition_id = new_edition(store, 2)
    fenced = claimed_batch(store, edition_id)
    holder = claimed_batch(store, edition_id, now=LATER)
    book(store, fenced, {1: SENT})
    assert not close(store, fenced)
    assert not close(store, holder)  # 2 has no outcome
    book(store, holder, {2: SENT})
    assert close(store, holder)


@pytest.mark.parametrize("order", list(permutations([DEFERRED, FAILED, EXPIRED, SUPPRESSED, SENT])))
def test_an_outcome_may_only_rise(sqlite_store: Store, order: tuple[Outcome, ...]) -> None:
    edition_id = new_edition(sqlite_store, 1)
    claimed = claimed_batch(sqlite_store, edition_id)
    highest = DeliveryState.DEFERRED
    for outcome in order:
        book(sqlite_store, claimed, {1: outcome})
        highest = max(highest, outcome.state)
        with sqlite_store.read() as connection:
            assert states(connection, edition_id) == {1: highest}


def test_facts_follow_the_higher_outcome_and_attempts_add_up(store: Store) -> None:
    edition_id = new_edition(store, 2)
    claimed = claimed_batch(store, edition_id)
    book(store, claimed, {1: DEFERRED, 2: SUPPRESSED})
    book(store, claimed, {1: DEFERRED})
    with store.write() as connection:
        record(connection, [fact(claimed, 1, SENT, at=LATER)])
        record(connection, [fact(claimed, 1, FAILED, at=LATER + timedelta(1))])
        record(connection, [])
    with store.read() as connection:
        rows = connection.execute(select(delivery).order_by(delivery.c.subscriber_id)).all()
        assert progress(connection, edition_id) == {
            "deferred": 0, "held": 0, "failed": 0, "expired": 0, "suppressed": 1, "sent": 1,
        }  # fmt: skip
    one, two = rows
    assert (one.code, one.enhanced, one.reply, one.at) == (250, "2.0.0", "2.0.0 taken", LATER)
    assert (one.n_attempts, one.relay) == (4, "smtp://h:25")
    assert two.n_attempts == 0  # nobody was asked


def test_a_relays_words_are_cut_to_what_the_table_takes(store: Store) -> None:
    edition_id = new_edition(store, 1)
    claimed = claimed_batch(store, edition_id)
    text = "a\0" + "é" * 5000
    book(store, claimed, {1: Outcome(DeliveryState.FAILED, code=550, enhanced="5" * 40, text=text)})
    with store.read() as connection:
        row = connection.execute(select(delivery)).one()
    assert (len(row.reply), len(row.enhanced), row.reply[:2]) == (500, 16, "aé")


def test_closing_puts_the_deferred_into_a_batch_that_waits(store: Store) -> None:
    edition_id = new_edition(store, 4)
    claimed = claimed_batch(store, edition_id)
    book(store, claimed, {1: SENT, 2: DEFERRED, 3: FAILED})
    assert not close(store, claimed)  # 4 has no outcome
    book(store, claimed, {4: DEFERRED})
    assert close(store, claimed)
    with store.read() as connection:
        assert batch_states(connection, edition_id) == [
            (1, "first", 4, "done"),
            (2, "retry", 2, "ready"),
        ]
        assert next_claim_at(connection, edition_id) == RETRY_AT
    assert claim(store, edition_id, now=RETRY_AT - timedelta(microseconds=1)) is None
    again = claimed_batch(store, edition_id, now=RETRY_AT)
    assert (again.todo, again.n_attempts) == ((2, 4), 1)
    book(store, again, {2: SENT, 4: FAILED})
    assert close(store, again)
    with store.write() as connection:
        assert next_claim_at(connection, edition_id) is None
        assert finish_edition(connection, edition_id, now=NOW)


def test_whoever_is_in_a_hurry_need_not_wait(store: Store) -> None:
    edition_id = new_edition(store, 1)
    claimed = claimed_batch(store, edition_id)
    book(store, claimed, {1: DEFERRED})
    close(store, claimed)
    with store.write() as connection:
        hasten(connection, edition_id)
    assert claimed_batch(store, edition_id).todo == (1,)


def test_a_taken_over_batch_tries_the_untried_first(store: Store) -> None:
    edition_id = new_edition(store, 5)
    claimed = claimed_batch(store, edition_id)
    book(store, claimed, {1: DEFERRED, 2: SENT, 3: DEFERRED})
    again = claimed_batch(store, edition_id, now=LATER)
    assert (again.todo, again.n_attempts) == ((4, 5, 1, 3), 1)


def test_a_released_batch_goes_to_the_end_of_the_line(store: Store) -> None:
    edition_id = new_edition(store, 4, batch_size=2)
    claimed = claimed_batch(store, edition_id)
    with store.write() as connection:
        assert release_batch(connection, claimed)
    assert claimed_batch(store, edition_id).todo == (3, 4)
    assert claimed_batch(store, edition_id).todo == (1, 2)


def test_orphans_are_adopted_at_once(store: Store) -> None:
    edition_id = new_edition(store, 4, batch_size=2)
    dead = claimed_batch(store, edition_id)
    with store.write() as connection:
        assert adopt_orphans(connection, edition_id) == 1
        assert not renew_lease(connection, dead, now=NOW)
    assert {claimed_batch(store, edition_id).todo, claimed_batch(store, edition_id).todo} == {
        (1, 2),
        (3, 4),
    }


def test_a_batch_that_kills_its_workers_is_parked(store: Store) -> None:
    edition_id = new_edition(store, 1)
    now = NOW
    for _ in range(MAX_TRIES):
        claimed_batch(store, edition_id, now=now)
        now += timedelta(minutes=1)
    assert claim(store, edition_id, now=now) is None
    with store.write() as connection:
        assert [state.value for state in count_open(connection, edition_id)] == ["parked"]
        assert not finish_edition(connection, edition_id, now=now)
        hasten(connection, edition_id)
    assert claimed_batch(store, edition_id, now=now).todo == (1,)


def test_an_orderly_release_is_no_try(store: Store) -> None:
    edition_id = new_edition(store, 1)
    for _ in range(MAX_TRIES + 1):
        with store.write() as connection:
            assert release_batch(connection, claimed_batch_in(connection, edition_id))
    assert claimed_batch(store, edition_id).todo == (1,)


def claimed_batch_in(connection: Connection, edition_id: int) -> ClaimedBatch:
    found = claim_batch(connection, edition_id, owner="w", now=NOW)
    assert found is not None
    return found
