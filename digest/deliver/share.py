"""Which relay takes the next message: each its share by weight, never off by a whole message. Pure.

Tijdeman, "The chairman assignment problem" (1980): of those that are owed enough, the one whose
debt would be too large the soonest. Weighted round robin as usual drifts further with many relays.
"""

from collections.abc import Sequence

SLACK = 1e-9  # rounding


class Share:
    """Hands out turns to relays, known by their place in the list of weights."""

    def __init__(self, weights: Sequence[float]) -> None:
        self._weights = tuple(weights)
        self._up: frozenset[int] = frozenset()
        self._parts: dict[int, float] = {}  # of the whole, for each relay that is in turn
        # How many messages each is owed (negative: it is ahead). It adds up to nothing.
        self._owed = dict.fromkeys(range(len(self._weights)), 0.0)

    def take(self, up: frozenset[int]) -> int | None:
        """The relay, of those in `up`, that takes the next message; None when none is up.

        Those of weight 0 are taken only when no other is up, then in turns. One that was down is
        owed what it was when it went, about a message: what it missed is not made up for.
        """
        if up != self._up:
            self._up, self._parts = up, self._parts_of(up)
        if len(self._parts) < 2:
            return next(iter(self._parts), None)
        owed, parts = self._owed, self._parts
        for one, part in parts.items():
            owed[one] += part
        # While one that is ahead or owed something is down, it can be that nobody is owed enough.
        least = 1 / (2 * len(parts) - 2) - SLACK
        least = min(least, max(owed[one] for one in parts))
        taken = min(
            (one for one in parts if owed[one] >= least),
            key=lambda one: (1 - least - owed[one]) / parts[one],
        )
        owed[taken] -= 1
        return taken

    def _parts_of(self, up: frozenset[int]) -> dict[int, float]:
        weights = {one: self._weights[one] for one in sorted(up) if self._weights[one] > 0}
        weights = weights or dict.fromkeys(sorted(up), 1.0)
        total = sum(weights.values())
        return {one: weight / total for one, weight in weights.items()}
