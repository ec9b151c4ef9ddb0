"""After the goodbye: taking it back, and saying why."""

import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from digest.model.readers import SuppressionReason
from digest.store.schema import consent
from digest.store.subscribers import recipients
from digest.store.suppressions import EVERYWHERE, suppress_address
from digest.web.goodbye import MAX_REASON, reason_of
from tests.real.web.server import FRENCH_SLUG, NOW, ONE_CLICK, SLUG, Web, path_for, serving

ADA = "ada.fraser@readers.example"


def leave(web: Web, reader: int) -> httpx.Response:
    return web.client.post(path_for(reader), data={"answer": "page"})


def gets_mail(web: Web, reader: int) -> bool:
    with web.store.read() as connection:
        return reader in recipients(connection, SLUG, [reader])


def events(web: Web, reader: int) -> list[tuple[str, str, str]]:
    with web.store.read() as connection:
        rows = connection.execute(
            select(consent.c.event, consent.c.source, consent.c.note)
            .where(consent.c.subscriber_id == reader)
            .order_by(consent.c.id)
        )
        return [tuple(row) for row in rows]


def test_one_button_takes_it_back(web_on_both: Web) -> None:
    web = web_on_both
    reader = web.subscribe(ADA, topics=("sports",))
    goodbye = leave(web, reader).text
    assert "Subscribe again" in goodbye
    assert f'action="../b/{path_for(reader, door="b").removeprefix("/b/")}"' in goodbye
    assert not gets_mail(web, reader)
    back = web.client.post(path_for(reader, door="b"))
    assert back.status_code == 200
    assert "You are subscribed again" in back.text
    assert "The top story, and Sports" in back.text
    assert gets_mail(web, reader)
    assert [event for event, _, _ in events(web, reader)] == [
        "confirmed", "unsubscribed", "resubscribed",
    ]  # fmt: skip
    once = web.readers_state()
    assert web.client.post(path_for(reader, door="b")).status_code == 200
    assert web.readers_state() == once, "twice is as good as once"
    leave(web, reader)
    assert not gets_mail(web, reader), "and the way out stays open"


def test_after_one_click_the_page_offers_the_way_back(web: Web) -> None:
    reader = web.subscribe(ADA)
    web.client.post(path_for(reader), files={"List-Unsubscribe": (None, "One-Click")})
    assert "Subscribe again" in web.client.get(path_for(reader)).text
    assert "Subscribe again" in web.client.get(path_for(reader, door="p")).text


@pytest.mark.parametrize(("days", "is_open"), [(29.9, True), (30.1, False)])
def test_the_way_back_is_open_for_thirty_days(web: Web, days: float, is_open: bool) -> None:
    reader = web.subscribe(ADA)
    leave(web, reader)
    with serving(web.settings, web.store, now=NOW + timedelta(days=days)) as address:
        page = httpx.get(address + path_for(reader)).text
        httpx.post(address + path_for(reader, door="b"))
    assert ("Subscribe again" in page) is is_open
    assert gets_mail(web, reader) is is_open


@pytest.mark.parametrize("publication", [SLUG, EVERYWHERE])
def test_only_having_unsubscribed_is_lifted(web: Web, publication: str) -> None:
    reader = web.subscribe(ADA)
    with web.store.write() as connection:
        suppress_address(
            connection, ADA, publication=publication, reason=SuppressionReason.COMPLAINED,
            source="a complaint", evidence="", now=NOW,
        )  # fmt: skip
    leave(web, reader)
    before = web.readers_state()
    answer = web.client.post(path_for(reader, door="b"))
    assert "You are unsubscribed" in answer.text
    assert "Subscribe again" not in answer.text
    assert web.readers_state() == before


def test_a_reason_is_kept_once(web_on_both: Web) -> None:
    web = web_on_both
    reader = web.subscribe(ADA)
    goodbye = leave(web, reader).text
    assert "Would you tell us why?" in goodbye
    said = {"reason": "too often", "more": "Twice a day\r\nin <March>!"}
    answer = web.client.post(path_for(reader, door="r"), data=said)
    assert answer.status_code == 200
    assert "Thank you for telling us." in answer.text
    assert "Would you tell us why?" not in answer.text
    assert events(web, reader)[-1] == (
        "reason", "goodbye page", "too often: Twice a day in <March>!",
    )  # fmt: skip
    once = web.readers_state()
    web.client.post(path_for(reader, door="r"), data={"more": "again"})
    assert web.readers_state() == once
    assert not gets_mail(web, reader)
    web.client.post(path_for(reader, door="b"))
    assert gets_mail(web, reader), "saying why closes no door"


def test_a_reason_is_optional_short_and_only_for_who_left(web: Web) -> None:
    reader = web.subscribe(ADA)
    before = web.readers_state()
    web.client.post(path_for(reader, door="r"), data={"reason": "other"})
    assert web.readers_state() == before
    leave(web, reader)
    before = web.readers_state()
    for said in ({}, {"reason": "a reason of mine"}, {"more": " \t"}):
        assert web.client.post(path_for(reader, door="r"), data=said).status_code == 200
    assert web.readers_state() == before
    assert reason_of("other", "x" * 9_000) == "other: " + "x" * MAX_REASON


def test_goodbyes_links_are_their_readers_only(web: Web) -> None:
    reader, other = web.subscribe(ADA), web.subscribe("omar@readers.example")
    leave(web, reader)
    leave(web, other)
    before = web.readers_state()
    mac, number, slug = path_for(reader, door="b").removeprefix("/b/").split(".")
    other_number = path_for(other).split(".")[1]
    for door in ("b", "r"):
        for token in (
            f"{mac}.{other_number}.{slug}",
            f"{mac[:-1]}.{number}.{slug}",
            f"{mac}.{number}.{FRENCH_SLUG}",
            path_for(reader).removeprefix("/u/"),
            path_for(reader, door="p").removeprefix("/p/"),
        ):
            answer = web.client.post(f"/{door}/{token}", data={"reason": "other"})
            assert answer.status_code == 404
        for method in ("GET", "HEAD", "PUT"):
            path = path_for(reader, door=door)
            assert web.client.request(method, path).status_code == 405
    assert web.readers_state() == before


def test_leaving_records_who_and_whence(web: Web) -> None:
    reader = web.subscribe(ADA)
    web.client.post(
        path_for(reader),
        content=ONE_CLICK,
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "A mail program\x07" + "x" * 999,
        },
    )
    with web.store.read() as connection:
        row = connection.execute(select(consent).order_by(consent.c.id.desc())).first()
    assert row is not None
    assert (row.event, row.source, row.ip) == ("unsubscribed", "one click", "127.0.0.1")
    assert re.fullmatch(r"A mail program x{100,}", row.user_agent)
    assert len(row.user_agent) <= 300
