"""A line to a real relay: what each of its words and silences becomes."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from digest.deliver.line import Line, line_opener
from digest.deliver.relay import Relay, parse_relay
from digest.deliver.smtp import SmtpLine, Terms, connect
from digest.errors import RelayError
from digest.model.ledger import Phase, Reply
from digest.model.message import Envelope
from tests.ports import free_port
from tests.real.deliver.relays import (
    MESSAGE,
    AnswersBody,
    FallsSilent,
    HangsUp,
    Mailbox,
    an_envelope,
    certificate,
    password_check,
    relay,
    replying,
    server_tls,
)

PLAIN = Terms("news.porttide.example", None, timeout_s=10, final_timeout_s=10)
IMPATIENT = Terms("news.porttide.example", None, timeout_s=0.2, final_timeout_s=0.2)


@asynccontextmanager
async def line_to(url: str, terms: Terms = PLAIN) -> AsyncIterator[SmtpLine]:
    target = parse_relay(url)
    assert isinstance(target, Relay)
    async with connect(target, terms) as line:
        yield line


async def hand_over(line: Line, envelope: Envelope) -> Reply:
    """Send it, and count it as in the ledger."""
    reply = await line.send(envelope)
    line.settle(envelope)
    return reply


async def send_to(
    box: Mailbox | None = None,
    kind: Any = SMTP,
    *,
    n: int = 1,
    terms: Terms = PLAIN,
    **options: Any,
) -> tuple[list[Reply], Mailbox]:
    """The replies to `n` messages over one line, and what the relay has."""
    async with (
        relay(box, kind, **options) as (port, box_),
        line_to(f"smtp://127.0.0.1:{port}", terms) as line,
    ):
        return [await hand_over(line, an_envelope(number)) for number in range(1, n + 1)], box_


def test_messages_arrive_byte_for_byte() -> None:
    replies, box = asyncio.run(send_to(n=3))
    assert replies == [Reply(Phase.BODY, 250, "2.0.0", "2.0.0 taken")] * 3
    assert box.accepted == [(f"reader{number}@readers.example", MESSAGE) for number in (1, 2, 3)]
    assert (box.n_lines, box.greetings[0]) == (1, "news.porttide.example")


def test_a_line_is_made_anew_after_so_many_messages() -> None:
    terms = Terms("h.example", None, timeout_s=10, max_messages=2)
    replies, box = asyncio.run(send_to(n=5, terms=terms))
    assert [reply.code for reply in replies] == [250] * 5
    assert box.n_lines == 3


def first_reader(_server: Any, arg: str) -> bool:
    return "reader1@" in arg


@pytest.mark.parametrize(
    ("command", "reply", "expected"),
    [
        ("MAIL", "451 4.3.0 later", Reply(Phase.MAIL, 451, "4.3.0", "4.3.0 later")),
        ("MAIL", "550 5.7.1 blocked", Reply(Phase.MAIL, 550, "5.7.1", "5.7.1 blocked")),
        ("RCPT", "450 4.2.1 later", Reply(Phase.RCPT, 450, "4.2.1", "4.2.1 later")),
        ("RCPT", "550 5.1.1 nobody", Reply(Phase.RCPT, 550, "5.1.1", "5.1.1 nobody")),
        ("RCPT", "550 no such user", Reply(Phase.RCPT, 550, "", "no such user")),
        ("RCPT", "550-5.1.1 a\r\n550 5.1.1 b", Reply(Phase.RCPT, 550, "5.1.1", "5.1.1 a 5.1.1 b")),
        ("DATA", "451 4.3.2 later", Reply(Phase.DATA, 451, "4.3.2", "4.3.2 later")),
        ("DATA", "554 5.7.1 no", Reply(Phase.DATA, 554, "5.7.1", "5.7.1 no")),
    ],
)  # fmt: skip
def test_a_refusal_is_a_reply_and_the_next_message_goes_through(
    command: str, reply: str, expected: Reply
) -> None:
    done = []

    def once(_server: Any, _arg: str) -> bool:
        done.append(1)
        return len(done) == 1

    replies, box = asyncio.run(send_to(kind=replying(command, reply, when=once), n=2))
    assert replies[0] == expected
    assert replies[1].code == 250
    assert box.addresses == ["reader2@readers.example"]
    assert box.n_lines == 1  # the refusal did not cost the line


@pytest.mark.parametrize(
    ("reply", "code", "enhanced"),
    [("451 4.3.0 later", 451, "4.3.0"), ("550 5.7.1 spam", 550, "5.7.1"), ("552 big", 552, "")],
)
def test_a_word_about_the_message_is_certain(reply: str, code: int, enhanced: str) -> None:
    replies, box = asyncio.run(send_to(AnswersBody(reply), n=2))
    assert [(item.phase, item.code, item.enhanced) for item in replies] == [
        (Phase.BODY, code, enhanced)
    ] * 2
    assert box.n_lines == 1


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_421_ends_the_line_and_the_next_message_gets_a_new_one(command: str) -> None:
    asked = []

    def once(_server: Any, _arg: str) -> bool:
        asked.append(1)
        return len(asked) == 1

    kind = replying(command, "421 4.3.2 closing", when=once)
    replies, box = asyncio.run(send_to(kind=kind, n=2))
    assert (replies[0].phase, replies[0].code) == (Phase[command], 421)
    assert replies[1].code == 250
    assert box.n_lines == 2


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_line_cut_before_the_message_left(command: str) -> None:
    asked = []

    async def cut(self: Any, arg: str) -> None:
        asked.append(1)
        if len(asked) == 1:
            self.transport.abort()
        else:
            await getattr(SMTP, f"smtp_{command}")(self, arg)

    cut.__doc__ = getattr(SMTP, f"smtp_{command}").__doc__
    kind = type("Cutting", (SMTP,), {f"smtp_{command}": cut})
    replies, box = asyncio.run(send_to(kind=kind, n=2))
    assert (replies[0].phase, replies[0].code) == (Phase[command], None)
    assert "the line broke" in replies[0].text
    assert replies[1].code == 250
    assert box.addresses == ["reader2@readers.example"]


def test_a_line_cut_after_the_message_left() -> None:
    replies, box = asyncio.run(send_to(HangsUp(), n=2))
    assert [(reply.phase, reply.code) for reply in replies] == [(Phase.BODY, None)] * 2
    assert len(box.accepted) == 2  # it may have been taken, and here it was
    assert box.n_lines == 2


def test_silence_after_the_final_dot() -> None:
    replies, box = asyncio.run(send_to(FallsSilent(), terms=IMPATIENT, n=2))
    assert replies == [Reply(Phase.BODY, None, "", "no answer in time")] * 2
    assert box.n_lines == 2  # a late answer can't be taken for the next one


def test_silence_before_the_message_left() -> None:
    async def silent(self: Any, arg: str) -> None:
        await asyncio.Event().wait()

    silent.__doc__ = SMTP.smtp_RCPT.__doc__
    kind = type("Silent", (SMTP,), {"smtp_RCPT": silent})
    terms = Terms("h.example", None, timeout_s=0.3)
    replies, _box = asyncio.run(send_to(kind=kind, terms=terms))
    assert replies == [Reply(Phase.RCPT, None, "", "no answer in time")]


@pytest.mark.parametrize("nonsense", ["What?", "354 go on", "99 low", "x" * 70_000])
def test_nonsense_is_a_broken_line(nonsense: str) -> None:
    done: list[int] = []

    def once(_server: Any, _arg: str) -> bool:
        done.append(1)
        return len(done) == 1

    kind = replying("RCPT", nonsense, when=once)
    replies, box = asyncio.run(send_to(kind=kind, n=2))
    assert (replies[0].phase, replies[0].code) == (Phase.RCPT, None)
    assert replies[1].code == 250
    assert box.n_lines == 2


def test_an_address_beyond_ascii_is_not_sent() -> None:
    async def run() -> tuple[Reply, Mailbox]:
        async with relay() as (port, box), line_to(f"smtp://127.0.0.1:{port}") as line:
            return await hand_over(line, an_envelope(recipient="café@readers.example")), box

    reply, box = asyncio.run(run())
    assert (reply.code, reply.enhanced) == (553, "5.6.7")
    assert box.accepted == []


@pytest.mark.parametrize("address", ["a@b.example> SIZE=1", "a@b.example\r\nDATA", "a b@c.example"])
def test_an_address_can_not_smuggle_commands(address: str) -> None:
    async def run() -> Mailbox:
        async with relay() as (port, box), line_to(f"smtp://127.0.0.1:{port}") as line:
            reply = await hand_over(line, an_envelope(recipient=address))
            assert (reply.phase, reply.code, reply.enhanced) == (Phase.OWN, 553, "5.1.3")
            assert (await hand_over(line, an_envelope(2))).code == 250
            return box

    assert asyncio.run(run()).addresses == ["reader2@readers.example"]


def test_cancelling_drops_the_line() -> None:
    async def run() -> int:
        box = FallsSilent()
        async with relay(box) as (port, _), line_to(f"smtp://127.0.0.1:{port}") as line:
            for number in (1, 2):
                task = asyncio.create_task(hand_over(line, an_envelope(number)))
                assert await box.arrivals.get() == number
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
        return box.n_lines

    assert asyncio.run(run()) == 2


# Opening.


def refusal_of(url: str) -> str:
    """The words of the RelayError that opening the line raises."""

    async def run() -> str:
        opener = line_opener(parse_relay(url), local_hostname="h.example", timeout_s=10)
        with pytest.raises(RelayError) as caught:
            async with opener():
                pass
        return str(caught.value)

    return asyncio.run(run())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_refused_connection(host: str) -> None:
    words = refusal_of(f"smtp://{host}:{free_port()}")
    assert "refuses the connection" in words
    assert host in words


def test_no_greeting() -> None:
    async def run() -> str:
        async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()
            left.set()

        left = asyncio.Event()
        server = await asyncio.start_server(mute, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        opener = line_opener(
            parse_relay(f"smtp://127.0.0.1:{port}"), local_hostname="h.example", timeout_s=0.3
        )
        with pytest.raises(RelayError) as caught:
            async with opener():
                pass
        await left.wait()
        server.close()
        return str(caught.value)

    assert "does not answer within 0.3 s" in asyncio.run(run())


async def open_to(url: str, tls_context: ssl.SSLContext | None = None) -> Reply:
    opener = line_opener(
        parse_relay(url), local_hostname="h.example", timeout_s=10, tls_context=tls_context
    )
    async with opener() as line:
        first: Line = line
        return await hand_over(first, an_envelope())


def refused(port_url: str, trusted: ssl.SSLContext | None = None, **options: Any) -> str:
    """Open port_url.format(port) against a relay with these options; the RelayError's words."""

    async def run() -> str:
        async with relay(**options) as (port, _box):
            with pytest.raises(RelayError) as caught:
                await open_to(port_url.format(port=port), trusted)
            return str(caught.value)

    return asyncio.run(run())


