"""One way out during a run: a relay's lines, its pace and warm-up, and who waits for it.

I/O: none by itself; it belongs to an event loop.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from heapq import heappop, heappush

from digest.deliver.cut import Scissors
from digest.deliver.line import OpenLine
from digest.deliver.options import RelayOptions
from digest.deliver.pace import Paces
from digest.errors import RelayError
from digest.held import Job

# So many readers are put aside, or wait for one relay, before the others wait with them, or take
# them; for one that has a rate not more than leave within so many seconds.
MOST_ASIDE = 1_000
MOST_QUEUED = 64
MOST_QUEUED_S = 5.0


@dataclass(frozen=True, slots=True)
class Way:
    """A relay, or a Maildir, as a run is told of it. `label` is what the ledger calls it; `quota`
    is how many messages it may still take today, None for any number."""

    label: str
    open_line: OpenLine
    options: RelayOptions = field(default_factory=RelayOptions)
    quota: int | None = None


class OpenWay:
    """A way during a run. `error` is why it is of no more use, None while it is; `place` is its
    place among the ways. Instants are the event loop's."""

    def __init__(self, way: Way, place: int, now: float) -> None:
        options = way.options
        self.way = way
        self.place = place
        self.error: RelayError | None = None
        self.has_ended = False
        # Its lines: opened in all, open now, readers served over them. One is opened at a time.
        self.n_opened = 0
        self.n_talking = 0
        self.n_served = 0
        self.door = asyncio.Lock()
        self.opening = Scissors()
        # Its tasks that ask for a reader, and when one last had one.
        self.n_asking = 0
        self.moved_at = now
        self.quota = way.quota
        self.paces = Paces(options.rate, options.domain_rate)
        self.is_limited = (options.rate, options.domain_rate, way.quota) != (None, None, None)
        self.queue: deque[Job] = deque()
        rate = options.rate
        self._most_queued = MOST_QUEUED if rate is None else min(MOST_QUEUED, rate * MOST_QUEUED_S)
        self._aside: list[tuple[float, int, Job]] = []
        self._n_aside = 0

    @property
    def is_open(self) -> bool:
        """Whether its lines may serve whom they have."""
        return self.error is None and not self.has_ended

    @property
    def is_sound(self) -> bool:
        """Whether it works and is not at the end of its quota."""
        return self.error is None and self.quota != 0

    @property
    def is_up(self) -> bool:
        """Whether it may be given readers."""
        return self.is_sound and not self.has_ended

    @property
    def is_full(self) -> bool:
        """Whether enough readers wait for it."""
        return len(self.queue) >= max(1, self._most_queued)

    @property
    def has_many_aside(self) -> bool:
        """Whether no more may be put aside."""
        return len(self._aside) >= MOST_ASIDE

    def is_well(self, now: float, stalled_s: float) -> bool:
        """Whether its readers get their turn: it has not lost all lines, and it is not so that none
        of its tasks has asked for a reader for that long."""
        has_lost_all = self.n_opened > 0 and not self.n_talking
        return not has_lost_all and (self.n_asking > 0 or now - self.moved_at < stalled_s)

    def put_aside(self, job: Job, until: float) -> None:
        """Keep a reader whose domain is busy."""
        self._n_aside += 1
        heappush(self._aside, (until, self._n_aside, job))

    def aside_s(self, now: float) -> float | None:
        """How long until the first of those aside may be asked for again; None without any."""
        return max(0.0, self._aside[0][0] - now) if self._aside else None

    def pop_aside(self) -> Job:
        """The first of those aside."""
        return heappop(self._aside)[2]

    def pop_last(self) -> Job | None:
        """Whoever of those who wait would be served last; None when nobody waits."""
        if self.queue:
            return self.queue.pop()
        return self._aside.pop()[2] if self._aside else None

    def pop_all(self) -> list[Job]:
        """Everybody who waits."""
        jobs = [*self.queue, *(job for _, _, job in self._aside)]
        self.queue.clear()
        self._aside.clear()
        return jobs
