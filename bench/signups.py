"""Sign-ups: forms posted to a real server over many connections, each of another reader's and of
another network's; all of them in SQLite in the end.

python -m bench signups
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import func, select

from bench._child import beside, in_child
from bench._edition import BASE_URL, store_in
from digest.store.migrate import migrate
from digest.store.schema import letter
from digest.subscribe.ticket import make_ticket
from digest.web.look import look_of
from digest.web.serve import serve
from digest.web.signup_words import signup_words_for, wording_of
from tests.real.web.server import settings_for
from tests.unit.compose.editions import KEY, PUBLICATION

Rows = Iterator[tuple[str, str]]
N, CONNECTIONS = 5_000, 100


def measure() -> Rows:
    """Rows of the table that `make bench` prints."""
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="digest-bench-") as folder:
        with beside(_serve, folder) as port:
            took_s, slowest_s = in_child(_sign_up, port)
        n_kept = _kept(folder)
    if n_kept != N:
        raise RuntimeError(f"{N - n_kept} of {N} sign-ups are lost")
    yield f"{N:,} sign-ups over {CONNECTIONS} connections, none lost", f"{N / took_s:,.0f} a second"
    yield "slowest answer", f"{slowest_s * 1e3:.0f} ms"


def _serve(tell: object, folder: str) -> None:
    asyncio.run(_serving(tell, folder))


async def _serving(tell: object, folder: str) -> None:
    store = store_in(folder)
    migrate(store)
    settings = settings_for(Path(folder), PUBLICATION, base_url=BASE_URL)

    def started(address: str) -> None:
        tell.send(int(address.rstrip("/").rpartition(":")[2]))  # type: ignore[attr-defined]

    await serve(
        settings, store, clock=lambda: datetime.now(UTC), stop=asyncio.Event(), on_start=started
    )


def _sign_up(port: int) -> tuple[float, float]:
    return asyncio.run(_signing_up(port))


async def _signing_up(port: int) -> tuple[float, float]:
    numbers = iter(range(N))
    slowest = [0.0]
    begun = time.monotonic()
    await asyncio.gather(*(_client(port, numbers, slowest) for _ in range(CONNECTIONS)))
    return time.monotonic() - begun, slowest[0]


async def _client(port: int, numbers: Iterator[int], slowest: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in numbers:
        asked_at = time.monotonic()
        writer.write(_request(number))
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())
        size = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
        await reader.readexactly(int(size))
        slowest[0] = max(slowest[0], time.monotonic() - asked_at)
    writer.close()


def _request(number: int) -> bytes:
    look = look_of(PUBLICATION)
    stamp = make_ticket(
        KEY,
        purpose="form",
        subscriber_id=0,
        publication=PUBLICATION.slug,
        issued_at=datetime.now(UTC) - timedelta(seconds=10),
    )
    body = urlencode(
        {
            "address": f"reader{number}@readers.example",
            "name": "Ada MacNeil",
            "stamp": stamp,
            "wording": wording_of(look, signup_words_for(look.language)).version,
        }
    ).encode()
    network = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    return (
        f"POST /{PUBLICATION.slug}/subscribe HTTP/1.1\r\nHost: wrap.porttide.example\r\n"
        f"X-Forwarded-For: {network}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def _kept(folder: str) -> int:
    store = store_in(folder)
    with store.read() as connection:
        n = connection.scalar(select(func.count()).select_from(letter)) or 0
    store.close()
    return int(n)


if __name__ == "__main__":
    for name, figure in measure():
        print(f"{name:62} {figure}", flush=True)
