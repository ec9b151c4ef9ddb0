"""Never faster than the rate, and no slower than it needs to be."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver.pace import MANY_DOMAINS, Paces, Turn, pace_of
from digest.model.pace import IDLE, Pace, reserve

paces = st.builds(Pace, per_s=st.floats(0.01, 1000), burst=st.integers(1, 50) | st.floats(1, 50))
# Instants in order: gaps of nothing, of less and of more than a turn.
arrivals = st.lists(st.sampled_from([0.0, 0.0, 0.001, 0.02, 1.0, 60.0]), max_size=80).map(
    lambda gaps: [sum(gaps[: n + 1]) for n in range(len(gaps))]
)
ROUNDING = 1e-6


def departures(pace: Pace, times: list[float]) -> list[float]:
    """When the messages asked for at these instants may leave."""
    state, left = IDLE, []
    for now in times:
        wait_s, state = reserve(pace, state, now)
        assert wait_s >= 0
        left.append(now + wait_s)
    return left


def keeps(left: list[float], *, per_s: float, burst: float) -> bool:
    """Whether no window between two departures holds more than per_s * t + burst."""
    return all(
        n + 1 <= per_s * (last - first) + burst + per_s * ROUNDING + ROUNDING
        for i, first in enumerate(left)
        for n, last in enumerate(left[i:])
    )


@given(paces, arrivals)
def test_no_window_holds_more_than_the_rate_and_the_burst(pace: Pace, times: list[float]) -> None:
    assert keeps(departures(pace, times), per_s=pace.per_s, burst=pace.burst)


@given(paces, arrivals)
def test_who_asks_first_leaves_first(pace: Pace, times: list[float]) -> None:
    left = departures(pace, times)
    assert all(earlier <= later + ROUNDING for earlier, later in pairwise(left))


@given(paces, arrivals)
def test_an_idle_pace_never_makes_anybody_wait(pace: Pace, times: list[float]) -> None:
    left = departures(pace, times)
    later = max(left, default=0) + (pace.burst + 1) / pace.per_s
    again = departures(pace, [*times, *[later] * int(pace.burst)])[len(times) :]
    assert again == pytest.approx([later] * int(pace.burst))


@given(paces, st.integers(1, 60))
def test_a_busy_pace_keeps_its_rate(pace: Pace, n: int) -> None:
    """The n-th of a crowd leaves no later than the rate demands."""
    left = departures(pace, [0.0] * n)
    assert left[-1] == pytest.approx(max(0.0, (n - pace.burst) / pace.per_s))


@given(paces, st.floats(-100, 100), st.floats(0, 100), st.floats(0, 100))
def test_later_or_idler_never_waits_longer(
    pace: Pace, state: float, now: float, more: float
) -> None:
    wait_s, new = reserve(pace, state, now)
    later_wait_s, later_new = reserve(pace, state, now + more)
    assert later_wait_s <= wait_s
    assert state < new <= later_new
    busier_wait_s, busier_new = reserve(pace, state + more, now)
    assert (busier_wait_s >= wait_s, busier_new >= new) == (True, True)


@pytest.mark.parametrize(
    ("per_s", "pace"),
    [(50, Pace(50, 5)), (1, Pace(1, 1)), (0.1, Pace(0.1, 1)), (2000, Pace(2000, 200))],
)
def test_a_tenth_of_a_second_may_leave_at_once(per_s: float, pace: Pace) -> None:
    assert pace_of(per_s) == pace


def test_without_rates_nobody_waits() -> None:
    paces = Paces(None, None)
    assert {paces.reserve("a.example", 0.0) for _ in range(1000)} == {Turn(0.0, is_taken=True)}


def test_a_relays_own_rate_is_a_queue() -> None:
    paces = Paces(2, None)
    turns = [paces.reserve("a.example", 10.0) for _ in range(3)]
    assert turns == [Turn(0.0, True), Turn(0.5, True), Turn(1.0, True)]


def test_a_busy_domain_holds_nobody_else_up() -> None:
    paces = Paces(100, 1)
    assert paces.reserve("a.example", 0.0) == Turn(0.0, True)
    for _ in range(50):
        assert paces.reserve("a.example", 0.0) == Turn(1.0, False)
    assert paces.reserve("b.example", 0.0) == Turn(0.0, True)
    assert paces.reserve("a.example", 1.0) == Turn(0.0, True)


@given(
    st.floats(0.5, 50),
    st.floats(0.1, 20),
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([0.0, 0.01, 0.3])), max_size=60),
)
def test_both_rates_are_kept(
    rate: float, domain_rate: float, asked: list[tuple[str, float]]
) -> None:
    paces, now = Paces(rate, domain_rate), 0.0
    left: list[tuple[str, float]] = []
    for domain, gap in asked:
        now += gap
        turn = paces.reserve(domain, now)
        if turn.is_taken:
            left.append((domain, now + turn.wait_s))
        else:
            assert turn.wait_s > 0
    relay, own = pace_of(rate), pace_of(domain_rate)
    assert keeps([at for _, at in left], per_s=relay.per_s, burst=relay.burst)
    for domain in "abc":
        mine = [at for name, at in left if name == domain]
        assert keeps(mine, per_s=own.per_s, burst=own.burst)


def test_domains_that_are_idle_are_forgotten() -> None:
    paces = Paces(None, 10)
    for number in range(5 * MANY_DOMAINS):
        paces.reserve(f"{number}.example", number * 0.01)
    assert len(paces._domains) <= MANY_DOMAINS
