"""A night's delivery over a real store and a real relay."""

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from digest.deliver.breaker import MAX_STREAK
from digest.errors import AlreadyRunningError, RelayError, SigningError, StoreError
from digest.lock import sending_lock
from digest.model.ledger import DeliveryReport, DeliveryState, EditionState
from digest.model.message import Recipient
from digest.store.batches import MAX_TRIES, adopt_orphans, claim_batch
from digest.store.editions import cancel_edition, get_edition
from digest.store.engine import Store
from digest.worker import ASKED_TO_STOP
from tests.real.deliver.relays import (
    MESSAGE,
    AnswersBody,
    FallsSilent,
    HangsUp,
    Mailbox,
    StopsAfter,
    password_check,
    relay,
    replying,
)
from tests.real.deliver.runs import Newsroom, envelope_for, newsroom
from tests.real.store.ledger import address_of, batch_states, states, unsubscribe

SENT, DEFERRED, FAILED = DeliveryState.SENT, DeliveryState.DEFERRED, DeliveryState.FAILED


def ledger(room: Newsroom) -> dict[int, DeliveryState]:
    with room.store.read() as connection:
        return states(connection, room.edition_id)


def run_with(
    room: Newsroom, box: Mailbox | None = None, kind: Any = None, **options: Any
) -> tuple[DeliveryReport, Mailbox]:
    async def run() -> tuple[DeliveryReport, Mailbox]:
        async with relay(box, *([kind] if kind else [])) as (port, box_):
            return await room.run(port, **options), box_

    return asyncio.run(run())


def refusing(reply: str, *numbers: int) -> Any:
    """A relay that answers so to RCPT of these readers."""
    refused = {address_of(number) for number in numbers}
    return replying("RCPT", reply, when=lambda _s, arg: arg.split("<")[1].strip(">") in refused)


def test_everybody_gets_one(store: Store) -> None:
    room = newsroom(store, 23, batch_size=5)
    report, box = run_with(room)
    assert Counter(box.addresses) == {address_of(number): 1 for number in range(1, 24)}
    assert {message for _, message in box.accepted} == {MESSAGE}
    assert report.state is EditionState.SENT
    assert (report.n_total, report.n_sent, report.stopped_because) == (23, 23, "")
    assert report.counts["sent"] == 23
    assert (report.is_finished, report.retry_at, len(room.outcomes)) == (True, None, 23)
    assert 1 <= box.n_lines <= 4


def test_a_second_run_sends_nothing(store: Store) -> None:
    room = newsroom(store, 3)
    run_with(room)
    report, box = run_with(room)
    assert (box.n_lines, box.accepted, report.n_sent) == (0, [], 0)
    assert (report.counts["sent"], report.is_finished) == (3, True)


def test_a_cancelled_edition_is_not_sent(store: Store) -> None:
    room = newsroom(store, 3)
    with store.write() as connection:
        cancel_edition(connection, room.edition_id, reason="wrong picture")
    report, box = run_with(room)
    assert (box.accepted, report.state) == ([], EditionState.CANCELLED)


def test_unsubscribed_after_the_freeze_is_not_sent(store: Store) -> None:
    room = newsroom(store, 4)
    with store.write() as connection:
        unsubscribe(connection, 2)
    report, box = run_with(room)
    assert address_of(2) not in box.addresses
    assert ledger(room) == {1: SENT, 2: DeliveryState.SUPPRESSED, 3: SENT, 4: SENT}
    assert report.is_finished
    assert len(room.outcomes) == 4


def test_two_workers_at_once_share_the_night(store: Store) -> None:
    room = newsroom(store, 60, batch_size=4)

    async def run() -> tuple[list[DeliveryReport], Mailbox]:
        async with relay() as (port, box):
            both = asyncio.gather(room.run(port, owner="one"), room.run(port, owner="two"))
            return list(await both), box

    reports, box = asyncio.run(run())
    assert Counter(box.addresses) == {address_of(number): 1 for number in range(1, 61)}
    assert sum(report.n_sent for report in reports) == 60
    with store.read() as connection:
        assert get_edition(connection, room.edition_id).state is EditionState.SENT


def test_a_dead_address_fails_and_is_suppressed(store: Store) -> None:
    room = newsroom(store, 3)
    report, _box = run_with(room, kind=refusing("550 5.1.1 no such user", 2))
    assert ledger(room) == {1: SENT, 2: FAILED, 3: SENT}
    assert room.suppressed == [2]
    assert (report.is_finished, report.counts["failed"]) == (True, 1)