@pytest.mark.parametrize(("scheme", "option"), [("smtps", "tls"), ("smtp+starttls", "tls_context")])
def test_tls_with_a_trusted_certificate(tmp_path: Path, scheme: str, option: str) -> None:
    cert, key = certificate(tmp_path)

    async def run() -> tuple[Reply, Mailbox]:
        options: dict[str, Any] = {option: server_tls(cert, key)}
        async with relay(**options) as (port, box):
            trusting = ssl.create_default_context(cafile=str(cert))
            return await open_to(f"{scheme}://127.0.0.1:{port}", trusting), box

    reply, box = asyncio.run(run())
    assert reply.code == 250
    assert box.accepted == [("reader1@readers.example", MESSAGE)]


@pytest.mark.parametrize(("scheme", "option"), [("smtps", "tls"), ("smtp+starttls", "tls_context")])
@pytest.mark.parametrize("is_known", [False, True], ids=["unknown issuer", "wrong name"])
def test_wrong_certificate(tmp_path: Path, scheme: str, option: str, is_known: bool) -> None:
    cert, key = certificate(tmp_path, "DNS:other.example" if is_known else "IP:127.0.0.1")
    trusting = ssl.create_default_context(cafile=str(cert)) if is_known else None
    options: dict[str, Any] = {option: server_tls(cert, key)}
    words = refused(f"{scheme}://127.0.0.1:{{port}}", trusting, **options)
    assert "certificate" in words
    assert ("not valid for '127.0.0.1'" if is_known else "self-signed") in words


