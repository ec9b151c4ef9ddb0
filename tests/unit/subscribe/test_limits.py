"""How often a key may try: the rate is kept, nobody is locked out, memory is bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.subscribe.limits import HOUR_S, Limiter, network_key

START = 1_773_400_000.0  # a time of day, as a server has it


def n_allowed(limiter: Limiter, key: str, times: list[float]) -> int:
    return sum(limiter.allows(key, now) for now in times)


def test_a_burst_and_then_the_rate() -> None:
    limiter = Limiter(per_hour=6, burst=3)
    assert n_allowed(limiter, "a", [START] * 10) == 3
    assert not limiter.allows("a", START + 599)
    assert limiter.allows("a", START + 601)
    assert not limiter.allows("a", START + 602)


def test_one_key_costs_another_nothing() -> None:
    limiter = Limiter(per_hour=1, burst=1)
    assert [limiter.allows(key, START) for key in "aabb"] == [True, False, True, False]


def test_ten_thousand_tries_in_an_hour() -> None:
    limiter = Limiter(per_hour=20, burst=5)
    times = [START + HOUR_S * n / 10_000 for n in range(10_000)]
    assert n_allowed(limiter, "a", times) in (24, 25)


def test_who_keeps_trying_is_not_locked_out() -> None:
    limiter = Limiter(per_hour=60, burst=1)
    assert n_allowed(limiter, "a", [START + n for n in range(3600)]) in (59, 60)


def test_the_whole_burst_is_back_after_a_rest() -> None:
    limiter = Limiter(per_hour=6, burst=3)
    assert n_allowed(limiter, "a", [START] * 5) == 3
    assert n_allowed(limiter, "a", [START + HOUR_S] * 5) == 3


def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    limiter = Limiter(per_hour=6, burst=2)
    assert n_allowed(limiter, "a", [START] * 2) == 2
    back = START - 24 * HOUR_S
    assert not limiter.allows("a", back)
    assert limiter.allows("a", back + 601)


@given(
    st.floats(0.5, 1000),
    st.integers(1, 20),
    st.lists(st.sampled_from([0.0, 0.1, 5.0, 600.0]), max_size=120),
)
def test_no_window_holds_more_than_the_rate_and_the_burst(
    per_hour: float, burst: int, gaps: list[float]
) -> None:
    limiter, now, taken = Limiter(per_hour, burst), START, list[float]()
    for gap in gaps:
        now += gap
        if limiter.allows("a", now):
            taken.append(now)
    for i, first in enumerate(taken):
        for n, last in enumerate(taken[i:], start=1):
            assert n <= per_hour * (last - first) / HOUR_S + burst + 1e-3


def test_memory_is_bounded_and_the_longest_unheard_of_go_first() -> None:
    limiter = Limiter(per_hour=1, burst=2, n_keys=100)
    assert limiter.allows("steady", START)
    for number in range(99):
        assert limiter.allows(str(number), START)
    assert limiter.allows("steady", START + 1)
    for number in range(99, 150):
        assert limiter.allows(str(number), START + 2)
    assert len(limiter) == 100
    assert not limiter.allows("steady", START + 3)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("", ""),
        ("no address", "no address"),
    ],
)
def test_a_customer_is_one_key(address: str, key: str) -> None:
    assert network_key(address) == key