def test_the_last_reader_can_be_struck_off_too(store: Store) -> None:
    room = newsroom(store, 3)
    run_with(room, kind=refusing("550 5.1.1 no such user", 3), n_connections=1)
    assert room.suppressed == [3]


def test_nobody_is_struck_off_by_a_relay_that_took_nothing(store: Store) -> None:
    room = newsroom(store, 3)
    report, _ = run_with(room, kind=refusing("550 5.1.1 no such user", 1, 2, 3))
    assert (room.suppressed, report.counts["failed"], report.counts["deferred"]) == ([], 0, 3)
    assert not report.is_finished
    healed, _ = run_with(room, is_eager=True)
    assert healed.counts["sent"] == 3


def test_a_full_mailbox_is_tried_again_at_its_hour(store: Store) -> None:
    room = newsroom(store, 3)
    kind = refusing("452 4.2.2 mailbox full", 2)
    report, _ = run_with(room, kind=kind)
    assert ledger(room) == {1: SENT, 2: DEFERRED, 3: SENT}
    assert (report.is_finished, report.stopped_because) == (False, "")
    assert report.retry_at is not None
    assert timedelta(minutes=8) <= report.retry_at - room.clock() <= timedelta(minutes=12)
    early, box = run_with(room)
    assert (box.n_lines, early.retry_at) == (0, report.retry_at)
    room.clock.now = report.retry_at
    late, box = run_with(room)
    assert box.addresses == [address_of(2)]
    assert late.is_finished


def test_a_hurried_run_tries_the_deferred_once_more_and_only_once(store: Store) -> None:
    room = newsroom(store, 2)
    kind = refusing("451 4.7.1 greylisted", 1, 2)
    run_with(room, kind=kind)
    report, box = run_with(room, kind=kind, is_eager=True)
    assert (len(room.outcomes), report.is_finished, box.accepted) == (4, False, [])
    assert report.retry_at is not None
    assert report.retry_at > room.clock() + timedelta(minutes=20)  # the second wait is longer


@pytest.mark.parametrize(
    ("reply", "words"),
    [("550 5.7.1 listed at bl.example", "550 5.7.1 listed at bl.example"), ("554 no", "554 no")],
)
def test_a_refusal_of_us_stops_the_run_and_suppresses_nobody(
    store: Store, reply: str, words: str
) -> None:
    room = newsroom(store, 40, batch_size=10)
    report, box = run_with(room, AnswersBody(reply), n_connections=2)
    assert words in report.stopped_because
    assert len(room.outcomes) <= 2
    assert (room.suppressed, report.is_finished, report.counts["failed"]) == ([], False, 0)
    healed, box = run_with(room)
    assert Counter(box.addresses) == {address_of(number): 1 for number in range(1, 41)}
    assert healed.is_finished


def test_one_reader_who_stops_runs_does_not_hold_up_the_others(store: Store) -> None:
    room = newsroom(store, 9, batch_size=3)
    kind = refusing("554 5.7.1 access denied", 2)
    first, _ = run_with(room, kind=kind, n_connections=1)
    assert "access denied" in first.stopped_because
    # What was on the line with it is finished.
    assert ledger(room) in ({1: SENT, 2: DEFERRED}, {1: SENT, 2: DEFERRED, 3: SENT})
    run_with(room, kind=kind, n_connections=1)
    assert ledger(room) == {number: DEFERRED if number == 2 else SENT for number in range(1, 10)}


def test_a_relay_that_knows_nobody_is_not_believed_for_long(store: Store) -> None:
    """It loses its list of users after 30 messages: nobody is struck off for that."""
    room = newsroom(store, 100)
    kind = refusing("550 5.1.1 no such user", *range(31, 101))
    report, box = run_with(room, kind=kind, n_connections=2)
    assert "Is it the right one" in report.stopped_because
    assert MAX_STREAK <= report.counts["deferred"] <= MAX_STREAK + 4
    assert (len(box.accepted), report.is_finished) == (30, False)
    assert (report.counts["failed"], room.suppressed) == (0, [])
    healed, box = run_with(room, is_eager=True)
    assert healed.counts["sent"] == 100


def test_fewer_lines_than_asked_for_will_do(store: Store) -> None:
    room = newsroom(store, 40, batch_size=5)
    lines: list[Any] = []

    def third_on(server: Any, _arg: str) -> bool:
        lines.extend({server} - set(lines))
        return lines.index(server) >= 2

    kind = replying("EHLO", "421 4.7.0 too many connections", when=third_on)
    report, box = run_with(room, kind=kind, n_connections=4)
    assert Counter(box.addresses) == {address_of(number): 1 for number in range(1, 41)}
    assert (report.is_finished, report.stopped_because) == (True, "")


