"""Whatever happens in a night, in whatever order, on both databases: nobody is lost, and nobody
gets more copies than was promised."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.model.ledger import DeliveryState
from digest.store.engine import Store
from digest.store.rework import REWORKED
from tests.real.store.night import Fate, Night

# What may happen next, the likely ones more often: two workers of a batch need a claim, time, and
# another claim.
OF_WORKERS = ["claim"] * 5 + ["close"] * 2 + ["give_back", "vanish"]
OF_THE_NIGHT = ["pass_time"] * 3 + ["resume"] * 2 + ["hear_late", "pause", "retry", "finish"]
MOVES = ["send"] * 8 + ["release"] + OF_WORKERS + OF_THE_NIGHT

Move = tuple[str, int, Fate, DeliveryState]
moves = st.tuples(
    st.sampled_from(MOVES),
    st.integers(0, 2),
    st.sampled_from([Fate.SENT, Fate.SENT, *Fate]),
    st.sampled_from(REWORKED),
)


@pytest.fixture
def days() -> Iterator[date]:
    """A day of its own for each night: a publication has one edition a day."""
    return (date(2026, 1, 1) + timedelta(days=n) for n in count())


@settings(
    deadline=None,
    max_examples=120,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    n=st.integers(1, 6),
    size=st.integers(1, 3),
    is_holding=st.booleans(),
    # Without a least number most stories would be a few moves long.
    story=st.lists(moves, min_size=40, max_size=80),
)
def test_nobody_is_lost(
    store: Store, days: Iterator[date], n: int, size: int, is_holding: bool, story: list[Move]
) -> None:
    night = Night(store, n, size, day=next(days), is_holding=is_holding)
    for name, worker, fate, state in story:
        if name == "send":
            night.send(worker, fate)
        elif name == "release":
            night.release(state)
        elif name in OF_WORKERS:
            getattr(night, name)(worker)
        else:
            getattr(night, name)()
    night.end()
    night.check()
