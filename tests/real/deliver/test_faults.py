"""What can go wrong on the way, in each dialect, over real connections: who gets which reply.

Each message is handed over once, from several tasks at a time, as the worker does. So whoever is
told 2xx must have it once, whoever is told a code must not, and who may have it without a word
("uncertain") are no more than may be on their way.
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from digest.deliver.relay import Relay, parse_relay
from digest.deliver.smtp import SmtpLine, Terms, connect
from digest.errors import RelayError
from digest.model.ledger import Phase, Reply
from digest.model.message import Envelope
from tests.real.deliver.relays import (
    CLOSE,
    MESSAGE,
    RESET,
    SILENCE,
    ByteByByte,
    Chunking,
    Faulty,
    InOnePacket,
    an_envelope,
    relay,
)
from tests.real.deliver.strict import Strict, StrictBox, strict_relay

DIALECTS = {
    "BDAT": ("PIPELINING", "CHUNKING"),
    "GROUPS": ("PIPELINING",),
    "CHUNKS": ("CHUNKING",),
    "PLAIN": (),
}
N = 12
WINDOW = 4
TERMS = Terms("news.porttide.example", None, timeout_s=10, final_timeout_s=10, in_flight=WINDOW)
IMPATIENT = replace(TERMS, timeout_s=0.2, final_timeout_s=0.2)

every_dialect = pytest.mark.parametrize("dialect", DIALECTS)
every_server = pytest.mark.parametrize("kind", ["strict", "aiosmtpd"])

# The phases that a dialect has.
PHASES = [
    (dialect, phase)
    for dialect in DIALECTS
    for phase in ("MAIL", "RCPT", "DATA", "BODY", "TAKEN")
    if phase != "DATA" or dialect in ("GROUPS", "PLAIN")
]
every_phase = pytest.mark.parametrize(("dialect", "phase"), PHASES)


@asynccontextmanager
async def line_to(port: int, terms: Terms = TERMS) -> AsyncIterator[SmtpLine]:
    target = parse_relay(f"smtp://127.0.0.1:{port}")
    assert isinstance(target, Relay)
    async with connect(target, terms) as line:
        yield line


async def send_all(line: SmtpLine, envelopes: Iterable[Envelope]) -> dict[int, Reply]:
    """The replies by number, from 1; one task for each slot of the line."""
    todo = deque(enumerate(envelopes, 1))
    replies: dict[int, Reply] = {}

    async def slot() -> None:
        while todo:
            number, envelope = todo.popleft()
            replies[number] = await line.send(envelope)
            await asyncio.sleep(0)  # the ledger
            line.settle(envelope)

    await asyncio.gather(*(slot() for _ in range(line.n_slots)))
    return replies


@asynccontextmanager
async def listening(kind: str, box: StrictBox) -> AsyncIterator[int]:
    if kind == "strict":
        async with strict_relay(box) as port:
            yield port
    else:
        kinds: dict[str, Any] = {"bytes": ByteByByte, "packet": InOnePacket}
        async with relay(box, kinds.get(kind, Chunking)) as (port, _):
            yield port


def night(
    box: StrictBox,
    dialect: str,
    *,
    kind: str = "strict",
    n: int = N,
    terms: Terms = TERMS,
) -> dict[int, Reply]:
    """Send n messages over one line; what holds whatever the relay does is checked here."""
    box.offers = DIALECTS[dialect]

    async def run() -> dict[int, Reply]:
        async with listening(kind, box) as port, line_to(port, terms) as line:
            return await send_all(line, (an_envelope(number) for number in range(1, n + 1)))

    replies = asyncio.run(run())
    assert set(replies) == set(range(1, n + 1))
    assert box.unsynced == []
    copies = Counter(box.addresses)
    assert {message for _, message in box.accepted} <= {MESSAGE}
    for number, reply in replies.items():
        n_copies = copies[f"reader{number}@readers.example"]
        if reply.code is None:
            assert n_copies <= (reply.phase is Phase.BODY)
        else:
            assert n_copies == (reply.code == 250)
    return replies


def not_sent(replies: dict[int, Reply]) -> dict[int, tuple[Phase, int | None]]:
    return {n: (reply.phase, reply.code) for n, reply in replies.items() if reply.code != 250}


def uncertain(replies: dict[int, Reply]) -> list[int]:
    return [n for n, end in not_sent(replies).items() if end == (Phase.BODY, None)]


# Without faults.


@every_dialect
@pytest.mark.parametrize("kind", ["strict", "aiosmtpd", "bytes", "packet"])
def test_everybody_gets_it_however_replies_come(dialect: str, kind: str) -> None:
    box = StrictBox()
    assert not_sent(night(box, dialect, kind=kind)) == {}
    assert box.n_lines == 1


@pytest.mark.parametrize(
    ("dialect", "verbs"),
    [
        ("BDAT", {b"MAIL", b"RCPT", b"BDAT"}),
        ("GROUPS", {b"MAIL", b"RCPT", b"DATA"}),
        ("CHUNKS", {b"MAIL", b"RCPT", b"BDAT"}),
        ("PLAIN", {b"MAIL", b"RCPT", b"DATA"}),
    ],
)
def test_what_is_not_offered_is_not_used(dialect: str, verbs: set[bytes]) -> None:
    """The strict relay has seen that nobody speaks out of turn."""
    box = StrictBox()
    night(box, dialect)
    assert set(box.verbs) == {b"EHLO", *verbs, b"QUIT"}
    assert [box.verbs.count(verb) for verb in sorted(verbs)] == [N] * 3


@pytest.mark.parametrize(
    "early", [b"EHLO x\r\nMAIL FROM:<a@b.example>\r\n", b"DATA\r\nx", b"RSET\r\nRSET\r\n"]
)
def test_the_strict_relay_is_strict(early: bytes) -> None:
    box = StrictBox()

    async def run() -> bytes:
        async with strict_relay(box) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            await reader.readline()
            writer.write(early)
            said = await reader.read()
            writer.close()
            return said

    assert b"554 5.5.0" in asyncio.run(run())
    assert box.unsynced


# Refusals.


@every_dialect
@every_server
@pytest.mark.parametrize("keeps_open", [False, True])
def test_a_recipient_refused_in_the_middle(dialect: str, kind: str, keeps_open: bool) -> None:
    at = {("RCPT", 5): "550 5.1.1 nobody", ("RCPT", 6): "452 4.2.2 full"}
    box = StrictBox(at=at, keeps_open=keeps_open)
    replies = night(box, dialect, kind=kind)
    assert (replies[5].text, replies[6].text) == ("5.1.1 nobody", "4.2.2 full")
    assert not_sent(replies) == {5: (Phase.RCPT, 550), 6: (Phase.RCPT, 452)}
    assert box.n_lines == 1


@every_dialect
@every_server
@pytest.mark.parametrize("keeps_open", [False, True])
def test_all_recipients_refused(dialect: str, kind: str, keeps_open: bool) -> None:
    box = StrictBox(always={"RCPT": "550 5.1.1 nobody"}, keeps_open=keeps_open)
    replies = night(box, dialect, kind=kind)
    assert not_sent(replies) == dict.fromkeys(range(1, N + 1), (Phase.RCPT, 550))
    assert (box.accepted, box.n_lines) == ([], 1)


@pytest.mark.parametrize("keeps_open", [False, True])
def test_354_after_a_refusal(keeps_open: bool) -> None:
    at = {("RCPT", n): "550 5.1.1 nobody" for n in (1, 5, 6, N)}
    box = StrictBox(at=at, is_generous=True, keeps_open=keeps_open)
    replies = night(box, "GROUPS")
    assert not_sent(replies) == dict.fromkeys((1, 5, 6, N), (Phase.RCPT, 550))
    assert (box.n_dots, box.n_lines) == (4, 1)


@every_dialect
@every_server
@pytest.mark.parametrize("reply", ["451 4.3.0 later", "550 5.7.1 no"])
@pytest.mark.parametrize("phase", ["MAIL", "DATA", "BODY"])
def test_a_message_refused_in_the_middle(dialect: str, kind: str, reply: str, phase: str) -> None:
    if (dialect, phase) not in PHASES:
        phase = "BODY"
    box = StrictBox(at={(phase, 5): reply})
    replies = night(box, dialect, kind=kind)
    assert not_sent(replies) == {5: (Phase[phase], int(reply[:3]))}
    assert box.n_lines == 1


@every_dialect
@pytest.mark.parametrize("reply", ["421 4.3.2 closing", "502 5.5.1 what?"])
def test_a_reset_refused(dialect: str, reply: str) -> None:
    box = StrictBox(at={("RCPT", 5): "550 5.1.1 nobody", ("RSET", 1): reply})
    assert not_sent(night(box, dialect)) == {5: (Phase.RCPT, 550)}


# The line ends.


@every_phase
@every_server
def test_421_at_each_phase(dialect: str, phase: str, kind: str) -> None:
    box = StrictBox(at={(phase, 5): "421 4.3.2 closing"})
    if phase == "TAKEN":
        box.at = {("MAIL", 1): "421 4.3.2 closing"}
    replies = night(box, dialect, kind=kind)
    # In answer to a body it is about that; else only the line ends, and the message gets another,
    # but not when a relay says so first of all.
    expected = {"BODY": {5: (Phase.BODY, 421)}, "TAKEN": {1: (Phase.MAIL, 421)}}.get(phase, {})
    assert not_sent(replies) == expected
    assert box.n_lines == 2


@every_phase
@every_server
@pytest.mark.parametrize("deed", [CLOSE, SILENCE])
def test_the_line_ends_at_each_phase(dialect: str, phase: str, kind: str, deed: str) -> None:
    box = StrictBox(at={(phase, 5): deed})
    replies = night(box, dialect, kind=kind, terms=IMPATIENT if deed == SILENCE else TERMS)
    assert box.n_lines == 2
    assert replies[5].text == (
        "no answer in time" if deed == SILENCE else "the line broke: the relay closed it"
    )
    lost = not_sent(replies)
    if phase in ("BODY", "TAKEN") or (dialect == "BDAT" and 5 in uncertain(replies)):
        # Its body had left, and maybe those of the next ones.
        assert set(lost) == set(range(5, 5 + len(lost)))
        assert len(lost) <= (WINDOW if dialect == "BDAT" else 1)
        assert set(lost.values()) == {(Phase.BODY, None)}
    else:
        assert lost == {5: (Phase[phase], None)}


@every_dialect
def test_the_line_ends_again_and_again(dialect: str) -> None:
    """Each message gets an end all the same, and each new line its chance."""
    box = StrictBox(always={"RCPT": CLOSE})
    replies = night(box, dialect)
    assert {reply.code for reply in replies.values()} == {None}
    assert box.n_lines <= N + 3


@every_dialect
@pytest.mark.parametrize("is_polite", [True, False])
def test_a_relay_that_closes_after_so_many_messages(dialect: str, is_polite: bool) -> None:
    if is_polite:
        box = StrictBox(at={("MAIL", n): "421 4.7.0 enough" for n in (6, 16)})
        assert not_sent(night(box, dialect, n=20)) == {}
        assert box.n_lines == 3
        return
    box = StrictBox(closes_after=5)
    replies = night(box, dialect, n=20)
    assert len(uncertain(replies)) <= (box.n_lines - 1) * (WINDOW if dialect == "BDAT" else 0)
    assert len(not_sent(replies)) <= (box.n_lines - 1) * (WINDOW if dialect == "BDAT" else 1)
    assert box.n_lines >= 3


@every_dialect
def test_who_closes_first_loses_nobody(dialect: str) -> None:
    """As many messages as the relay takes on one line, and then a new one."""
    box = StrictBox(closes_after=5)
    assert not_sent(night(box, dialect, n=20, terms=replace(TERMS, max_messages=5))) == {}
    assert box.n_lines == 4


@every_dialect
def test_a_relay_that_goes_away(dialect: str) -> None:
    """The line can't be made again: whoever was not sent is told so by an error."""
    box = StrictBox(always={"MAIL": "421 4.3.2 closing"}, offers=DIALECTS[dialect])

    async def run() -> list[Reply | BaseException]:
        async with strict_relay(box) as port, line_to(port) as line:
            box.stop_listening()
            ends = (line.send(an_envelope(number)) for number in range(1, 4))
            return await asyncio.gather(*ends, return_exceptions=True)

    first, *others = asyncio.run(run())
    assert isinstance(first, Reply)
    assert (first.phase, first.code) == (Phase.MAIL, 421)
    assert [type(end) for end in others] == [RelayError] * 2


