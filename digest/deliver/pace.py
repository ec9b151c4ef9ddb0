"""How soon the next message may leave without going over a rate: GCRA, a leaky bucket kept as one
number (the generic cell rate algorithm, ITU-T I.371, annex A). Pure.

That number is the instant at which the pace would be idle again. Instants are seconds of any one
clock that never goes back; whoever holds the state decides which.
"""

from dataclasses import dataclass
from math import inf

IDLE = -inf
# A rate is kept over any stretch of time, but for so many seconds' worth that may leave at once.
BURST_S = 0.1
# Of so many recipient domains, those that are idle are forgotten.
MANY_DOMAINS = 10_000


@dataclass(frozen=True, slots=True)
class Pace:
    """`per_s` messages a second, of which `burst` (at least 1) may leave at once."""

    per_s: float
    burst: float = 1


@dataclass(frozen=True, slots=True)
class Turn:
    """`is_taken`: the message may leave in `wait_s` seconds. Otherwise nothing is reserved: its
    recipient domain is busy for about so long, ask again then and serve others meanwhile."""

    wait_s: float
    is_taken: bool


NOW = Turn(0.0, is_taken=True)


def pace_of(per_s: float) -> Pace:
    """The pace of a rate that is written in the settings."""
    return Pace(per_s, burst=max(1.0, per_s * BURST_S))


def opens_at(pace: Pace, state: float) -> float:
    """The earliest instant at which another message may leave."""
    return state - (pace.burst - 1) / pace.per_s


def reserve(pace: Pace, state: float, now: float) -> tuple[float, float]:
    """(wait_s, new state): a message asked for at `now` may leave in `wait_s`, and is counted.

    In any window of t seconds at most per_s * t + burst leave. The first state is IDLE.
    """
    wait_s = max(0.0, opens_at(pace, state) - now)
    return wait_s, max(state, now) + 1 / pace.per_s


class Paces:
    """A relay's own rate, and one for each recipient domain. None: without a limit."""

    def __init__(self, rate: float | None, domain_rate: float | None) -> None:
        self._pace = None if rate is None else pace_of(rate)
        self._domain_pace = None if domain_rate is None else pace_of(domain_rate)
        self._state = IDLE
        self._domains: dict[str, float] = {}
        self._forget_at = MANY_DOMAINS

    def reserve(self, domain: str, now: float) -> Turn:
        """A turn for a message to that domain (lower case).

        Turns taken leave in the order of asking. One of a busy domain is not taken, since the
        relay's rate would have to be kept free for it while others could go.
        """
        wait_s, state = 0.0, self._state
        if self._pace is not None:
            wait_s, state = reserve(self._pace, state, now)
        if self._domain_pace is not None:
            domain_state = self._domains.get(domain, IDLE)
            domain_wait_s, domain_state = reserve(self._domain_pace, domain_state, now + wait_s)
            if domain_wait_s > 0:
                return Turn(wait_s + domain_wait_s, is_taken=False)
            self._domains[domain] = domain_state
            self._forget_idle(now)
        self._state = state
        return Turn(wait_s, is_taken=True) if wait_s else NOW

    def _forget_idle(self, now: float) -> None:
        if len(self._domains) < self._forget_at:
            return
        self._domains = {name: state for name, state in self._domains.items() if state > now}
        self._forget_at = max(MANY_DOMAINS, 2 * len(self._domains))
