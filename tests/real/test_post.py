"""Letters over real relays: sent once, tried again, given up; what is in them."""

import asyncio
import email
import email.policy
import re
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select, update

from digest.compose.render import postal_line
from digest.errors import RelayError
from digest.joining import take_confirmation, take_requests
from digest.model.ledger import EditionState
from digest.model.readers import SuppressionReason
from digest.model.signup import Proof, Request
from digest.post import Post, Posted, open_post
from digest.store.editions import create_edition
from digest.store.engine import Store
from digest.store.schema import edition, letter
from digest.store.subscribers import unsubscribe
from digest.store.suppressions import suppress_address
from tests.ports import free_port
from tests.real.deliver.relays import HangsUp, Mailbox, relay, replying
from tests.real.web.server import FRENCH_SLUG, NOW, SLUG, settings_for
from tests.unit.compose.editions import EDITION
from tests.unit.compose.wrap import body_of

ADA = "ada.fraser@readers.example"


def ask(store: Store, address: str = ADA, slug: str = SLUG, *, language: str = "en") -> None:
    proof = Proof("words", "en-1", language, "/x", "127.0.0.1", "Browser")
    wish = Request(slug, address, address, "Ada", (), proof)
    take_requests(store, (wish,), now=NOW)


def confirm(store: Store, reader: int = 1) -> None:
    take_confirmation(store, reader, SLUG, ip=None, user_agent="", now=NOW)


def post(tmp_path: Path, store: Store, *urls: str, now: datetime = NOW) -> Post:
    settings = replace(settings_for(tmp_path), smtp_url="\n".join(urls))
    return open_post(settings, store, clock=lambda: now)


def over(port: int) -> str:
    return f"smtp://127.0.0.1:{port}"


def rows(store: Store) -> list[tuple[str, str, int]]:
    with store.read() as connection:
        found = connection.execute(
            select(letter.c.kind, letter.c.state, letter.c.n_tries).order_by(letter.c.id)
        )
        return [(kind, state, n) for kind, state, n in found]


