"""When the next message may leave: a relay's own rate, and one for each recipient domain. Pure.

Instants are seconds of any one clock that never goes back (model/pace.py).
"""

from dataclasses import dataclass

from digest.model.pace import IDLE, Pace, reserve

# A rate is kept over any stretch of time, but for so many seconds' worth that may leave at once.
BURST_S = 0.1
# Of so many recipient domains, those that are idle are forgotten.
MANY_DOMAINS = 10_000


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
