"""Each relay its share, over any beginning of any run."""

from hypothesis import given
from hypothesis import strategies as st

from digest.deliver.share import Share

weights = st.lists(st.one_of(st.integers(1, 100), st.floats(0.01, 100)), min_size=1, max_size=9)
with_zeros = st.lists(st.sampled_from([0, 0.5, 1, 2, 7, 100]), min_size=1, max_size=6)


def everyone(n: int) -> frozenset[int]:
    return frozenset(range(n))


@given(weights, st.integers(1, 400))
def test_within_one_message_over_any_beginning(of: list[float], n_messages: int) -> None:
    share, taken = Share(of), [0] * len(of)
    for n in range(1, n_messages + 1):
        one = share.take(everyone(len(of)))
        assert one is not None
        taken[one] += 1
        assert all(abs(taken[i] - n * weight / sum(of)) < 1 + 1e-6 for i, weight in enumerate(of))


def test_the_turns_of_three_to_one() -> None:
    share = Share([3, 1])
    assert [share.take(everyone(2)) for _ in range(8)] == [0, 0, 1, 0, 0, 0, 1, 0]


@given(with_zeros, st.lists(st.frozensets(st.integers(0, 5)), max_size=200))
def test_whoever_is_down_is_left_out_and_comes_back_without_a_burst(
    of: list[float], ups: list[frozenset[int]]
) -> None:
    """What each has taken stays near the sum of its parts while it was up, however they change."""
    share = Share(of)
    taken, due = [0] * len(of), [0.0] * len(of)
    for wish in ups:
        up = wish & everyone(len(of))
        one = share.take(up)
        if not up:
            assert one is None
            continue
        assert one in up
        first = {i: of[i] for i in up if of[i] > 0}
        parts: dict[int, float] = first or dict.fromkeys(up, 1.0)
        assert one in parts, "weight 0 only when no other is up"
        taken[one] += 1
        for i, part in parts.items():
            due[i] += part / sum(parts.values())
        assert all(abs(mine - mine_due) < 2.5 for mine, mine_due in zip(taken, due, strict=True))


def test_one_that_was_down_for_long_takes_its_share_and_no_more() -> None:
    share = Share([1, 1])
    for _ in range(101):
        share.take(frozenset({0}))
    again = [share.take(everyone(2)) for _ in range(20)]
    assert again.count(1) == 10
    assert again[:3].count(1) <= 2


def test_weight_zero_stands_in_and_stands_back() -> None:
    share = Share([1, 0, 0])
    assert [share.take(everyone(3)) for _ in range(3)] == [0, 0, 0]
    stand_ins = [share.take(frozenset({1, 2})) for _ in range(4)]
    assert sorted(one for one in stand_ins if one is not None) == [1, 1, 2, 2]
    assert share.take(everyone(3)) == 0


def test_nobody_is_up() -> None:
    assert Share([1, 2]).take(frozenset()) is None
    assert Share([]).take(frozenset()) is None