# What the relay can't take.


@every_dialect
def test_size_smaller_than_the_message(dialect: str) -> None:
    box = StrictBox(offers=(*DIALECTS[dialect], f"SIZE {len(MESSAGE)}"))
    big = an_envelope(2)._replace(message=MESSAGE + b"x\r\n")

    async def run() -> dict[int, Reply]:
        async with strict_relay(box) as port, line_to(port) as line:
            return await send_all(line, [an_envelope(1), big, an_envelope(3)])

    replies = asyncio.run(run())
    assert not_sent(replies) == {2: (Phase.MAIL, 552)}
    assert replies[2].enhanced == "5.3.4"
    assert (box.verbs.count(b"MAIL"), box.n_lines) == (2, 1)


@every_dialect
@pytest.mark.parametrize("has_smtputf8", [False, True])
def test_an_address_beyond_ascii(dialect: str, has_smtputf8: bool) -> None:
    box = Faulty(offers=DIALECTS[dialect])
    foreign = an_envelope(recipient="café@readers.example")

    async def run() -> dict[int, Reply]:
        async with (
            relay(box, Chunking, enable_SMTPUTF8=has_smtputf8) as (port, _),
            line_to(port) as line,
        ):
            return await send_all(line, [an_envelope(1), foreign, an_envelope(3)])

    replies = asyncio.run(run())
    assert not_sent(replies) == ({} if has_smtputf8 else {2: (Phase.OWN, 553)})
    assert ("café@readers.example" in box.addresses) == has_smtputf8
    assert {"reader1@readers.example", "reader3@readers.example"} <= set(box.addresses)


