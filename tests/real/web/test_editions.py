"""Editions in the browser: as sent, for everybody, and nothing that runs."""

import re
from dataclasses import replace
from datetime import date, timedelta
from email.utils import format_datetime
from html import unescape

import pytest
from sqlalchemy import update

from digest.compose.imprint import personal_values
from digest.compose.splice import body_for
from digest.model.ledger import EditionState
from digest.store.batches import claim_batch
from digest.store.editions import (
    cancel_edition,
    create_edition,
    find_edition,
    get_body,
    skip_edition,
)
from digest.store.schema import edition
from tests.real.web.server import BASE_URL, FRENCH_SLUG, NOW, SLUG, Web, edition_of
from tests.unit.compose.editions import DAY, EDITION, IMPRINT, READER, TOKENS
from tests.unit.compose.wrap import everything_of

PATH = f"/{SLUG}/{DAY}"


def test_an_edition_as_sent_without_what_was_one_readers_own(web: Web) -> None:
    edition_id = web.publish()
    answer = web.client.get(PATH)
    assert answer.status_code == 200
    for story in EDITION.stories:
        assert story.title in unescape(answer.text)
    assert "12 Wharf Street" in answer.text
    assert f'href="{BASE_URL}{PATH}"' in answer.text
    for personal in ("This wrap was sent to", "Unsubscribe", "/u/", "/p/", "spot"):
        assert personal not in answer.text
    with web.store.read() as connection:
        body = get_body(connection, edition_id)
    values = personal_values(READER, imprint=IMPRINT, tokens=TOKENS)
    sent = body_for(body, EDITION, everything_of(), values).html
    # Nothing but the personal spots is gone.
    assert len(sent) - 1500 < len(answer.text) < len(sent)
    assert answer.text.lower().startswith("<!doctype html>")


def test_an_edition_may_style_itself_and_run_nothing(web: Web) -> None:
    web.publish()
    policy = web.client.get(PATH).headers["content-security-policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["style-src"] == "'unsafe-inline'"
    assert rules["img-src"] == "https:"
    assert "script-src" not in rules
    assert web.client.get(PATH).headers["x-robots-tag"] == "noindex"


def test_a_browser_that_has_it_need_not_load_it_again(web: Web) -> None:
    web.publish()
    first = web.client.get(PATH)
    etag, modified = first.headers["etag"], first.headers["last-modified"]
    assert modified == format_datetime(EDITION.cutoff, usegmt=True)
    for known in ({"If-None-Match": etag}, {"If-Modified-Since": modified}):
        again = web.client.get(PATH, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
    other = {"If-None-Match": '"other"', "If-Modified-Since": modified}
    assert web.client.get(PATH, headers=other).status_code == 200
    assert web.client.get(PATH).headers["etag"] == etag


def put(web: Web, state: EditionState) -> None:
    """The sample edition in a state, reached the way the program does."""
    with web.store.write() as connection:
        if state is EditionState.SKIPPED:
            skip_edition(
                connection, SLUG, DAY, since=EDITION.since, cutoff=EDITION.cutoff,
                created_at=NOW, reason="too few",
            )  # fmt: skip
            return
        reader = 1
        record = create_edition(
            connection, EDITION, subject="A subject", html="<!DOCTYPE html>a mail", text="",
            created_at=NOW, recipient_ids=[reader],
        )  # fmt: skip
        if state is EditionState.SENDING:
            assert claim_batch(connection, record.id, owner="test", now=NOW)
        elif state is EditionState.CANCELLED:
            assert cancel_edition(connection, record.id, reason="by hand")
        found = find_edition(connection, SLUG, DAY)
        assert found is not None
        assert found.state is state


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (EditionState.READY, 404),
        (EditionState.SENDING, 200),
        (EditionState.SKIPPED, 404),
        (EditionState.CANCELLED, 404),
    ],
)
def test_only_what_readers_have_is_shown(web: Web, state: EditionState, status: int) -> None:
    put(web, state)
    assert web.client.get(PATH).status_code == status
    assert (PATH[1:] in web.client.get(f"/{SLUG}").text) == (status == 200)


@pytest.mark.parametrize(
    "path",
    [
        f"/{SLUG}/2026-03-11",
        f"/{FRENCH_SLUG}/{DAY}",
        f"/nobody/{DAY}",
        f"/{SLUG}/20260312",
        f"/{SLUG}/2026-W11-4",
        f"/{SLUG}/2026-02-30",
        f"/{SLUG}/{DAY}%0A",
        f"/{SLUG}/{DAY}/",
        f"/{SLUG}/../{SLUG}/2026-03-11",
        "/nobody",
        "/",
        "/favicon.ico",
        "/%00",
    ],
)
def test_what_is_not_there(web: Web, path: str) -> None:
    web.publish()
    answer = web.client.get(path)
    assert answer.status_code == 404
    assert "There is no such page" in answer.text or "Cette page n’existe pas" in answer.text


def test_the_list_has_the_latest_sixty_newest_first(web: Web) -> None:
    days = [DAY - timedelta(days=n) for n in range(62)]
    for day in days:
        put_small(web, day)
    with web.store.write() as connection:
        connection.execute(
            update(edition).where(edition.c.day == days[1]).values(state="skipped")
        )  # fmt: skip
    page = web.client.get(f"/{SLUG}").text
    shown = re.findall(rf'<a href="{SLUG}/([0-9-]+)">', page)
    assert shown == [str(day) for day in (days[0], *days[2:61])]
    assert "Thursday, March 12, 2026" in page
    assert web.client.get(f"/{SLUG}").headers["cache-control"] == "public, max-age=300"


def put_small(web: Web, day: date) -> None:
    with web.store.write() as connection:
        record = create_edition(
            connection, replace(EDITION, day=day), subject=f"The news of {day}", html="<p>",
            text="", created_at=NOW, recipient_ids=(),
        )  # fmt: skip
        connection.execute(
            update(edition).where(edition.c.id == record.id).values(state="sent")
        )  # fmt: skip


def test_a_list_of_none_says_so(web: Web) -> None:
    assert "No edition has been sent yet." in web.client.get(f"/{SLUG}").text
    assert "Aucun numéro" in web.client.get(f"/{FRENCH_SLUG}").text


def test_a_headline_stays_a_headline(web: Web) -> None:
    """Stored XSS: what a feed calls itself reaches the list and the edition as words only."""
    evil = "</a><script>alert(1)</script><img src=x onerror=alert(2)> {{ 7*7 }} \"' &amp;"
    web.publish(edition_of(DAY, evil), subject=evil)
    for path in (f"/{SLUG}", PATH):
        page = web.client.get(path).text
        assert "<script" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "{{ 7*7 }}" in page
