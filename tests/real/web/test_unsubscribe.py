"""Leaving: nothing happens by looking, and whoever means it is gone at once (RFC 8058)."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import delete

from digest.model.readers import SubscriptionState, SuppressionReason
from digest.press import Press
from digest.store.engine import open_store, sqlite_module
from digest.store.migrate import migrate
from digest.store.schema import subscriber
from digest.store.subscribers import get_subscriber, recipients
from digest.store.suppressions import find_suppression
from digest.web.form import MAX_BODY_BYTES
from tests.real.web.server import (
    BASE_URL,
    ENGLISH_ONE,
    FRENCH_SLUG,
    NOW,
    ONE_CLICK,
    SLUG,
    Web,
    path_for,
    serving,
    settings_for,
)
from tests.unit.compose.editions import EDITION, KEY
from tests.unit.compose.wrap import templates

ADA = "ada.fraser@readers.example"


def one_click(web: Web, path: str) -> httpx.Response:
    return web.client.post(
        path, content=ONE_CLICK, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )


def press_button(web: Web, path: str) -> httpx.Response:
    """Fetch the page, and post the form of its last button as a browser does."""
    page = web.client.get(path).text
    form = re.findall(r'<form method="post"(?: action="([^"]+)")?(.*?)</form>', page, re.DOTALL)[-1]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)">', form[1]))
    target = httpx.URL(f"http://any.example{path}").join(form[0]).path
    return web.client.post(target, data=fields)


def state_of(web: Web, subscriber_id: int, slug: str = SLUG) -> SubscriptionState:
    with web.store.read() as connection:
        return get_subscriber(connection, slug, subscriber_id).state


def gets_mail(web: Web, subscriber_id: int, slug: str = SLUG) -> bool:
    with web.store.read() as connection:
        return subscriber_id in recipients(connection, slug, [subscriber_id])


def test_looking_changes_nothing(web: Web) -> None:
    """A scanner that opens every link of a whole mail, in every way short of posting."""
    reader = web.subscribe(ADA)
    web.publish()
    press = Press(EDITION, ENGLISH_ONE, templates(), created_at=NOW, base_url=BASE_URL, key=KEY)
    with web.store.read() as connection:
        recipient = recipients(connection, SLUG, [reader])[reader]
    message = press.envelope(recipient).message.replace(b"=\r\n", b"").decode()
    paths = set(re.findall(rf"{re.escape(BASE_URL)}(/[^\s<>\"]+)", message))
    assert {path.split("/")[1] for path in paths} == {"u", "p", SLUG}
    before = web.readers_state()
    for path in paths:
        for method in ("GET", "HEAD"):
            assert web.client.request(method, path).status_code == 200, path
        for method in ("OPTIONS", "PUT", "DELETE", "PATCH"):
            assert web.client.request(method, path).status_code == 405, path
    assert web.readers_state() == before


@pytest.mark.parametrize(
    "said",
    [
        {"content": ONE_CLICK,
         "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        {"content": ONE_CLICK,
         "headers": {"Content-Type": "Application/X-WWW-Form-URLencoded; charset=UTF-8"}},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"content": ""},
        {"content": b"\xff\x00 no form at all", "headers": {"Content-Type": "text/plain"}},
        {"content": b"answer=page", "headers": {"Content-Type": "multipart/form-data"}},
        {"content": "&".join(f"a{n}=1" for n in range(5_000)),
         "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
    ],
    ids=["urlencoded", "any-case", "multipart", "empty", "not-a-form", "broken", "many-fields"],
)  # fmt: skip
def test_one_click(web: Web, said: dict[str, object]) -> None:
    reader = web.subscribe(ADA)
    answer = web.client.post(path_for(reader), **said)  # type: ignore[arg-type]
    assert answer.status_code == 200
    assert answer.text == "You are unsubscribed.\n"
    assert answer.headers["content-type"].startswith("text/plain")
    assert "location" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert state_of(web, reader) is SubscriptionState.UNSUBSCRIBED
    assert not gets_mail(web, reader)


def test_one_click_on_both_databases(web_on_both: Web) -> None:
    web = web_on_both
    reader, other = web.subscribe(ADA), web.subscribe("omar@readers.example")
    assert one_click(web, path_for(reader)).status_code == 200
    assert not gets_mail(web, reader)
    assert gets_mail(web, other)
    with web.store.read() as connection:
        noted = find_suppression(connection, ADA, publication=SLUG)
    assert noted is not None
    assert (noted.reason, noted.source, noted.at) == (
        SuppressionReason.UNSUBSCRIBED, "one click", NOW,
    )  # fmt: skip


def test_twice_is_as_good_as_once(web: Web) -> None:
    path = path_for(web.subscribe(ADA))
    first = one_click(web, path)
    once = web.readers_state()
    assert [one_click(web, path).text for _ in range(3)] == [first.text] * 3
    assert web.readers_state() == once


def test_one_publication_is_not_all(web: Web) -> None:
    reader = web.subscribe(ADA)
    assert web.subscribe(ADA, FRENCH_SLUG) == reader
    one_click(web, path_for(reader))
    assert not gets_mail(web, reader)
    assert gets_mail(web, reader, FRENCH_SLUG)


def test_the_button_says_goodbye_and_how_to_come_back(web: Web) -> None:
    reader = web.subscribe(ADA)
    path = path_for(reader)
    page = web.client.get(path)
    assert "Unsubscribe from The Evening Tide?" in page.text
    assert page.text.count("<button") == 1
    answer = press_button(web, path)
    assert answer.status_code == 200
    assert "You are unsubscribed" in answer.text
    assert "a…@readers.example will get no more mail of The Evening Tide." in answer.text
    assert 'href="mailto:desk@porttide.example"' in answer.text
    assert not gets_mail(web, reader)
    again = web.client.get(path)
    assert "You are unsubscribed" in again.text
    assert ">Unsubscribe<" not in again.text


def test_no_page_shows_the_whole_address(web: Web) -> None:
    reader = web.subscribe(ADA)
    shown = [web.client.get(path_for(reader, door=door)).text for door in ("u", "p")]
    shown.append(press_button(web, path_for(reader)).text)
    for page in shown:
        assert "a…@readers.example" in page
        assert "ada" not in page.lower()


def test_a_french_reader_leaves_in_french(web: Web) -> None:
    reader = web.subscribe(ADA, FRENCH_SLUG)
    path = path_for(reader, slug=FRENCH_SLUG)
    page = web.client.get(path).text
    assert '<html lang="fr-CA">' in page
    assert "Se désabonner de La Marée du soir\u00a0?" in page
    assert "Unsubscribe" not in page
    assert "Le désabonnement est fait" in press_button(web, path).text
    other = web.subscribe("omar@readers.example", FRENCH_SLUG)
    answer = one_click(web, path_for(other, slug=FRENCH_SLUG))
    assert answer.text == "Le désabonnement est fait.\n"


def bad_paths(reader: int) -> Iterator[tuple[str, str]]:
    good = path_for(reader)
    mac, number, slug = good.removeprefix("/u/").split(".")
    yield "truncated", good[:-1]
    yield "cut at the id", f"/u/{mac}.{number}"
    yield "only half the signature", f"/u/{mac[:11]}.{number}.{slug}"
    yield "forged signature", f"/u/{'A' * len(mac)}.{number}.{slug}"
    yield "someone else's id", f"/u/{mac}.{number}1.{slug}"
    yield "other publication", f"/u/{mac}.{number}.{FRENCH_SLUG}"
    yield "other purpose", path_for(reader, purpose="preferences")
    yield "other install's key", path_for(reader, key=b"another key, quite as long")
    yield "not ASCII", f"/u/é{mac[1:]}.{number}.{slug}"
    yield "a line feed after it", f"{good}%0A"
    yield "nothing like it", "/u/x"
    yield "a slash at its end", f"{good}/"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_wrong_token_opens_nothing(web: Web, method: str) -> None:
    reader = web.subscribe(ADA)
    web.subscribe(ADA, FRENCH_SLUG)
    before = web.readers_state()
    for what, path in bad_paths(reader):
        answer = web.client.request(method, path)
        assert answer.status_code == 404, what
        assert "location" not in answer.headers, what
        assert "desk@porttide.example" in answer.text or "nous-joindre" in answer.text, what
    assert web.readers_state() == before


def test_a_cut_link_is_explained_in_the_publications_words(web: Web) -> None:
    assert "This link is not complete" in web.client.get(f"/u/abc.1.{SLUG}").text
    assert "Ce lien n’est pas complet" in web.client.get(f"/p/abc.1.{FRENCH_SLUG}").text
    # Of no publication: whoever it was, the reader finds their contact.
    page = web.client.get("/u/abc").text
    assert "desk@porttide.example" in page
    assert "https://www.radiokestrel.example/nous-joindre" in page


def test_a_token_is_good_for_its_door_only(web: Web) -> None:
    reader = web.subscribe(ADA)
    assert web.client.get(path_for(reader, door="p")).status_code == 200
    assert web.client.get(path_for(reader, door="p", purpose="unsubscribe")).status_code == 404
    for door, purpose in (("p", "unsubscribe"), ("b", "unsubscribe"), ("r", "preferences")):
        path = path_for(reader, door=door, purpose=purpose)
        assert web.client.post(path).status_code == 404, door


def test_a_link_never_grows_old(tmp_path: Path, web: Web) -> None:
    reader = web.subscribe(ADA)
    later = datetime(2046, 3, 13, tzinfo=UTC)
    with serving(web.settings, web.store, now=later) as address:
        assert httpx.post(address + path_for(reader), content=ONE_CLICK).status_code == 200
    assert not gets_mail(web, reader)


def test_a_forgotten_reader_is_told_the_same(web: Web) -> None:
    path = path_for(web.subscribe(ADA))
    with web.store.write() as connection:
        connection.execute(delete(subscriber))
    assert "You will get no more mail of The Evening Tide." in web.client.get(path).text
    assert one_click(web, path).text == "You are unsubscribed.\n"


def test_readers_of_a_publication_that_was_given_up_can_leave(web: Web) -> None:
    reader = web.subscribe(ADA, "morning-gull")
    path = path_for(reader, slug="morning-gull")
    assert "Unsubscribe from morning-gull?" in web.client.get(path).text
    assert one_click(web, path).status_code == 200
    assert state_of(web, reader, "morning-gull") is SubscriptionState.UNSUBSCRIBED


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_may_be_so_large_and_no_larger(web: Web, is_chunked: bool) -> None:
    path = path_for(web.subscribe(ADA))
    before = web.readers_state()

    def post(size: int) -> httpx.Response:
        body = b"x" * size
        # A generator goes out chunked, without a Content-Length.
        return web.client.post(path, content=iter([body[:9], body[9:]]) if is_chunked else body)

    answer = post(MAX_BODY_BYTES + 1)
    assert answer.status_code == 413
    assert "That was too much at once" in answer.text
    assert web.readers_state() == before
    assert post(MAX_BODY_BYTES).status_code == 200
    assert web.readers_state() != before


def test_a_held_database_asks_to_come_again(tmp_path: Path) -> None:
    file = tmp_path / "held.db"
    store = open_store(f"sqlite:///{file}", busy_timeout_s=0.05)
    migrate(store)
    holder = sqlite_module().connect(str(file), isolation_level=None)
    try:
        with (
            serving(settings_for(tmp_path), store) as address,
            httpx.Client(base_url=address, timeout=30) as client,
        ):
            web = Web(client, store, settings_for(tmp_path))
            path = path_for(web.subscribe(ADA))
            holder.execute("BEGIN IMMEDIATE")
            answer = one_click(web, path)
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
            assert "Try again in a minute" in answer.text
            # Reading goes on beside a writer.
            assert client.get(path).status_code == 200
            assert client.get("/healthz").status_code == 200
            holder.execute("ROLLBACK")
            assert one_click(web, path).status_code == 200
    finally:
        holder.close()
        store.close()
