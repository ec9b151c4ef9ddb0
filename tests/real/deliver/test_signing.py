"""The pool that signs beside the event loop: all of it, in any order, and what goes wrong in it."""

import asyncio
import threading
from datetime import UTC, datetime

import dkim
import pytest

from digest.deliver.dkim_record import record_text
from digest.errors import SigningError
from digest.signing import Signers
from tests.unit.compose.wrap import envelope_of
from tests.unit.deliver.keys import signer

AT = datetime(2024, 3, 12, 21, 0, tzinfo=UTC)
MESSAGE = envelope_of().message


def pool(n_threads: int = 2) -> Signers:
    return Signers(signer(), clock=lambda: AT, n_threads=n_threads)


def message(number: int) -> bytes:
    return b"X-Number: %d\r\n" % number + MESSAGE


def verifies(signed: bytes) -> bool:
    return bool(dkim.verify(signed, dnsfunc=lambda *_, **__: record_text(signer()).encode()))


async def turns() -> None:
    """Until a group is in a thread's hands and others wait."""
    for _ in range(3):
        await asyncio.sleep(0)


def dkim_threads() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith("dkim")]


def test_five_hundred_verify_each_with_its_caller() -> None:
    async def main() -> list[bytes]:
        async with pool() as signers:
            return await asyncio.gather(*(signers.sign(message(one)) for one in range(500)))

    done = asyncio.run(main())
    assert all(one.endswith(message(number)) for number, one in enumerate(done))
    assert all(map(verifies, done))
    assert not dkim_threads()


def test_without_a_signer_messages_pass() -> None:
    async def main() -> bytes:
        async with Signers(None, clock=lambda: AT) as signers:
            return await signers.sign(MESSAGE)

    assert asyncio.run(main()) is MESSAGE


def test_the_loop_goes_on_meanwhile() -> None:
    async def main() -> int:
        n_turns = 0
        async with pool() as signers:
            work = asyncio.gather(*(signers.sign(MESSAGE) for _ in range(200)))
            while not work.done():
                n_turns += 1
                await asyncio.sleep(0)
        return n_turns

    assert asyncio.run(main()) > 25


def test_a_bad_message_fails_alone() -> None:
    async def main() -> list[bytes | BaseException]:
        async with pool(1) as signers:
            works = (signers.sign(one) for one in (MESSAGE, b"no message", MESSAGE))
            return await asyncio.gather(*works, return_exceptions=True)

    first, second, third = asyncio.run(main())
    assert isinstance(second, SigningError)
    assert first == third
    assert isinstance(first, bytes)


def test_who_is_cancelled_disturbs_nobody() -> None:
    async def main() -> list[bytes | BaseException]:
        async with pool(1) as signers:
            works = [asyncio.create_task(signers.sign(message(one))) for one in range(40)]
            await asyncio.sleep(0)
            for work in works[::2]:
                work.cancel()
            return await asyncio.gather(*works, return_exceptions=True)

    done = asyncio.run(main())
    assert all(isinstance(one, asyncio.CancelledError) for one in done[::2])
    assert all(isinstance(one, bytes) and verifies(one) for one in done[1::2])


def test_leaving_early_ends_the_threads_and_tells_who_waits() -> None:
    async def main() -> list[bytes | BaseException]:
        async with pool(1) as signers:
            works = [asyncio.create_task(signers.sign(MESSAGE)) for _ in range(40)]
            await turns()
        with pytest.raises(SigningError, match="signing has ended"):
            await signers.sign(MESSAGE)
        return await asyncio.gather(*works, return_exceptions=True)

    done = asyncio.run(main())
    assert isinstance(done[-1], SigningError)
    assert all(isinstance(one, bytes | SigningError) for one in done)
    assert not dkim_threads()


def test_a_cancelled_run_ends_the_threads() -> None:
    async def main() -> None:
        async with pool() as signers:
            await asyncio.gather(*(signers.sign(MESSAGE) for _ in range(200)))

    async def cancelled() -> None:
        work = asyncio.create_task(main())
        await turns()
        work.cancel()
        await work

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
    assert not dkim_threads()
