"""What an operator does by hand: list, retry, release. Nobody is lost by it, or served twice."""

from datetime import timedelta

import pytest

from digest.model.ledger import ClaimedBatch, DeliveryState, EditionState, Outcome
from digest.store.batches import claim_batch, close_batch, has_work
from digest.store.deliveries import record
from digest.store.editions import cancel_edition, finish_edition, get_edition, pause_edition
from digest.store.engine import Store
from digest.store.rework import list_deliveries, release_deliveries, retry_deferred
from tests.real.store.ledger import (
    DEFERRED,
    EXPIRED,
    FAILED,
    NOW,
    SENT,
    SUPPRESSED,
    address_of,
    batch_states,
    fact,
    put_edition,
    put_readers,
    states,
)

HELD = Outcome(DeliveryState.HELD, text="the line broke", is_uncertain=True)
UNSURE = Outcome(DeliveryState.DEFERRED, text="nothing was said", is_uncertain=True)
RETRY_AT = NOW + timedelta(minutes=10)
ALL = {1: SENT, 2: DEFERRED, 3: HELD, 4: FAILED, 5: EXPIRED, 6: SUPPRESSED, 7: UNSURE}


def served(store: Store, outcomes: dict[int, Outcome], *, is_closed: bool = True) -> int:
    """An edition of which one batch has come to these outcomes; its id."""
    with store.write() as connection:
        put_readers(connection, sorted(outcomes))
        edition_id = put_edition(connection, sorted(outcomes), batch_size=2_000).id
    batch = claimed(store, edition_id)
    with store.write() as connection:
        record(connection, [fact(batch, id_, outcome) for id_, outcome in outcomes.items()])
    if is_closed:
        close(store, batch)
    return edition_id


def claimed(store: Store, edition_id: int) -> ClaimedBatch:
    with store.write() as connection:
        found = claim_batch(connection, edition_id, owner="w", now=NOW)
    assert found is not None
    return found


def close(store: Store, batch: ClaimedBatch) -> None:
    with store.write() as connection:
        assert close_batch(connection, batch, retry_at=RETRY_AT)


def state_of(store: Store, edition_id: int) -> EditionState:
    with store.read() as connection:
        return get_edition(connection, edition_id).state


def test_deliveries_are_listed_by_reader_and_by_state(store: Store) -> None:
    edition_id = served(store, ALL)
    with store.read() as connection:
        found = list_deliveries(connection, edition_id)
        held = list_deliveries(connection, edition_id, states=(DeliveryState.HELD,))
        uncertain = list_deliveries(connection, edition_id, is_uncertain=True)
        some = list_deliveries(connection, edition_id, after_id=2, limit=2)
    assert [one.state for one in found] == [outcome.state for outcome in ALL.values()]
    failed = found[3]
    assert (failed.address, failed.code, failed.enhanced) == (address_of(4), 550, "5.1.1")
    assert (failed.reply, failed.at, failed.n_attempts) == ("5.1.1 nobody", NOW, 1)
    assert [one.subscriber_id for one in held] == [3]
    assert [one.subscriber_id for one in uncertain] == [3, 7]
    assert [one.subscriber_id for one in some] == [3, 4]


def test_a_reader_who_was_removed_is_listed_without_an_address(store: Store) -> None:
    with store.write() as connection:
        edition_id = put_edition(connection, [1]).id
    batch = claimed(store, edition_id)
    with store.write() as connection:
        record(connection, [fact(batch, 1, SENT)])
    with store.read() as connection:
        (found,) = list_deliveries(connection, edition_id)
    assert (found.subscriber_id, found.address) == (1, "")


def test_retry_makes_work_of_what_waits(store: Store) -> None:
    edition_id = served(store, {1: SENT, 2: DEFERRED})
    with store.write() as connection:
        assert not has_work(connection, edition_id, now=NOW)
        assert retry_deferred(connection, edition_id) == 1
        assert has_work(connection, edition_id, now=NOW)
        assert retry_deferred(connection, edition_id) == 0, "it waits no more"
    assert claimed(store, edition_id).todo == (2,)