def read(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def send(tmp_path: Path, store: Store, box: Mailbox, **terms: object) -> Posted:
    """Everything that is due, over one relay."""

    async def main() -> Posted:
        now = terms.get("now", NOW)
        assert isinstance(now, datetime)
        kind = terms.get("kind")
        options = {} if kind is None else {"kind": kind}
        async with relay(box, **options) as (port, _):  # type: ignore[arg-type]
            return await post(tmp_path, store, over(port), now=now).send_due()

    return asyncio.run(main())


def test_a_letter_is_sent_once(tmp_path: Path, store: Store) -> None:
    ask(store)
    box = Mailbox()
    assert send(tmp_path, store, box) == Posted(n_sent=1)
    assert send(tmp_path, store, box) == Posted()
    assert box.addresses == [ADA]
    assert rows(store) == [("confirm", "sent", 1)]


def test_a_letter_to_confirm_promotes_nothing(tmp_path: Path, sqlite_store: Store) -> None:
    ask(sqlite_store)
    box = Mailbox()
    send(tmp_path, sqlite_store, box)
    raw = box.accepted[0][1]
    message = read(raw)
    publication = post(tmp_path, sqlite_store, "maildir:x").publications[SLUG]
    assert message["Subject"] == f"Please confirm: {publication.title}"
    assert message["To"] == ADA
    assert message["Auto-Submitted"] == "auto-generated"
    # Nobody is on a list yet: there is nothing to leave, and nothing that calls itself bulk.
    assert message["List-Unsubscribe"] is None
    assert message["Precedence"] is None
    for content in (part(message, "plain"), part(message, "html")):
        links = set(re.findall(r"https?://[^\s\"<]+", content))
        doors = {one for one in links if "/c/" in one}
        assert len(doors) == 1
        assert links - doors <= {publication.contact}
        assert publication.from_name in content
        assert postal_line(publication.postal_address) in content
        assert publication.contact in content
        assert "72 hours" in content
    assert "Ada" not in raw.decode().replace("ada.fraser", "")
    assert len(raw) < 20_000
    assert max(map(len, raw.split(b"\r\n"))) <= 200


def test_a_welcome_has_the_latest_edition_and_the_ways_out(tmp_path: Path, store: Store) -> None:
    ask(store)
    body = body_of(EDITION)
    with store.write() as connection:
        create_edition(
            connection, EDITION, subject="Tonight <b>", html=body.html, text=body.text,
            created_at=NOW, recipient_ids=(),
        )  # fmt: skip
        connection.execute(update(edition).values(state=EditionState.SENT.value))
    confirm(store)
    box = Mailbox()
    assert send(tmp_path, store, box) == Posted(n_sent=2)
    message = read(box.accepted[1][1])
    base = "https://wrap.porttide.example"
    leave = message["List-Unsubscribe"]
    assert leave.startswith(f"<{base}/u/")
    assert "mailto:" in leave
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for content in (part(message, "plain"), part(message, "html")):
        assert f"{base}/{SLUG}/{EDITION.day}" in content
        assert f"{base}/p/" in content
        assert f"{base}/u/" in content
    assert "<b>" not in part(message, "html")


def test_letters_speak_the_readers_language(tmp_path: Path, sqlite_store: Store) -> None:
    ask(sqlite_store, language="fr")
    ask(sqlite_store, "bo@readers.example", FRENCH_SLUG, language="fr-CA")
    box = Mailbox()
    send(tmp_path, sqlite_store, box)
    for _, raw in box.accepted:
        message = read(raw)
        assert message["Content-Language"] == "fr"
        assert "Confirmer mon abonnement" in part(message, "html")


@pytest.mark.parametrize(
    ("reply", "state"),
    [("451 4.7.1 greylisted", "waiting"), ("550 5.7.1 policy", "waiting"),
     ("550 5.1.1 no such user", "failed")],
)  # fmt: skip
def test_a_refusal_is_tried_again_or_final(
    tmp_path: Path, store: Store, reply: str, state: str
) -> None:
    ask(store)
    box = Mailbox()
    send(tmp_path, store, box, kind=replying("RCPT", reply))
    assert rows(store) == [("confirm", state, 1)]
    with store.read() as connection:
        assert connection.scalar(select(letter.c.reply)) == reply
    # Not at once, but by and by.
    assert send(tmp_path, store, box, now=NOW + timedelta(minutes=5)) == Posted()
    again = send(tmp_path, store, box, now=NOW + timedelta(minutes=13))
    assert again.n_sent == (state == "waiting")


def test_a_lost_reply_sends_the_same_message_again(tmp_path: Path, store: Store) -> None:
    ask(store)
    lossy, box = HangsUp(), Mailbox()
    assert send(tmp_path, store, lossy) == Posted(n_deferred=1)
    assert send(tmp_path, store, box, now=NOW + timedelta(minutes=13)) == Posted(n_sent=1)
    assert lossy.accepted == box.accepted


def test_a_relay_that_is_away_costs_nothing(tmp_path: Path, store: Store) -> None:
    ask(store)

    async def main() -> None:
        with pytest.raises(RelayError):
            await post(tmp_path, store, over(free_port())).send_due()
        assert rows(store) == [("confirm", "waiting", 0)]
        async with relay() as (port, box):
            both = post(tmp_path, store, over(free_port()), over(port))
            assert await both.send_due() == Posted(n_sent=1)
            assert box.addresses == [ADA]

    asyncio.run(main())


def test_what_nobody_wants_any_more_is_not_sent(tmp_path: Path, store: Store) -> None:
    ask(store)
    confirm(store)
    with store.write() as connection:
        unsubscribe(connection, SLUG, 1, source="test", now=NOW)
    ask(store, "bo@readers.example")
    with store.write() as connection:
        suppress_address(
            connection, "bo@readers.example", publication="", evidence="", source="test",
            reason=SuppressionReason.BY_HAND, now=NOW,
        )  # fmt: skip
    box = Mailbox()
    assert send(tmp_path, store, box) == Posted(n_dropped=3)
    assert box.accepted == []


def test_after_a_day_a_letter_is_given_up(tmp_path: Path, sqlite_store: Store) -> None:
    ask(sqlite_store)
    late = NOW + timedelta(hours=24, seconds=1)
    assert send(tmp_path, sqlite_store, Mailbox(), now=late) == Posted(n_failed=1)
    assert rows(sqlite_store) == [("confirm", "failed", 1)]


def test_two_posts_at_once_send_each_letter_once(tmp_path: Path, store: Store) -> None:
    for number in range(20):
        ask(store, f"reader{number}@readers.example")

    async def main() -> Mailbox:
        async with relay() as (port, box):
            posts = [post(tmp_path, store, over(port)) for _ in range(2)]
            sent = await asyncio.gather(*(one.send_due() for one in posts))
            assert sum(one.n_sent for one in sent) == 20
            return box

    box = asyncio.run(main())
    assert sorted(box.addresses) == sorted({f"reader{n}@readers.example" for n in range(20)})


def test_the_post_wakes_by_itself_and_stops_when_told(tmp_path: Path, sqlite_store: Store) -> None:
    said: list[str] = []

    class Log:
        def info(self, event: str, **_values: object) -> None:
            said.append(event)

        error = info

    async def main() -> list[str]:
        async with relay() as (port, box):
            stop = asyncio.Event()
            running = asyncio.create_task(post(tmp_path, sqlite_store, over(port)).run(stop, Log()))
            await asyncio.to_thread(ask, sqlite_store)
            async with asyncio.timeout(20):
                while "letters" not in said:
                    await asyncio.sleep(0.05)
            stop.set()
            await running
            return box.addresses

    assert asyncio.run(main()) == [ADA]
