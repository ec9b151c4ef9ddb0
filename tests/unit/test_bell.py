"""Whoever waits is woken by the bell, or by the time."""

import asyncio

from digest.bell import Bell


def test_ringing_wakes_all_and_is_not_kept() -> None:
    async def run() -> None:
        bell = Bell()
        bell.ring()
        waits = [asyncio.ensure_future(bell.wait(most_s)) for most_s in (None, 60.0)]
        await asyncio.sleep(0)
        assert not any(wait.done() for wait in waits)
        bell.ring()
        bell.ring()
        await asyncio.gather(*waits)

    asyncio.run(run())


def test_who_has_waited_long_enough_goes_on() -> None:
    asyncio.run(Bell().wait(0.001))


def test_who_is_cancelled_waits_no_more() -> None:
    async def run() -> None:
        bell = Bell()
        wait = asyncio.ensure_future(bell.wait())
        await asyncio.sleep(0)
        wait.cancel()
        await asyncio.wait((wait,))
        assert wait.cancelled()
        bell.ring()

    asyncio.run(run())