def test_421_in_mid_run_costs_nobody_the_mail(store: Store) -> None:
    room = newsroom(store, 10)
    asked: list[str] = []

    def third(_server: Any, arg: str) -> bool:
        asked.append(arg)
        return len(asked) == 3

    report, box = run_with(
        room, kind=replying("MAIL", "421 4.7.0 too many", when=third), n_connections=1
    )
    assert Counter(box.addresses) == {address_of(number): 1 for number in range(1, 11)}
    assert (box.n_lines, report.is_finished) == (2, True)


def test_lines_that_break_after_the_message_are_counted_as_uncertain(store: Store) -> None:
    room = newsroom(store, 3)
    report, box = run_with(room, HangsUp(), n_connections=1)
    assert (report.n_uncertain, report.counts["deferred"], len(box.accepted)) == (3, 3, 3)
    assert report.retry_at is not None


def test_silence_is_uncertain_too(store: Store) -> None:
    room = newsroom(store, 2)
    report, _ = run_with(room, FallsSilent(), final_timeout_s=0.2)
    assert (report.n_uncertain, report.counts["deferred"]) == (2, 2)


def test_a_relay_that_is_away_changes_nothing(store: Store) -> None:
    room = newsroom(store, 3)

    async def run() -> None:
        async with relay() as (port, _):
            pass
        await room.run(port)

    with pytest.raises(RelayError, match="refuses the connection"):
        asyncio.run(run())
    assert ledger(room) == {}
    report, _ = run_with(room)
    assert report.n_sent == 3


def test_a_wrong_password_is_said_once(store: Store) -> None:
    room = newsroom(store, 9)
    tried = []

    def check(*args: Any) -> Any:
        tried.append(args[3])
        return password_check(*args)

    async def run() -> None:
        async with relay(authenticator=check, auth_require_tls=False) as (port, _):
            await room.run(port, url="smtp://wrap:wrong@127.0.0.1:{port}")

    with pytest.raises(RelayError, match="does not accept"):
        asyncio.run(run())
    assert tried == ["PLAIN", "LOGIN"]


class Closes(Mailbox):
    """Takes `n` messages, then drops the line and listens no more."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = n

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        if len(self.accepted) == self.n:
            self.stop_listening()
            server.transport.abort()
        return answer


def test_a_relay_that_goes_away_in_mid_run(store: Store) -> None:
    room = newsroom(store, 10)

    report, _ = run_with(room, Closes(4), n_connections=1)
    assert "refuses the connection" in report.stopped_because
    assert (report.n_sent, report.n_uncertain, report.is_finished) == (3, 1, False)
    healed, box = run_with(room)
    assert Counter(box.addresses) == {address_of(number): 1 for number in range(4, 11)}
    assert healed.is_finished


def test_stopping_drains(store: Store) -> None:
    room = newsroom(store, 30)
    box = StopsAfter(7)
    report, _ = run_with(room, box, stop=box.stop, n_connections=3)
    assert report.stopped_because == ASKED_TO_STOP
    # What was on a line is finished, nothing is begun: two on each of three lines.
    assert 7 <= len(box.accepted) <= 13
    assert ledger(room) == dict.fromkeys(
        (number for number in range(1, 31) if address_of(number) in box.addresses), SENT
    )
    again, rest = run_with(room)
    assert Counter(box.addresses + rest.addresses) == {address_of(n): 1 for n in range(1, 31)}
    assert again.is_finished


def test_an_edition_that_is_old_news_expires_without_a_line(store: Store) -> None:
    room = newsroom(store, 5)
    run_with(room, kind=refusing("451 later", 1, 2))
    room.clock.pass_by(hours=12)
    report, box = run_with(room)
    assert (box.n_lines, report.is_finished) == (0, True)
    assert report.counts == {
        "deferred": 0, "held": 0, "failed": 0, "expired": 2, "suppressed": 0, "sent": 3,
    }  # fmt: skip


def test_a_dead_workers_batch_waits_for_its_lease_or_for_the_sole_sender(store: Store) -> None:
    room = newsroom(store, 3)
    with store.write() as connection:
        assert claim_batch(connection, room.edition_id, owner="dead", now=room.clock())
    report, box = run_with(room)
    assert (box.accepted, report.retry_at) == ([], room.clock() + timedelta(seconds=30))
    report, box = run_with(room, is_sole_sender=True)
    assert (len(box.accepted), report.is_finished) == (3, True)


def test_a_worker_that_lost_its_lease_sends_no_more(store: Store) -> None:
    """It slept beyond its lease while another took the batch over: it finds that out before the
    next message, not at the next renewal."""
    room = newsroom(store, 6)

    def sleepy(recipient: Recipient) -> Any:
        if recipient.subscriber_id == 3:
            room.clock.pass_by(seconds=31)
            with store.write() as connection:
                assert adopt_orphans(connection, room.edition_id) == 1
                assert claim_batch(connection, room.edition_id, owner="other", now=room.clock())
        return envelope_for(recipient)

    report, box = run_with(room, make_envelope=sleepy, n_connections=1)
    # Nobody after it went out.
    assert box.addresses == [address_of(number) for number in (1, 2)]
    assert {id_ for id_, state in ledger(room).items() if state is SENT} == {1, 2}
    assert not report.is_finished


def test_a_message_that_can_not_be_made_lets_the_others_book_first(store: Store) -> None:
    room = newsroom(store, 20)

    def broken(recipient: Recipient) -> Any:
        if recipient.subscriber_id == 8:
            raise KeyError("topic")
        return envelope_for(recipient)

    async def run() -> list[str]:
        async with relay() as (port, box):
            with pytest.raises(KeyError):
                await room.run(port, make_envelope=broken)
            return box.addresses

    sent = asyncio.run(run())
    assert ledger(room) == dict.fromkeys(
        (number for number in range(1, 21) if address_of(number) in sent), SENT
    )


def test_a_run_that_fails_gives_its_batches_back(store: Store) -> None:
    """However often a key can't be read: no batch is set aside for that, none waits for a lease."""
    room = newsroom(store, 12, batch_size=5)

    def unsignable(_recipient: Recipient) -> Any:
        raise SigningError("the key can't be read")

    for _ in range(MAX_TRIES + 1):
        with pytest.raises(SigningError):
            run_with(room, make_envelope=unsignable)
    report, box = run_with(room)
    assert (len(box.accepted), report.state, report.n_parked) == (12, EditionState.SENT, 0)


