"""The ways out: each relay with its lines' options, its pace, its warm-up and its share of the
readers. I/O: none by itself; it waits on the event loop.

A reader whose recipient domain is busy is put aside and holds up nobody; one whose relay goes away
is given back and taken by another. So nobody who could serve leaves before everybody is served.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

from digest.bell import Bell
from digest.deliver.cut import Scissors
from digest.deliver.line import OpenLine
from digest.deliver.options import RelayOptions
from digest.deliver.pace import Paces
from digest.deliver.share import Share
from digest.errors import RelayError
from digest.held import Job

# So many readers are put aside, or wait for one relay, before the others wait with them.
MOST_ASIDE = 1_000
MOST_QUEUED = 64


@dataclass(frozen=True, slots=True)
class Way:
    """A relay, or a Maildir, as a run is told of it. `label` is what the ledger calls it; `quota`
    is how many messages it may still take today, None for any number."""

    label: str
    open_line: OpenLine
    options: RelayOptions = field(default_factory=RelayOptions)
    quota: int | None = None


class OpenWay:
    """A way during a run. `error` is why it is of no more use, None while it is."""

    def __init__(self, way: Way) -> None:
        self.way = way
        self.error: RelayError | None = None
        self.n_opened = 0
        self.n_talking = 0
        self.n_served = 0
        self.has_ended = False
        self.door = asyncio.Lock()
        self.opening = Scissors()
        self.quota = way.quota
        options = way.options
        self.paces = Paces(options.rate, options.domain_rate)
        self.is_limited = (options.rate, options.domain_rate, way.quota) != (None, None, None)
        self.queue: deque[Job] = deque()
        self.aside: list[tuple[float, int, Job]] = []

    @property
    def is_open(self) -> bool:
        """Whether its lines may serve whom they have."""
        return self.error is None and not self.has_ended

    @property
    def is_up(self) -> bool:
        """Whether it may be given readers."""
        return self.is_sound and not self.has_ended

    @property
    def is_sound(self) -> bool:
        """Whether it works and is not at the end of its quota."""
        return self.error is None and self.quota != 0


class Ways:
    """Hands readers to the ways, in the proportion of their weights, until `is_over`."""

    def __init__(
        self,
        ways: Sequence[Way],
        *,
        take: Callable[[], Awaitable[Job | None]],
        put_back: Callable[[Job], None],
        is_over: Callable[[], bool],
    ) -> None:
        self.all = tuple(OpenWay(way) for way in ways)
        self._share = Share([way.options.weight for way in ways])
        self._take = take
        self._put_back = put_back
        self._is_over = is_over
        # Taken, and neither served nor put back: while there is one, it may have to be served here.
        self._n_out = 0
        self._is_through = False
        self._n_aside = 0
        self._changed = Bell()  # for those who have nobody to serve
        self._ended = Bell()  # for those who wait for their time

    @property
    def n_opened(self) -> int:
        """How many lines were opened in all."""
        return sum(one.n_opened for one in self.all)

    @property
    def error(self) -> RelayError | None:
        """Why no way works; None while one does."""
        return None if any(one.is_sound for one in self.all) else self.first_error

    @property
    def first_error(self) -> RelayError | None:
        """Why a way does not work; None when all do."""
        return next((one.error for one in self.all if one.error is not None), None)

    async def next_job(self, one: OpenWay) -> Job | None:
        """The next reader for that way, when their turn has come; None when nobody is left, or the
        run or the way is over. To be followed by done()."""
        while (job := await self._find(one)) is not None:
            if not one.is_limited or await self._has_turn(one, job):
                return job
        return None

    def done(self) -> None:
        """A reader is served, or put back."""
        self._n_out -= 1
        if not self._n_out:
            self._changed.ring()

    async def is_wanted(self, one: OpenWay) -> bool:
        """Wait for a reader whom another line of the way could serve; False when there is none any
        more. The reader stays first in the line."""
        job = await self._find(one)
        if job is None:
            return False
        if len(self.all) > 1:
            one.queue.appendleft(job)
        else:
            self._give_back(job)
        return True

    def close(self, one: OpenWay, error: RelayError | None = None) -> None:
        """The way is of no more use, or all its lines have ended: others get who waits for it."""
        one.error = one.error or error
        one.has_ended = one.has_ended or error is None
        one.opening.cut()
        self.give_back(one)
        self.wake()

    def give_back(self, one: OpenWay) -> None:
        """Whoever waits for the way may be served by another."""
        for job in (*one.queue, *(job for _, _, job in one.aside)):
            self._give_back(job)
        one.queue.clear()
        one.aside.clear()

    async def rest(self, one: OpenWay, wait_s: float) -> bool:
        """Wait, unless the way or the run is over before; False when it is."""
        loop = asyncio.get_running_loop()
        until = loop.time() + wait_s
        while one.is_open and self._goes_on():
            left_s = until - loop.time()
            if left_s <= 0:
                return True
            await self._ended.wait(left_s)
        return False

    def wake(self) -> None:
        """Somebody was put back, or the run is over: nobody sleeps through that."""
        if self._is_through or self._is_over():
            for one in self.all:
                one.opening.cut()
        self._changed.ring()
        self._ended.ring()

    async def _find(self, one: OpenWay) -> Job | None:
        """A reader for the way, before their turn; None as of next_job()."""
        while one.is_up and self._goes_on():
            job = await self._look(one)
            if job is not None:
                return job
            if self._goes_on():
                await self._changed.wait(_aside_s(one))
        return None

    def _goes_on(self) -> bool:
        if self._is_through or not self._is_over():
            return not self._is_through
        # Whoever learns of it first tells those who sleep.
        self.wake()
        return False

    async def _look(self, one: OpenWay) -> Job | None:
        if one.aside:
            if _aside_s(one) == 0:
                return heappop(one.aside)[2]
            if len(one.aside) >= MOST_ASIDE:
                return None
        if len(self.all) > 1:
            return await self._share_of(one)
        return await self._taken()

    async def _taken(self) -> Job | None:
        job = await self._take()
        if job is not None:
            self._n_out += 1
        elif not self._n_out:
            self._is_through = True
            self.wake()
        return job

    async def _share_of(self, one: OpenWay) -> Job | None:
        while not one.queue:
            full = [each for each in self.all if each.is_up and len(each.queue) >= MOST_QUEUED]
            job = None if full else await self._taken()
            if job is not None:
                self._give(job)
            elif not one.queue:  # where another way's task may have put somebody meanwhile
                return None
        self._changed.ring()
        return one.queue.popleft()

    def _give(self, job: Job) -> None:
        up = frozenset(place for place, each in enumerate(self.all) if each.is_up)
        taker = self._share.take(up)
        if taker is None:
            self._give_back(job)
        else:
            self.all[taker].queue.append(job)
            self._changed.ring()

    async def _has_turn(self, one: OpenWay, job: Job) -> bool:
        """Wait for the turn. False: the reader was put aside, or given back."""
        now = asyncio.get_running_loop().time()
        turn = one.paces.reserve(_domain(job), now)
        if not turn.is_taken:
            self._n_aside += 1
            heappush(one.aside, (now + turn.wait_s, self._n_aside, job))
            return False
        # Before the wait: others wait at the same time, for what is left of it.
        self._count(one)
        if await self.rest(one, turn.wait_s):
            return True
        self._give_back(job)
        return False

    def _count(self, one: OpenWay) -> None:
        if one.quota is not None:
            one.quota -= 1
            if one.quota == 0:
                self.give_back(one)

    def _give_back(self, job: Job) -> None:
        self._n_out -= 1
        self._put_back(job)
        self._changed.ring()


def _aside_s(one: OpenWay) -> float | None:
    """How long until the first of those put aside may be asked for again; None without any."""
    if not one.aside:
        return None
    return max(0.0, one.aside[0][0] - asyncio.get_running_loop().time())


def _domain(job: Job) -> str:
    return job.recipient.address.rpartition("@")[2].lower()
