"""The days of a relay's warm-up."""

import pytest

from digest.deliver.ramp import ramp_limit


@pytest.mark.parametrize(
    ("first_day_limit", "days_used", "limit"),
    [
        (None, 0, None),
        (500, 0, 500),
        (500, 1, 1000),
        (500, 10, 512_000),
        (500, 11, None),
        (500, 4000, None),
        (1, 19, 524_288),
        (1, 20, None),
        (1_000_000, 0, 1_000_000),
        (1_000_000, 1, None),
    ],
)
def test_twice_as_many_each_day(
    first_day_limit: int | None, days_used: int, limit: int | None
) -> None:
    assert ramp_limit(first_day_limit, days_used) == limit