def test_batches_that_were_set_aside_are_told(store: Store) -> None:
    room = newsroom(store, 4, batch_size=2)
    with store.write() as connection:
        for _ in range(MAX_TRIES):
            claim_batch(connection, room.edition_id, owner="dead", now=room.clock())
            claim_batch(connection, room.edition_id, owner="dead", now=room.clock())
            room.clock.pass_by(minutes=1)
    report, box = run_with(room)
    assert (box.accepted, report.n_parked, report.is_finished) == ([], 2, False)
    assert report.stopped_because.startswith("2 batches are set aside: 10 senders died over each")
    report, box = run_with(room, is_eager=True)
    assert (len(box.accepted), report.is_finished, report.stopped_because) == (4, True, "")


def test_to_a_maildir(store: Store, tmp_path: Path) -> None:
    room = newsroom(store, 5)
    url = f"maildir:{tmp_path / 'out'}"
    report = asyncio.run(room.run(0, url=url))
    assert report.is_finished
    assert [path.read_bytes() for path in (tmp_path / "out" / "new").iterdir()] == [MESSAGE] * 5


def test_only_one_holds_the_sending_lock(tmp_path: Path) -> None:
    path = tmp_path / "sending.lock"
    refused = pytest.raises(AlreadyRunningError, match="Another digest")
    with sending_lock(path), refused, sending_lock(path):
        pass
    with sending_lock(path):
        assert path.read_bytes() == b""


def test_batches_end_done(store: Store) -> None:
    room = newsroom(store, 7, batch_size=3)
    run_with(room, kind=refusing("451 later", 4))
    run_with(room, is_eager=True)
    with store.read() as connection:
        assert batch_states(connection, room.edition_id) == [
            (1, "first", 3, "done"),
            (2, "first", 3, "done"),
            (3, "first", 1, "done"),
            (4, "retry", 1, "done"),
        ]
        assert get_edition(connection, room.edition_id).counts["sent"] == 7


def test_a_ledger_that_breaks_ends_the_run(sqlite_store: Store) -> None:
    """What can't be booked must leave nobody waiting for room on the line."""
    room = newsroom(sqlite_store, 40)

    def breaking(recipient: Recipient) -> Any:
        if recipient.subscriber_id == 8:
            with sqlite_store.write() as connection:
                connection.execute(text("DROP TABLE delivery"))
        return envelope_for(recipient)

    async def run() -> None:
        async with relay() as (port, _), asyncio.timeout(30):
            await room.run(port, make_envelope=breaking)

    with pytest.raises(StoreError):
        asyncio.run(run())
