"""Readers who sign up at the real server: the form as a browser posts it, the letters that wait."""

import re
from datetime import datetime, timedelta

import httpx
from sqlalchemy import select

from digest.store.engine import Store
from digest.store.schema import consent, letter, subscriber, subscription
from digest.subscribe.ticket import make_ticket
from tests.real.web.server import NOW, SLUG, Web
from tests.unit.compose.editions import KEY

ADA = "ada.fraser@readers.example"


def stamp(slug: str = SLUG, *, age_s: float = 10, key: bytes = KEY, purpose: str = "form") -> str:
    at = NOW - timedelta(seconds=age_s)
    return make_ticket(key, purpose=purpose, subscriber_id=0, publication=slug, issued_at=at)


def shown_form(html: str) -> dict[str, str]:
    """The fields of a page's form with their values, unticked boxes left out."""
    fields = {}
    for tag in re.findall(r"<input [^>]+>", html):
        values = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if values.get("type") != "checkbox" or " checked" in tag:
            fields[values["name"]] = values.get("value", "")
    return fields


def form(web: Web, slug: str = SLUG, **changes: str) -> dict[str, str]:
    """What a person posts who has had ten seconds."""
    fields = shown_form(web.client.get(f"/{slug}/subscribe").text)
    return {**fields, "stamp": stamp(slug), "address": ADA, **changes}


def sign_up(web: Web, slug: str = SLUG, **changes: str) -> httpx.Response:
    return web.client.post(f"/{slug}/subscribe", data=form(web, slug, **changes))


def letters(store: Store) -> list[tuple[str, str]]:
    with store.read() as connection:
        rows = connection.execute(select(letter.c.kind, letter.c.address).order_by(letter.c.id))
        return [(kind, address) for kind, address in rows]


def events(store: Store) -> list[str]:
    with store.read() as connection:
        return list(connection.scalars(select(consent.c.event).order_by(consent.c.id)))


def states(store: Store) -> dict[str, str]:
    with store.read() as connection:
        rows = connection.execute(
            select(subscriber.c.address, subscription.c.state).join(
                subscription, subscription.c.subscriber_id == subscriber.c.id
            )
        )
        return {address: state for address, state in rows}  # noqa: C416


def reader_id(store: Store, address: str = ADA) -> int:
    with store.read() as connection:
        found = connection.scalar(select(subscriber.c.id).where(subscriber.c.address == address))
    assert found is not None
    return int(found)


def confirm_path(
    subscriber_id: int,
    slug: str = SLUG,
    *,
    issued_at: datetime = NOW,
    purpose: str = "confirm",
    key: bytes = KEY,
) -> str:
    ticket = make_ticket(
        key, purpose=purpose, subscriber_id=subscriber_id, publication=slug, issued_at=issued_at
    )
    return f"/c/{ticket}"
