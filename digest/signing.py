"""Signs messages beside the event loop, on all cores. I/O: threads.

Threads and not processes, since cryptography lets go of the interpreter's lock while it computes
(docs/decisions/007-signing-in-threads.md). Messages are handed over in groups, so that not each
pays for waking a thread and the loop.
"""

import asyncio
import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Self

from digest.deliver.dkim import Signer, sign
from digest.errors import SigningError

GROUP = 8  # messages a thread takes at once: some 3 ms
_ENDED = "signing has ended"

Job = tuple[bytes, asyncio.Future[bytes]]


class Signers:
    """`async with Signers(signer, clock=clock) as signers:`, held open on one event loop.

    With no signer messages pass as they are: the relay signs.
    """

    def __init__(
        self,
        signer: Signer | None,
        *,
        clock: Callable[[], datetime],
        n_threads: int = os.cpu_count() or 1,
    ) -> None:
        self._signer = signer
        self._clock = clock
        self._n_free = n_threads
        self._n_threads = n_threads
        self._pool = ThreadPoolExecutor(n_threads, thread_name_prefix="dkim")
        self._waiting: deque[Job] = deque()
        self._is_open = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Waits, for milliseconds, for what the threads have in hand; whoever else still waits
        gets SigningError."""
        self._is_open = False
        self._pool.shutdown(wait=True)
        while self._waiting:
            _settle(self._waiting.popleft()[1], SigningError(_ENDED))

    async def sign(self, message: bytes) -> bytes:
        """The message with its signature in front. Raises SigningError. Safe to cancel."""
        if self._signer is None:
            return message
        if not self._is_open:
            raise SigningError(_ENDED)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bytes] = loop.create_future()
        self._waiting.append((message, future))
        # Not at once: others who are ready now may still join the group.
        loop.call_soon(self._hand_over, self._signer)
        return await future

    def _hand_over(self, signer: Signer) -> None:
        """What waits to the free threads, in equal shares."""
        while self._is_open and self._waiting and self._n_free:
            share = min(GROUP, -(-len(self._waiting) // self._n_threads))
            group = [self._waiting.popleft() for _ in range(share)]
            self._n_free -= 1
            work = asyncio.get_running_loop().run_in_executor(
                self._pool, _sign_all, signer, [message for message, _ in group], self._clock()
            )
            work.add_done_callback(partial(self._take_back, signer, group))

    def _take_back(
        self, signer: Signer, group: Sequence[Job], work: asyncio.Future[list[bytes | Exception]]
    ) -> None:
        self._n_free += 1
        for (_, future), result in zip(group, work.result(), strict=True):
            _settle(future, result)
        self._hand_over(signer)


def _sign_all(signer: Signer, messages: Sequence[bytes], at: datetime) -> list[bytes | Exception]:
    """In a thread. An error is raised where its message is waited for, and spares the others."""
    return [_signed(signer, message, at) for message in messages]


def _signed(signer: Signer, message: bytes, at: datetime) -> bytes | Exception:
    try:
        return sign(signer, message, at=at)
    except Exception as error:
        return error


def _settle(future: asyncio.Future[bytes], result: bytes | Exception) -> None:
    if future.done():  # cancelled meanwhile
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
