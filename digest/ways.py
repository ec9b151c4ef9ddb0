"""Hands the readers to the ways out, each its share, at its pace, as far as its warm-up goes.

A reader whose recipient domain is busy is put aside and holds up nobody; one whose relay goes away
or is stuck is taken by another. So nobody who could serve leaves before everybody is served.
I/O: none by itself; it waits on the event loop.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from digest.bell import Bell
from digest.deliver.share import Share
from digest.errors import RelayError
from digest.held import Job
from digest.way import OpenWay, Way

# A relay that has kept all that it was given for so long is stuck: others take who waits for it.
STALLED_S = 15.0


class Ways:
    """In the proportion of their weights, until `is_over`. Readers come from `take`."""

    def __init__(
        self,
        ways: Sequence[Way],
        *,
        take: Callable[[], Awaitable[Job | None]],
        put_back: Callable[[Job], None],
        is_over: Callable[[], bool],
        stalled_s: float = STALLED_S,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        now = self._loop.time()
        self.all = tuple(OpenWay(way, place, now) for place, way in enumerate(ways))
        self._is_alone = len(self.all) == 1
        self._is_plain = self._is_alone and not self.all[0].is_limited
        self._share = Share([way.options.weight for way in ways])
        self._take = take
        self._put_back = put_back
        self._is_over = is_over
        self._stalled_s = stalled_s
        # Taken, and neither served nor put back: while there is one, it may have to be served here.
        self._n_out = 0
        self._is_through = False
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

    @property
    def is_spent(self) -> bool:
        """Whether each way that works is at the end of its quota."""
        works = [one for one in self.all if one.error is None]
        return bool(works) and not any(one.is_sound for one in works)

    async def next_job(self, one: OpenWay) -> Job | None:
        """The next reader for that way, when their turn has come; None when nobody is left, or the
        run or the way is over. To be followed by done()."""
        if self._is_plain and one.is_open and not self._is_over():
            job = await self._take()
            if job is not None:
                self._n_out += 1
                return job
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
        if self._is_alone:
            self._give_back(job)
        else:
            one.queue.appendleft(job)
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
        for job in one.pop_all():
            self._give_back(job)
        # Also where nobody waits: one of weight 0 may be wanted now.
        self._changed.ring()

    async def rest(self, one: OpenWay, wait_s: float) -> bool:
        """Wait, unless the way or the run is over before; False when it is."""
        until = self._loop.time() + wait_s
        while one.is_open and self._goes_on():
            left_s = until - self._loop.time()
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
        one.n_asking += 1
        try:
            while one.is_up and self._goes_on():
                job = await self._look(one)
                if job is not None:
                    return job
                if self._goes_on():
                    await self._changed.wait(self._most_s(one))
            return None
        finally:
            one.n_asking -= 1
            one.moved_at = self._loop.time()

    def _goes_on(self) -> bool:
        if self._is_through or not self._is_over():
            return not self._is_through
        # Whoever learns of it first tells those who sleep.
        self.wake()
        return False

    def _most_s(self, one: OpenWay) -> float | None:
        """How long one without a reader may sleep at most: till somebody aside may have their turn,
        or another way may turn out to be stuck. None: until it is woken."""
        aside_s = one.aside_s(self._loop.time())
        if self._is_alone:
            return aside_s
        return self._stalled_s if aside_s is None else min(aside_s, self._stalled_s)

    async def _look(self, one: OpenWay) -> Job | None:
        if one.aside_s(self._loop.time()) == 0:
            return one.pop_aside()
        if one.has_many_aside:
            return None
        return await self._taken() if self._is_alone else await self._share_of(one)

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
            if one.place not in self._takers():
                return None
            job = await self._taken()
            if job is not None:
                self._give(job)
            elif not one.queue:  # where another way's task may have put somebody meanwhile
                return self._taken_over(one)
        return one.queue.popleft()

    def _takers(self) -> frozenset[int]:
        """The places of those whom a reader may be given to now: not of one that is stuck while
        another is well, nor of weight 0 while one with a weight is."""
        now = self._loop.time()
        up = [one for one in self.all if one.is_up]
        well = [one for one in up if one.is_well(now, self._stalled_s)]
        first = [one for one in well if one.way.options.weight > 0]
        return frozenset(one.place for one in first or well or up if not one.is_full)

    def _give(self, job: Job) -> None:
        taker = self._share.take(self._takers())
        if taker is None:
            self._give_back(job)
        else:
            self.all[taker].queue.append(job)
            self._changed.ring()

    def _taken_over(self, one: OpenWay) -> Job | None:
        """Whoever waits for another way that is stuck."""
        now = self._loop.time()
        stuck = (each for each in self.all if each is not one)
        stuck = (each for each in stuck if not each.is_well(now, self._stalled_s))
        return next(filter(None, (each.pop_last() for each in stuck)), None)

    async def _has_turn(self, one: OpenWay, job: Job) -> bool:
        """Wait for the turn. False: the reader was put aside, or given back."""
        now = self._loop.time()
        turn = one.paces.reserve(_domain(job), now)
        if not turn.is_taken:
            one.put_aside(job, now + turn.wait_s)
            return False
        # Before the wait: others wait at the same time, for what is left of it.
        self._count(one)
        one.n_asking += 1
        try:
            if await self.rest(one, turn.wait_s):
                return True
        finally:
            one.n_asking -= 1
            one.moved_at = self._loop.time()
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


def _domain(job: Job) -> str:
    return job.recipient.address.rpartition("@")[2].lower()
