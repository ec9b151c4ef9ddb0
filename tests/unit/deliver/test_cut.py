"""What is cut short comes to nothing, whatever it does about it."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from digest.deliver.cut import Scissors


async def at_once() -> int:
    return 7


async def never() -> int:
    await asyncio.Event().wait()
    return 7


async def stubborn() -> int:
    try:
        await never()
    except asyncio.CancelledError:
        await never()
    return 7


async def offended() -> int:
    try:
        return await never()
    except asyncio.CancelledError:
        raise OSError("the line is gone") from None


def test_what_is_not_cut() -> None:
    async def run() -> int | None:
        scissors = Scissors()
        scissors.cut()
        return await scissors.unless_cut(at_once())

    assert asyncio.run(run()) == 7


@pytest.mark.parametrize("work", [never, stubborn, offended])
def test_what_is_cut(work: Any) -> None:
    async def run() -> object:
        scissors = Scissors()
        task = asyncio.ensure_future(scissors.unless_cut(work()))
        await asyncio.sleep(0.01)
        scissors.cut()
        return await task

    assert asyncio.run(run()) is None


def test_what_fails_by_itself_says_so() -> None:
    async def failing() -> int:
        raise OSError("no route")

    with pytest.raises(OSError, match="no route"):
        asyncio.run(Scissors().unless_cut(failing()))


@pytest.mark.parametrize("work", [never, stubborn])
def test_who_is_cancelled_cancels_the_work(work: Any) -> None:
    async def run() -> set[asyncio.Task[Any]]:
        before = asyncio.all_tasks()
        coroutine: Coroutine[Any, Any, int] = work()
        task = asyncio.ensure_future(Scissors().unless_cut(coroutine))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait((task,))
        assert task.cancelled()
        return asyncio.all_tasks() - before

    assert asyncio.run(run()) == set()
