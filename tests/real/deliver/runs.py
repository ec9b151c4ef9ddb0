"""Runs of the worker over a real store: what each test varies is a keyword."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from digest.deliver.line import OpenLine, line_opener
from digest.deliver.options import RelayOptions
from digest.deliver.relay import parse_relay
from digest.model.ledger import DeliveryReport, Outcome
from digest.model.message import Envelope, Recipient
from digest.store.deliveries import Suppress
from digest.store.engine import Store
from digest.way import Way
from digest.worker import Manner, deliver_edition
from tests.real.deliver.relays import MESSAGE
from tests.real.store.ledger import NOW, load_readers, put_edition, put_readers

# A line that fails is made anew after so many seconds each.
SOON = (0.05, 0.05, 0.05)


@dataclass
class Clock:
    """A clock that the test moves."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass
class Newsroom:
    """An edition for readers 1 to n, and what the runs over it reported."""

    store: Store
    edition_id: int
    clock: Clock = field(default_factory=Clock)
    outcomes: list[Outcome] = field(default_factory=list)
    suppressed: list[int] = field(default_factory=list)

    async def run(
        self,
        port: int,
        *,
        url: str = "smtp://127.0.0.1:{port}",
        stop: asyncio.Event | None = None,
        owner: str = "w",
        final_timeout_s: float = 10,
        tls_context: ssl.SSLContext | None = None,
        open_line: OpenLine | None = None,
        make_envelope: Callable[[Recipient], Envelope] | None = None,
        suppress: Suppress | None = None,
        ways: tuple[Way, ...] = (),
        **options: Any,
    ) -> DeliveryReport:
        opener = line_opener(
            parse_relay(url.format(port=port or 1)),
            local_hostname="news.porttide.example",
            timeout_s=min(10, final_timeout_s),
            final_timeout_s=final_timeout_s,
            tls_context=tls_context,
        )
        n_connections = options.pop("n_connections", 4)
        drain_s = options.pop("drain_s", 10)
        way = Way("smtp://relay", open_line or opener, RelayOptions(connections=n_connections))
        return await deliver_edition(
            self.store,
            self.edition_id,
            ways=ways or (way,),
            manner=Manner(
                owner,
                drain_s=drain_s,
                reopen_after_s=options.pop("reopen_after_s", SOON),
                **options,
            ),
            make_envelope=make_envelope or envelope_for,
            load_recipients=load_readers,
            suppress=suppress or self._note,
            on_outcomes=self.outcomes.extend,
            clock=self.clock,
            stop=stop or asyncio.Event(),
        )

    def _note(self, _connection: object, recipient: Recipient, _outcome: Outcome) -> None:
        self.suppressed.append(recipient.subscriber_id)


def newsroom(store: Store, n: int, *, batch_size: int = 500, ids: tuple[int, ...] = ()) -> Newsroom:
    """An edition for readers 1 to n, or for those of `ids`."""
    frozen = ids or range(1, n + 1)
    with store.write() as connection:
        put_readers(connection, frozen)
        edition = put_edition(connection, frozen, batch_size=batch_size)
    return Newsroom(store, edition.id)


def envelope_for(recipient: Recipient) -> Envelope:
    return Envelope(
        sender="wrap@news.porttide.example",
        recipient=recipient.address,
        message_id=f"<ed.{recipient.subscriber_id}@news.porttide.example>",
        message=MESSAGE,
    )


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what other tasks bring about; for half a minute at most."""
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.005)
