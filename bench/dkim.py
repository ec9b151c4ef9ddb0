"""DKIM: one of our messages, some 40 KB, signed, and how many on all cores beside the event loop.

python -m bench.dkim
"""

import asyncio
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from time import perf_counter, process_time

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from bench._edition import press, reader
from digest.deliver.dkim import Signer, sign
from digest.model.newsroom import Canonicalization
from digest.signing import Signers

AT = datetime(2026, 3, 12, 21, 0, tzinfo=UTC)
N_ALONE, N_TOGETHER, N_CALLERS = 1_000, 4_000, 64


def measure() -> list[tuple[str, str]]:
    """What was measured and its result, ready to print."""
    signer = Signer("news.example", "bench", generate_private_key(65537, 2048))
    relaxed = replace(signer, canonicalization=Canonicalization.RELAXED_RELAXED)
    message = press().envelope(reader(1)).message
    n_cores = os.cpu_count() or 1
    rows = [
        ("a 40 KB message signed with DKIM", f"{_alone_s(signer, message) * 1e3:.2f} ms"),
        ("the same, relaxed/relaxed", f"{_alone_s(relaxed, message) * 1e3:.2f} ms"),
    ]
    for n_threads in sorted({1, n_cores}):
        rate, cpu_s = asyncio.run(_together(signer, message, n_threads))
        name = f"signed beside the event loop, {n_threads} of {n_cores} cores"
        rows.append((name, f"{rate:,.0f} per second, {cpu_s * 1e6:.0f} µs of CPU each"))
    return rows


def _alone_s(signer: Signer, message: bytes) -> float:
    start = perf_counter()
    for _ in range(N_ALONE):
        sign(signer, message, at=AT)
    return (perf_counter() - start) / N_ALONE


async def _together(signer: Signer, message: bytes, n_threads: int) -> tuple[float, float]:
    """Messages a second, and the CPU seconds of each, with many callers at once."""
    left = iter(range(N_TOGETHER))

    async def caller(signers: Signers) -> None:
        for _ in left:
            await signers.sign(message)

    async with Signers(signer, clock=lambda: AT, n_threads=n_threads) as signers:
        start, cpu_start = perf_counter(), process_time()
        await asyncio.gather(*(caller(signers) for _ in range(N_CALLERS)))
        took_s, cpu_s = perf_counter() - start, process_time() - cpu_start
    return N_TOGETHER / took_s, cpu_s / N_TOGETHER


if __name__ == "__main__":
    for name, value in measure():
        sys.stdout.write(f"{name:50} {value}\n")