@pytest.mark.parametrize(("name", "id_"), [("HELD", 3), ("FAILED", 4), ("EXPIRED", 5)])
def test_release_has_those_of_one_state_tried_again(store: Store, name: str, id_: int) -> None:
    edition_id = served(store, ALL)
    with store.write() as connection:
        assert release_deliveries(connection, edition_id, DeliveryState[name]) == 1
        assert release_deliveries(connection, edition_id, DeliveryState[name]) == 0
        now_in = states(connection, edition_id)
    expected = {one: outcome.state for one, outcome in ALL.items()}
    assert now_in == {**expected, id_: DeliveryState.DEFERRED}
    assert claimed(store, edition_id).todo == (id_,), "the others wait for their hour"


@pytest.mark.parametrize("name", ["SENT", "SUPPRESSED", "DEFERRED"])
def test_nothing_else_is_released(store: Store, name: str) -> None:
    edition_id = served(store, ALL)
    with store.write() as connection, pytest.raises(ValueError, match=name.lower()):
        release_deliveries(connection, edition_id, DeliveryState[name])


def test_release_opens_an_edition_that_was_sent(store: Store) -> None:
    edition_id = served(store, {1: SENT, 2: FAILED})
    with store.write() as connection:
        assert finish_edition(connection, edition_id, now=NOW)
        assert release_deliveries(connection, edition_id, DeliveryState.FAILED) == 1
    assert state_of(store, edition_id) is EditionState.SENDING
    batch = claimed(store, edition_id)
    with store.write() as connection:
        record(connection, [fact(batch, 2, SENT)])
    close(store, batch)
    with store.write() as connection:
        assert finish_edition(connection, edition_id, now=NOW)
        assert get_edition(connection, edition_id).counts["sent"] == 2


def test_release_leaves_an_edition_paused_or_cancelled(store: Store) -> None:
    edition_id = served(store, {1: SENT, 2: HELD, 3: FAILED})
    with store.write() as connection:
        assert pause_edition(connection, edition_id, reason="too many dead addresses")
        assert release_deliveries(connection, edition_id, DeliveryState.HELD) == 1
    assert state_of(store, edition_id) is EditionState.PAUSED
    with store.write() as connection:
        assert cancel_edition(connection, edition_id, reason="by hand")
        assert release_deliveries(connection, edition_id, DeliveryState.FAILED) == 0
        assert states(connection, edition_id)[3] is DeliveryState.FAILED
    assert state_of(store, edition_id) is EditionState.CANCELLED


def test_whoever_is_in_a_batch_that_is_being_sent_comes_into_no_second(store: Store) -> None:
    """Two workers would send them the message at the same time."""
    outcomes = {1: SENT, 2: FAILED, 3: SENT}
    edition_id = served(store, outcomes, is_closed=False)
    with store.write() as connection:
        assert release_deliveries(connection, edition_id, DeliveryState.FAILED) == 1
        assert batch_states(connection, edition_id) == [(1, "first", 3, "sending")]
    with store.write() as connection:
        later = NOW + timedelta(minutes=1)
        taken_over = claim_batch(connection, edition_id, owner="w", now=later)
    assert taken_over is not None
    assert taken_over.todo == (2,)
    close(store, taken_over)
    with store.read() as connection:
        assert batch_states(connection, edition_id)[1:] == [(2, "retry", 1, "ready")]


def test_many_are_released_in_batches(store: Store) -> None:
    edition_id = served(store, dict.fromkeys(range(1, 1_202), FAILED))
    with store.write() as connection:
        assert release_deliveries(connection, edition_id, DeliveryState.FAILED) == 1_201
        sizes = [n for _, _, n, _ in batch_states(connection, edition_id)[1:]]
    assert sizes[-3:] == [500, 500, 201]
