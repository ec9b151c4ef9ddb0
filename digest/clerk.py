"""Group commits: what comes while one transaction is written is written by the next one.
I/O: the database, through the functions it is given.

A commit for each outcome would cost each connection a disk flush per message. SQLite is written
from the event loop's own thread: there a flush is shorter than the way to another thread and back,
which has to win the interpreter's lock at each statement. PostgreSQL, across a network, gets a
thread of its own.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

PATIENCE_S = 0.001
T = TypeVar("T")
Item = TypeVar("Item")


class Clerk(Generic[Item]):
    """Writes items in the order given; used by the tasks of one event loop."""

    def __init__(self, write: Callable[[Sequence[Item]], object], *, has_thread: bool) -> None:
        self.wanted = 1  # a group waits for so many items, but no longer than PATIENCE_S
        self._write = write
        self._thread = ThreadPoolExecutor(max_workers=1) if has_thread else None
        self._loop = asyncio.get_running_loop()
        self._waiting: list[Item] = []
        self._next: asyncio.Future[None] = self._loop.create_future()
        self._is_writing = False
        self._timer: asyncio.TimerHandle | None = None

    def record(self, item: Item) -> asyncio.Future[None]:
        """Done once the item is committed, or failed with what the writing raised."""
        self._waiting.append(item)
        if not self._is_writing:
            if len(self._waiting) >= self.wanted:
                # Not at once: the other replies that have come shall be in the same commit.
                self._is_writing = True
                self._loop.call_soon(self._write_group)
            elif self._timer is None:
                self._timer = self._loop.call_later(PATIENCE_S, self._write_what_there_is)
        return self._next

    async def ask(self, work: Callable[[], T]) -> T:
        """Other work in the writing thread, between two groups."""
        if self._thread is None:
            return work()
        return await self._loop.run_in_executor(self._thread, work)

    def close(self) -> None:
        """End the thread when what it was given is written."""
        if self._thread is not None:
            self._thread.shutdown(wait=True)
        self._next.cancel()

    def _write_what_there_is(self) -> None:
        self._timer = None
        if self._waiting and not self._is_writing:
            self._is_writing = True
            self._write_group()

    def _write_group(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        items, self._waiting = self._waiting, []
        group, self._next = self._next, self._loop.create_future()
        if self._thread is not None:
            job = self._loop.run_in_executor(self._thread, self._write, items)
            job.add_done_callback(lambda done: self._written(group, done.exception()))
            return
        try:
            self._write(items)
        except Exception as error:
            self._written(group, error)
        else:
            self._written(group, None)

    def _written(self, group: asyncio.Future[None], error: BaseException | None) -> None:
        self._is_writing = bool(self._waiting)
        if self._is_writing:
            self._write_group()
        if error is None:
            group.set_result(None)
        else:
            group.set_exception(error)
            group.exception()  # heard, even where nobody waits any more