def test_starttls_stripped() -> None:
    """Somebody in between has taken the offer out: nothing is said in clear."""
    box = StrictBox(offers=DIALECTS["BDAT"])

    async def run() -> None:
        async with strict_relay(box) as port:
            target = parse_relay(f"smtp+starttls://127.0.0.1:{port}")
            assert isinstance(target, Relay)
            with pytest.raises(RelayError, match="does not offer STARTTLS"):
                async with connect(target, TERMS):
                    pass

    asyncio.run(run())
    assert set(box.verbs) <= {b"EHLO", b"QUIT"}
    assert b"EHLO" in box.verbs


# Flow.


@every_dialect
def test_a_relay_that_stops_reading_until_all_buffers_are_full(dialect: str) -> None:
    """And then goes on. Its word on what came before is heard meanwhile."""
    size = 16_000_000
    box = StrictBox(offers=DIALECTS[dialect])
    big = an_envelope(2)._replace(message=b"x" * size + b"\r\n", is_dotless=True)
    envelopes = [an_envelope(1), big, *(an_envelope(number) for number in (3, 4, 5))]

    async def run() -> dict[int, Reply]:
        halts: list[asyncio.Task[None]] = []

        async def halt(server: Strict) -> None:
            server.transport.pause_reading()
            session = line._session
            assert session is not None
            while not session._is_full:
                await asyncio.sleep(0)
            server.transport.resume_reading()

        def before_body(server: Strict) -> None:
            if len(box.accepted) == 1 and not halts:
                halts.append(asyncio.ensure_future(halt(server)))

        box.before_body = before_body
        async with strict_relay(box) as port, line_to(port) as line:
            replies = await asyncio.wait_for(send_all(line, envelopes), 30)
            await asyncio.gather(*halts)
            assert halts
        return replies

    replies = asyncio.run(run())
    assert not_sent(replies) == {}
    assert [len(message) for _, message in box.accepted].count(size + 2) == 1
    assert (len(box.accepted), box.n_lines, box.unsynced) == (5, 1, [])


