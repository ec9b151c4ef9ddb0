"""With `hold`: nobody gets two, and only those are held whose message may have been taken."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from digest.model.ledger import DeliveryReport, DeliveryState, EditionState
from digest.store.attempts import count_attempts
from digest.store.engine import Store
from digest.store.rework import release_deliveries
from tests.real.deliver.relays import FallsSilent, HangsUp, Mailbox, relay, replying
from tests.real.deliver.runs import Newsroom, newsroom
from tests.real.store.ledger import address_of


def run_with(
    room: Newsroom, box: Mailbox | None = None, kind: Any = None, **options: Any
) -> tuple[DeliveryReport, Mailbox]:
    async def run() -> tuple[DeliveryReport, Mailbox]:
        async with relay(box, *([kind] if kind else [])) as (port, box_):
            return await room.run(port, is_holding=True, **options), box_

    return asyncio.run(run())


@pytest.mark.parametrize("box", [HangsUp, FallsSilent])
def test_an_edition_whose_readers_are_all_held_is_sent_and_can_be_released(
    store: Store, box: Any
) -> None:
    room = newsroom(store, 3)
    report, first = run_with(room, box(), n_connections=1, final_timeout_s=0.2)
    # They may all have it: the stories are no news to them.
    assert (report.counts["held"], report.state) == (3, EditionState.SENT)
    again, second = run_with(room)
    assert (second.accepted, again.counts["held"]) == ([], 3)
    with store.write() as connection:
        assert release_deliveries(connection, room.edition_id, DeliveryState.HELD) == 3
    last, third = run_with(room)
    assert sorted(third.addresses) == sorted(first.addresses)
    assert (last.state, last.counts["sent"]) == (EditionState.SENT, 3)


def test_who_was_not_sent_anything_is_not_held(store: Store) -> None:
    """The relay takes three messages, closes in good order before the fourth, and is away."""
    room = newsroom(store, 10)
    box = Mailbox()
    n_asked = 0

    def is_away(_server: Any, _arg: str) -> bool:
        nonlocal n_asked
        n_asked += 1
        if n_asked == 4:
            box.stop_listening()
        return n_asked > 3

    kind = replying("MAIL", "421 4.3.2 shutting down", when=is_away)
    report, _ = run_with(room, box, kind, n_connections=1)
    assert "refuses the connection" in report.stopped_because
    assert (report.counts["sent"], report.counts["held"]) == (3, 0)
    with store.read() as connection:
        assert count_attempts(connection, room.edition_id) == 0
    healed, other = run_with(room)
    assert Counter(box.addresses + other.addresses) == {address_of(n): 1 for n in range(1, 11)}
    assert (healed.state, healed.counts["sent"]) == (EditionState.SENT, 10)
