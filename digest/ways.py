"""The ways out: each relay with its lines' options, its pace, its warm-up and its share of the
readers. I/O: none by itself; it waits on the event loop.

A reader whose recipient domain is busy is put aside and holds up nobody; one whose relay goes away
is given back and taken by another.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

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
        self.n_failed = 0
        self.has_ended = False
        self.n_in_hand = 0
        self.quota = way.quota
        self.paces = Paces(way.options.rate, way.options.domain_rate)
        self.queue: deque[Job] = deque()
        self.aside: list[tuple[float, int, Job]] = []

    @property
    def is_up(self) -> bool:
        """Whether it may be given readers."""
        return self.is_sound and not self.has_ended

    @property
    def is_sound(self) -> bool:
        """Whether it works and is not at the end of its quota."""
        return self.error is None and self.quota != 0


class Ways:
    """Hands readers to the ways, in the proportion of their weights."""

    def __init__(
        self,
        ways: Sequence[Way],
        *,
        take: Callable[[], Awaitable[Job | None]],
        put_back: Callable[[Job], None],
    ) -> None:
        self.all = tuple(OpenWay(way) for way in ways)
        self._share = Share([way.options.weight for way in ways])
        self._take = take
        self._put_back = put_back
        self._moved = asyncio.Event()
        self._n = 0

    @property
    def n_opened(self) -> int:
        """How many lines were opened in all."""
        return sum(one.n_opened for one in self.all)

    @property
    def error(self) -> RelayError | None:
        """Why no way works; None while one does."""
        if any(one.is_sound for one in self.all):
            return None
        errors = [one.error for one in self.all if one.error is not None]
        return errors[0] if errors else None

    async def next_job(self, one: OpenWay, is_over: Callable[[], bool]) -> Job | None:
        """The next reader for that way; None when there is none, or the run or the way is over."""
        loop = asyncio.get_running_loop()
        while not is_over() and one.is_up:
            job = await self._own_job(one, loop.time(), is_over)
            if job is None and not one.aside:
                return None
            if job is not None:
                turn = one.paces.reserve(_domain(job), loop.time())
                if turn.is_taken:
                    if turn.wait_s:
                        await asyncio.sleep(turn.wait_s)
                    self._count(one)
                    one.n_in_hand += 1
                    return job
                self._n += 1
                heappush(one.aside, (loop.time() + turn.wait_s, self._n, job))
                if len(one.aside) < MOST_ASIDE:
                    continue
            await asyncio.sleep(max(0.0, one.aside[0][0] - loop.time()))
        return None

    def done(self, one: OpenWay) -> None:
        """The way is through with a reader: served, or given back."""
        one.n_in_hand -= 1
        self._moved.set()

    def return_turn(self, one: OpenWay, job: Job) -> None:
        """Give the reader back to those who wait for that way: it was only asked for to see
        whether another line is needed."""
        self.done(one)
        if one.quota is not None:
            one.quota += 1
        if len(self.all) == 1:
            self._put_back(job)
        else:
            one.queue.appendleft(job)

    def close(self, one: OpenWay, error: RelayError | None = None) -> None:
        """The way is of no more use, or all its lines have ended: others get who waits for it."""
        one.error = one.error or error
        one.has_ended = one.has_ended or error is None
        self.give_back(one)
        self._moved.set()

    def give_back(self, one: OpenWay) -> None:
        """Give back whoever waits for the way."""
        for job in one.queue:
            self._put_back(job)
        for _, _, job in one.aside:
            self._put_back(job)
        one.queue.clear()
        one.aside.clear()

    def _count(self, one: OpenWay) -> None:
        if one.quota is not None:
            one.quota -= 1
            if one.quota == 0:
                self.give_back(one)
                self._moved.set()

    async def _own_job(self, one: OpenWay, now: float, is_over: Callable[[], bool]) -> Job | None:
        if one.aside and one.aside[0][0] <= now:
            return heappop(one.aside)[2]
        if len(self.all) == 1:
            return await self._take()
        while one.is_up and not is_over():
            if one.queue:
                self._moved.set()
                return one.queue.popleft()
            full = [each for each in self.all if each.is_up and len(each.queue) >= MOST_QUEUED]
            job = None if full else await self._take()
            if job is None:
                # Another relay may fail, and give back whom it was to serve.
                if not any(each.queue or each.n_in_hand for each in self.all if each is not one):
                    return None
                self._moved.clear()
                await self._moved.wait()
                continue
            up = frozenset(place for place, each in enumerate(self.all) if each.is_up)
            taker = self._share.take(up)
            if taker is None:
                self._put_back(job)
                return None
            self.all[taker].queue.append(job)
        return None


def _domain(job: Job) -> str:
    return job.recipient.address.rpartition("@")[2].lower()
