"""Work that may be cut short from outside. I/O: none by itself; it waits on the event loop."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
# asyncio.wait_for() of Python 3.11 swallows a cancellation that comes together with its result, so
# once is not always enough.
CANCEL_EVERY_S = 0.05


class Scissors:
    """For one piece of work at a time."""

    def __init__(self) -> None:
        self._asked: asyncio.Future[None] | None = None

    def cut(self) -> None:
        """End the work that is under way, if any."""
        if self._asked is not None and not self._asked.done():
            self._asked.set_result(None)

    async def unless_cut(self, work: Coroutine[Any, Any, T]) -> T | None:
        """What the work comes to; None when it was cut before."""
        task = asyncio.ensure_future(work)
        asked = self._asked = asyncio.get_running_loop().create_future()
        try:
            await asyncio.wait((task, asked), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._asked = None
            while not task.done():
                task.cancel()
                await asyncio.wait((task,), timeout=CANCEL_EVERY_S)
        if task.cancelled() or (asked.done() and task.exception() is not None):
            return None
        return task.result()