def test_what_a_relay_said_before_it_reset_the_line_counts() -> None:
    """It closes with our bytes unread, as Postfix does after too many errors: our next write fails
    before we have read what it said."""
    box = StrictBox(offers=DIALECTS["BDAT"], at={("TAKEN", 1): RESET})

    async def run() -> list[Reply]:
        async with strict_relay(box) as port, line_to(port) as line:
            session = line._session
            assert session is not None
            assert session._transport is not None
            session._transport.pause_reading()
            first = asyncio.ensure_future(line.send(an_envelope(1)))
            while not box.n_asked["TAKEN"]:
                await asyncio.sleep(0)
            for _ in range(5):  # turns in which the relay closes
                await asyncio.sleep(0)
            second = asyncio.ensure_future(line.send(an_envelope(2)))
            return [await first, await second]

    first, second = asyncio.run(run())
    assert (first.phase, first.code) == (Phase.BODY, 250)
    assert (second.phase, second.code) == (Phase.BODY, None)
    assert "the line broke" in second.text


# Those who use the line.


@every_dialect
def test_all_tasks_cancelled_at_once(dialect: str) -> None:
    box = StrictBox(always={"BODY": SILENCE}, offers=DIALECTS[dialect])

    async def run() -> list[Any]:
        async with strict_relay(box) as port, line_to(port) as line:
            tasks = [asyncio.ensure_future(line.send(an_envelope(n))) for n in range(1, 6)]
            while not box.n_asked["BODY"]:
                await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            box.always = {}
            reply = await line.send(an_envelope(6))
            assert reply.code == 250
            return ends

    assert {type(end) for end in asyncio.run(run())} == {asyncio.CancelledError}
    assert box.addresses == ["reader6@readers.example"]


