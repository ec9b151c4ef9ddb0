"""How far an edition is, read by another process than the one that sends."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from digest.model.ledger import DeliveryState, Outcome
from digest.store.batches import claim_batch
from digest.store.deliveries import record
from digest.store.editions import get_edition
from digest.store.engine import Store
from digest.store.live import Live, live_of
from digest.store.schema import subscriber
from tests.real.store.ledger import DEFERRED, FAILED, NOW, SENT, fact, put_edition, put_readers

HELD = Outcome(DeliveryState.HELD, text="the line broke", is_uncertain=True)
UNSURE = Outcome(DeliveryState.DEFERRED, text="nothing was said", is_uncertain=True)
SLOWED = Outcome(DeliveryState.DEFERRED, code=421, enhanced="4.7.28", text="4.7.28 too many")


def an_edition(store: Store, n: int) -> int:
    with store.write() as connection:
        put_readers(connection, range(1, n + 1))
        return put_edition(connection, range(1, n + 1)).id


def book(store: Store, edition_id: int, outcomes: dict[int, Outcome], *, at_s: float = 0) -> None:
    """Write outcomes that came so many seconds after NOW."""
    at = NOW + timedelta(seconds=at_s)
    with store.write() as connection:
        # So much later that whoever held the batch before has lost it.
        claimed_at = at + timedelta(hours=1 + at_s)
        batch = claim_batch(connection, edition_id, owner="w", now=claimed_at)
        assert batch is not None
        record(connection, [fact(batch, id_, one, at=at) for id_, one in outcomes.items()])


def live(store: Store, edition_id: int, *, after_s: float) -> Live:
    with store.read() as connection:
        edition = get_edition(connection, edition_id)
        return live_of(connection, edition, now=NOW + timedelta(seconds=after_s))


def test_before_the_first_message(store: Store) -> None:
    found = live(store, an_edition(store, 5), after_s=0)
    assert (found.n_left, found.rate_per_s, found.left_s) == (5, 0.0, None)
    assert (found.n_uncertain, found.n_on_the_way, found.slowest) == (0, 0, None)


def test_what_is_left_and_what_is_in_doubt(store: Store) -> None:
    edition_id = an_edition(store, 10)
    book(store, edition_id, {1: SENT, 2: DEFERRED, 3: HELD, 4: FAILED, 5: UNSURE})
    found = live(store, edition_id, after_s=1)
    assert found.n_left == 7, "five not tried and two deferred"
    assert found.n_uncertain == 2
    assert (found.counts["sent"], found.counts["held"], found.counts["failed"]) == (1, 1, 1)


def test_the_rate_is_that_of_the_last_half_minute(store: Store) -> None:
    edition_id = an_edition(store, 100)
    book(store, edition_id, dict.fromkeys(range(1, 21), SENT))
    assert live(store, edition_id, after_s=10).rate_per_s == pytest.approx(2.0)
    assert live(store, edition_id, after_s=10).left_s == pytest.approx(40.0)
    later = live(store, edition_id, after_s=31)
    assert (later.rate_per_s, later.left_s) == (0.0, None), "nothing has moved since"


def test_the_domain_with_most_deferred_and_its_last_word(store: Store) -> None:
    edition_id = an_edition(store, 6)
    with store.write() as connection:
        for id_ in (4, 5, 6):
            moved = update(subscriber).where(subscriber.c.id == id_)
            connection.execute(moved.values(address=f"reader{id_}@slow.example"))
    book(store, edition_id, {1: DEFERRED, 2: DEFERRED, 3: SENT, 4: DEFERRED, 5: DEFERRED})
    book(store, edition_id, {6: SLOWED}, at_s=5)
    slowest = live(store, edition_id, after_s=6).slowest
    assert slowest is not None
    assert (slowest.domain, slowest.n_deferred) == ("slow.example", 3)
    assert (slowest.code, slowest.enhanced, slowest.reply) == (421, "4.7.28", "4.7.28 too many")