def test_starttls_that_is_not_offered_is_not_done_without() -> None:
    words = refused("smtp+starttls://127.0.0.1:{port}")
    assert "does not offer STARTTLS" in words


def test_tls_to_a_port_that_speaks_in_clear() -> None:
    assert "does not speak TLS" in refused("smtps://127.0.0.1:{port}")


AUTH: dict[str, Any] = {"authenticator": password_check, "auth_require_tls": False}


def test_the_right_password() -> None:
    async def run() -> Reply:
        async with relay(**AUTH) as (port, _box):
            return await open_to(f"smtp://wrap:p%2Fw@127.0.0.1:{port}")

    assert asyncio.run(run()).code == 250


def test_auth_failure_in_words_without_the_password() -> None:
    words = refused("smtp://wrap:s3cr3t@127.0.0.1:{port}", **AUTH)
    assert "does not accept the user and password of DIGEST_SMTP_URL: 535" in words
    assert "s3cr3t" not in words


def test_a_relay_that_offers_no_auth() -> None:
    assert "offers no AUTH" in refused("smtp://wrap:p@127.0.0.1:{port}")


def test_a_relay_that_turns_us_away_at_the_door() -> None:
    words = refused("smtp://127.0.0.1:{port}", kind=replying("EHLO", "554 5.7.1 go away"))
    assert "turned us away: 554 5.7.1 go away" in words
