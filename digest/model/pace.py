"""How soon the next one may go without going over a rate: GCRA, a leaky bucket kept as one number
(the generic cell rate algorithm, ITU-T I.371, annex A). Pure.

That number is the instant at which the pace would be idle again. Instants are seconds of any one
clock that never goes back; whoever holds the state decides which.
"""

from dataclasses import dataclass
from math import inf

IDLE = -inf


@dataclass(frozen=True, slots=True)
class Pace:
    """`per_s` a second, of which `burst` (at least 1) may go at once."""

    per_s: float
    burst: float = 1


def opens_at(pace: Pace, state: float) -> float:
    """The earliest instant at which another may go."""
    return state - (pace.burst - 1) / pace.per_s


def reserve(pace: Pace, state: float, now: float) -> tuple[float, float]:
    """(wait_s, new state): one asked for at `now` may go in `wait_s`, and is counted.

    In any window of t seconds at most per_s * t + burst go. The first state is IDLE.
    """
    wait_s = max(0.0, opens_at(pace, state) - now)
    return wait_s, max(state, now) + 1 / pace.per_s