@every_dialect
def test_no_body_leaves_before_earlier_outcomes_are_in_the_ledger(dialect: str) -> None:
    """Neither on this line nor on the one made after it."""
    window = WINDOW if dialect == "BDAT" else 1
    box = StrictBox(offers=DIALECTS[dialect], closes_after=window)
    terms = replace(TERMS, max_messages=window)

    async def run() -> None:
        async with strict_relay(box) as port, line_to(port, terms) as line:
            envelopes = [an_envelope(n) for n in range(1, 2 * window + 1)]
            tasks = [asyncio.ensure_future(line.send(envelope)) for envelope in envelopes]
            await asyncio.wait(tasks[:window])
            for _ in range(200):  # turns in which a body could leave
                await asyncio.sleep(0)
            assert len(box.accepted) == window
            for task, envelope in zip(tasks, envelopes, strict=True):
                assert (await task).code == 250
                line.settle(envelope)

    asyncio.run(run())
    assert (len(box.accepted), box.n_lines) == (2 * window, 2)


@every_dialect
def test_a_line_that_is_dropped_forgets_whom_it_waited_for(dialect: str) -> None:
    box = StrictBox(offers=DIALECTS[dialect])

    async def run() -> list[Reply]:
        async with strict_relay(box) as port, line_to(port) as line:
            first = await line.send(an_envelope(1))
            line.drop()
            return [first, await line.send(an_envelope(2))]

    assert [reply.code for reply in asyncio.run(run())] == [250, 250]
    assert box.n_lines == 2


@every_dialect
def test_what_has_not_left_a_dropped_line_does_not_leave_at_all(dialect: str) -> None:
    """A worker that lost its lease lets no further body leave, by no other connection either."""
    box = StrictBox(always={"BODY": SILENCE}, offers=DIALECTS[dialect])

    async def run() -> list[Reply]:
        async with strict_relay(box) as port, line_to(port) as line:
            tasks = [asyncio.ensure_future(line.send(an_envelope(n))) for n in range(1, N + 1)]
            while not box.n_asked["BODY"]:
                await asyncio.sleep(0)
            line.drop()
            ends = await asyncio.gather(*tasks)
            assert box.n_lines == 1
            box.always = {}
            for number in range(1, N + 1):
                line.settle(an_envelope(number))
            assert (await line.send(an_envelope(N + 1))).code == 250
            return ends

    ends = asyncio.run(run())
    n_left = WINDOW if dialect == "BDAT" else 1
    dropped = "the line was dropped"
    assert ends[:n_left] == [Reply(Phase.BODY, None, "", dropped)] * n_left
    assert ends[n_left:] == [Reply(Phase.MAIL, None, "", dropped)] * (N - n_left)
    assert (box.addresses, box.n_lines) == ([f"reader{N + 1}@readers.example"], 2)


@every_dialect
def test_a_line_that_was_hung_up_takes_nothing_more(dialect: str) -> None:
    box = StrictBox(always={"BODY": SILENCE}, offers=DIALECTS[dialect])

    async def run() -> list[Any]:
        async with strict_relay(box) as port, line_to(port) as line:
            first = asyncio.ensure_future(line.send(an_envelope(1)))
            while not box.n_asked["BODY"]:
                await asyncio.sleep(0)
            line.hang_up()
            second = asyncio.ensure_future(line.send(an_envelope(2)))
            return list(await asyncio.gather(first, second, return_exceptions=True))

    first, second = asyncio.run(run())
    assert first == Reply(Phase.BODY, None, "", "the line was dropped")
    assert isinstance(second, RelayError)
    assert box.n_lines == 1


@pytest.mark.parametrize("is_for_good", [False, True])
def test_dropping_ends_the_making_of_a_new_connection(is_for_good: bool) -> None:
    """The relay listens, but greets nobody any more; whoever waits for it is told at once."""
    terms = replace(TERMS, timeout_s=60, max_messages=1)

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await reader.read()
        writer.close()

    arrived = asyncio.Event()

    async def run() -> list[Any]:
        async with strict_relay(StrictBox()) as port, line_to(port, terms) as line:
            assert (await line.send(an_envelope(1))).code == 250
            line.settle(an_envelope(1))
            server = await asyncio.start_server(mute, "127.0.0.1", 0)
            line._relay = replace(line._relay, port=server.sockets[0].getsockname()[1])
            both = [asyncio.ensure_future(line.send(an_envelope(number))) for number in (2, 3)]
            await arrived.wait()
            if is_for_good:
                line.hang_up()
            else:
                line.drop()
            async with asyncio.timeout(30):
                ends = await asyncio.gather(*both, return_exceptions=True)
            server.close()
            return ends

    for end in asyncio.run(run()):
        if is_for_good:
            assert isinstance(end, RelayError)
        else:
            assert end == Reply(Phase.MAIL, None, "", "the line was dropped")
