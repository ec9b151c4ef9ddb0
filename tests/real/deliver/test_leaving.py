"""Readers who leave while the edition goes out: who has not been served gets nothing any more."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from digest.desk import Desk
from digest.model.ledger import DeliveryReport, DeliveryState
from digest.model.message import Envelope, Recipient
from digest.store.engine import Store
from digest.terms import Terms
from tests.real.deliver.relays import Mailbox, relay
from tests.real.deliver.runs import Newsroom, envelope_for, newsroom
from tests.real.deliver.test_ways import way
from tests.real.store.ledger import NOW, SLUG, address_of, load_readers, states, unsubscribe

SUPPRESSED = DeliveryState.SUPPRESSED


def leave(room: Newsroom, ids: Iterable[int]) -> None:
    """They unsubscribe, and three seconds pass."""
    with room.store.write() as connection:
        for id_ in ids:
            unsubscribe(connection, id_)
    room.clock.pass_by(seconds=3)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param([{}], id="waiting"),
        pytest.param([{"domain_rate": 50}], id="aside"),
        pytest.param([{"rate": 60}, {"rate": 60}], id="queued"),
    ],
)
def test_who_leaves_before_their_turn_gets_nothing(
    store: Store, options: list[dict[str, Any]]
) -> None:
    room = newsroom(store, 60)
    made: list[int] = []

    def leaving_at_the_tenth(recipient: Recipient) -> Envelope:
        made.append(recipient.subscriber_id)
        if len(made) == 10:
            leave(room, set(range(1, 61)).difference(made))
        return envelope_for(recipient)

    async def run() -> tuple[DeliveryReport, Mailbox]:
        async with relay() as (port, box):
            ways = tuple(
                way(port, f"smtp://{place}", connections=2, **one)
                for place, one in enumerate(options)
            )
            return await room.run(0, ways=ways, make_envelope=leaving_at_the_tenth), box

    report, box = asyncio.run(run())
    assert Counter(box.addresses) == {address_of(number): 1 for number in made[:10]}
    assert (report.counts["suppressed"], report.is_finished) == (50, True)
    assert len(room.outcomes) == 60


class LeavesOnArrival(Mailbox):
    """The reader of the third message unsubscribes while the relay takes it."""

    def __init__(self) -> None:
        super().__init__()
        self.room: Newsroom | None = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        if len(self.accepted) == 3 and self.room is not None:
            leave(self.room, [int(envelope.rcpt_tos[0].split("@")[0].removeprefix("reader"))])
        return answer


@pytest.mark.parametrize("is_holding", [False, True])
def test_who_leaves_while_the_message_is_on_its_way_costs_no_line(
    store: Store, is_holding: bool
) -> None:
    room = newsroom(store, 20)
    box = LeavesOnArrival()
    box.room = room

    async def run() -> DeliveryReport:
        async with relay(box) as (port, _):
            return await room.run(port, n_connections=1, is_holding=is_holding)

    report = asyncio.run(run())
    assert (report.counts["sent"], report.n_uncertain, box.n_lines) == (20, 0, 1)


def test_who_is_put_back_while_the_database_answers_stays(postgres_store: Store) -> None:
    """PostgreSQL is asked from a thread: meanwhile a relay goes away and gives back its readers."""
    room = newsroom(postgres_store, 10)
    is_asked, may_answer = threading.Event(), threading.Event()
    n_asked = 0

    def slow(
        connection: Connection, publication: str, ids: Sequence[int]
    ) -> Mapping[int, Recipient]:
        nonlocal n_asked
        n_asked += 1
        if n_asked == 2:
            is_asked.set()
            assert may_answer.wait(30)
        return load_readers(connection, publication, ids)

    async def run() -> None:
        terms = Terms(
            edition_id=room.edition_id,
            publication=SLUG,
            stale_at=NOW + timedelta(hours=12),
            owner="w",
            clock=room.clock,
            load_recipients=slow,
        )
        desk = Desk(postgres_store, terms)
        jobs = [job for _ in range(6) if (job := await desk.next_job()) is not None]
        leave(room, [2, 9])
        asking = asyncio.create_task(desk.may_send(jobs[0]))
        await asyncio.to_thread(is_asked.wait, 30)
        for job in jobs[1:4]:
            desk.put_back(job)
        may_answer.set()
        assert await asking
        again = [job for _ in range(7) if (job := await desk.next_job()) is not None]
        assert {job.recipient.subscriber_id for job in again} == {3, 4, 7, 8, 10}
        await desk.release()
        desk.close()

    asyncio.run(run())
    with postgres_store.read() as connection:
        assert states(connection, room.edition_id) == {2: SUPPRESSED, 9: SUPPRESSED}
