"""Wakes tasks that wait: all of them when it is rung, each when its time has come.

I/O: none by itself; it waits on the event loop.
"""

import asyncio


class Bell:
    """Unlike an asyncio.Event it keeps nothing: who comes after the ringing waits for the next.
    So look first, and wait without an `await` in between."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        """Wake whoever waits."""
        for rung in self._waiting:
            _wake(rung)

    async def wait(self, most_s: float | None = None) -> None:
        """Until it is rung; for `most_s` seconds at most, None: without a limit."""
        loop = asyncio.get_running_loop()
        rung = loop.create_future()
        timer = None if most_s is None else loop.call_later(most_s, _wake, rung)
        self._waiting.add(rung)
        try:
            await rung
        finally:
            self._waiting.discard(rung)
            if timer is not None:
                timer.cancel()


def _wake(rung: asyncio.Future[None]) -> None:
    if not rung.done():
        rung.set_result(None)
