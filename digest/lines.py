"""The lines of a run: opened one after the other while there are readers for them, made anew when
they fail, hung up at the end of a drain. I/O: the relays.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Any

from digest.deliver.line import Line
from digest.errors import RelayError
from digest.held import Job
from digest.way import OpenWay
from digest.ways import Ways

# Between the tries to make a line anew: a relay that is restarted or has a moment's load is back
# by then. Those who have a line at all wait so; one that never had one is said to be away at once.
REOPEN_AFTER_S = (1.0, 5.0, 20.0)
Serve = Callable[[OpenWay, Line, Job], Awaitable[None]]
_Opened = tuple[Line, AsyncExitStack]


class Lines:
    """`serve` hands one reader's message to a line; it raises RelayError when the line can't take
    it, and the reader was put back. `fail` is told of any other error, which ends the run; `expect`
    hears how many messages may be on their way in all."""

    def __init__(
        self,
        ways: Ways,
        *,
        serve: Serve,
        fail: Callable[[Exception], object],
        expect: Callable[[int], object],
        reopen_after_s: Sequence[float] = REOPEN_AFTER_S,
    ) -> None:
        self._ways = ways
        self._serve = serve
        self._fail = fail
        self._expect = expect
        self._reopen_after_s = tuple(reopen_after_s)
        self._open: set[Line] = set()
        self._n_in_flight = 0

    async def talk(self) -> None:
        """Until nobody is left to serve, or the run is over."""
        await asyncio.gather(*(self._serve_way(way) for way in self._ways.all))

    def hang_up(self) -> None:
        """What is not answered yet is uncertain; nothing more is sent."""
        for line in self._open:
            line.hang_up()

    async def _serve_way(self, way: OpenWay) -> None:
        async with asyncio.TaskGroup() as lives:
            await self._guarded(self._open_all(way, lives))
        self._ways.close(way)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """What goes wrong beside the relay leaves the other lines time to book what they have."""
        try:
            await work
        except Exception as error:
            self._fail(error)

    async def _open_all(self, way: OpenWay, lives: asyncio.TaskGroup) -> None:
        """One line after the other: a wrong password is said once, and a relay is not taken by
        storm. When one can't be opened, those that there are will do."""
        for _ in range(way.way.options.connections):
            if not await self._ways.is_wanted(way):
                return
            waits = iter(self._reopen_after_s if way.n_opened else ())
            opened = await self._opened(way, waits)
            if opened is None:
                return
            lives.create_task(self._guarded(self._life(way, opened)))

    async def _life(self, way: OpenWay, opened: _Opened | None) -> None:
        """A line and those made anew in its place, until it has nobody to serve any more."""
        waits = iter(self._reopen_after_s)
        while opened is not None:
            n_served = way.n_served
            try:
                await self._talk(way, opened)
                return
            except RelayError as error:
                if way.n_served > n_served:
                    waits = iter(self._reopen_after_s)
                opened = await self._opened(way, waits, error)

    async def _opened(
        self, way: OpenWay, waits: Iterator[float], error: RelayError | None = None
    ) -> _Opened | None:
        """A line, opened after the next of `waits` where there was an `error` before, and so on.

        None: it is of no use any more, or can't be opened. Then, if none other of the way is open,
        the way is closed.
        """
        if error is not None and not way.n_talking:
            self._ways.give_back(way)
        async with way.door:
            while await self._may_open(way, waits, error):
                try:
                    return await self._enter(way)
                except RelayError as failed:
                    error = failed
        if error is not None and not way.n_talking:
            self._ways.close(way, error)
        return None

    async def _may_open(
        self, way: OpenWay, waits: Iterator[float], error: RelayError | None
    ) -> bool:
        if error is None:
            return await self._ways.rest(way, 0)
        wait_s = None if error.is_lasting else next(waits, None)
        return wait_s is not None and await self._ways.rest(way, wait_s)

    async def _enter(self, way: OpenWay) -> _Opened | None:
        """None: nobody needs it any more."""
        stack = AsyncExitStack()
        opening = stack.enter_async_context(way.way.open_line())
        line = await way.opening.unless_cut(opening)
        if line is None:
            return None
        way.n_opened += 1
        way.n_talking += 1
        return line, stack

    async def _talk(self, way: OpenWay, opened: _Opened) -> None:
        line, stack = opened
        n_in_flight = max(1, line.n_slots - 1)
        try:
            async with stack:
                self._count(n_in_flight)
                self._open.add(line)
                slots = (self._slot(way, line) for _ in range(line.n_slots))
                ends = await asyncio.gather(*slots, return_exceptions=True)
                for ended in ends:
                    if isinstance(ended, BaseException):
                        raise ended
        finally:
            way.n_talking -= 1
            self._open.discard(line)
            self._count(-n_in_flight)

    async def _slot(self, way: OpenWay, line: Line) -> None:
        """Serve one reader after the other over the line, which others use at the same time."""
        try:
            while (job := await self._ways.next_job(way)) is not None:
                try:
                    await self._serve(way, line, job)
                finally:
                    self._ways.done()
                way.n_served += 1
        except Exception as error:
            # The other slots, and lines, stop too, each once it has booked what it has in hand.
            if not isinstance(error, RelayError):
                self._fail(error)
            self._ways.wake()
            raise

    def _count(self, n_in_flight: int) -> None:
        self._n_in_flight += n_in_flight
        self._expect(self._n_in_flight)
