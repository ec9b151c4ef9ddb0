"""Editions in the browser: as sent, for everybody, and nothing that runs."""

import re
from dataclasses import replace
from datetime import date, timedelta
from email.utils import format_datetime
from html import escape, unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import feedparser
import httpx
import pytest
from sqlalchemy import update

from digest.compose.imprint import personal_values
from digest.compose.splice import body_for, page_of
from digest.model.ledger import EditionState
from digest.store.batches import claim_batch
from digest.store.editions import (
    cancel_edition,
    create_edition,
    find_edition,
    get_body,
    skip_edition,
)
from digest.store.engine import Store
from digest.store.schema import edition
from tests.real.web.server import (
    BASE_URL,
    ENGLISH_ONE,
    FRENCH_ONE,
    FRENCH_SLUG,
    NOW,
    SLUG,
    Web,
    edition_of,
    path_for,
    serving,
    settings_for,
)
from tests.unit.compose.editions import DAY, EDITION, IMPRINT, READER, TOKENS
from tests.unit.compose.wrap import everything_of

PATH = f"/{SLUG}/{DAY}"
FEED = f"/{SLUG}/feed.xml"


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
    shown = without_tags(answer.text)
    assert shown == page_of(body, EDITION, view_url=BASE_URL + PATH)
    # Nothing but the personal spots is gone.
    assert len(sent) - 1500 < len(shown) < len(sent)
    assert answer.text.lower().startswith("<!doctype html>")


def without_tags(html: str) -> str:
    """An edition's page without what is said to search engines."""
    return html[: html.index('<meta name="robots"')] + html[html.index("</head>") :]


def test_an_edition_says_what_it_is(web: Web) -> None:
    web.publish()
    page = web.client.get(PATH).text
    for tag in (
        '<meta name="robots" content="noindex">',
        f'<link rel="canonical" href="{BASE_URL}{PATH}">',
        '<link rel="alternate" type="application/rss+xml" title="The Evening Tide" '
        f'href="{BASE_URL}/{SLUG}/feed.xml">',
        '<meta property="og:type" content="article">',
        f'<meta property="og:title" content="{escape(EDITION.lead.title)}">',
        f'<meta property="og:url" content="{BASE_URL}{PATH}">',
        '<meta property="og:site_name" content="The Evening Tide">',
        '<meta property="og:locale" content="en_US">',
        '<meta property="og:image" content="https://www.porttide.example/images/ferry.jpg">',
        '<meta name="twitter:card" content="summary_large_image">',
    ):
        assert page.count(tag) == 1, tag
    assert 'name="description" content="The Kestrel Bay ferry will stay' in page


def test_the_lists_say_what_they_are(web: Web) -> None:
    web.publish()
    for path, title in ((f"/{SLUG}", ""), (f"/{SLUG}/2026-03", "March 2026 | ")):
        page = web.client.get(path).text
        assert f'<link rel="canonical" href="{BASE_URL}{path}">' in page
        assert f'<meta property="og:title" content="{title}The Evening Tide">' in page
        assert f'<meta name="description" content="{ENGLISH_ONE.tagline}">' in page
        assert f'type="application/rss+xml" title="The Evening Tide" href="{BASE_URL}/' in page
        assert '<meta property="og:type" content="website">' in page
        assert "images/ferry.jpg" in page
    french = web.client.get(f"/{FRENCH_SLUG}").text
    assert '<meta property="og:locale" content="fr_CA">' in french
    assert "og:image" not in french


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
        f"/{SLUG}/2026-02",
        f"/{SLUG}/2026-13",
        f"/{SLUG}/9999-12",
        f"/{SLUG}/0000-01",
        f"/{SLUG}/feed",
        "/nobody/feed.xml",
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


def test_the_list_has_the_latest_thirty_and_the_way_to_all_others(web_on_both: Web) -> None:
    web = web_on_both
    days = [DAY - timedelta(days=n) for n in range(82)]  # back to December 21
    for day in days:
        put_small(web, day)
    with web.store.write() as connection:
        connection.execute(
            update(edition).where(edition.c.day == days[1]).values(state="skipped")
        )  # fmt: skip
    answer = web.client.get(f"/{SLUG}")
    assert days_on(answer.text) == [str(day) for day in (days[0], *days[2:31])]
    assert "Thursday, March 12, 2026" in answer.text
    assert re.findall(r"<h2>(.*?)</h2>", answer.text) == ["March 2026", "February 2026"]
    assert answer.headers["cache-control"] == "public, max-age=300"
    months = ways_to_months(answer.text, f"/{SLUG}")
    assert months == [f"/{SLUG}/{month}" for month in ("2026-03", "2026-02", "2026-01", "2025-12")]
    found: list[str] = []
    for path in months:
        page = web.client.get(path).text
        found += days_on(page)
        assert ways_to_months(page, path) == months
        assert 'aria-current="page"' in page
        assert f'href="../{SLUG}"' in page
    assert found == [str(day) for day in days if day != days[1]]
    assert "<h1>December 2025</h1>" in page
    assert web.client.get(f"/{SLUG}/2025-11").status_code == 404
    assert web.client.get(f"/{FRENCH_SLUG}/2026-03").status_code == 404


def days_on(page: str) -> list[str]:
    return re.findall(r'<a href="[^"]*?([0-9]{4}-[0-9]{2}-[0-9]{2})">', page)


def ways_to_months(page: str, path: str) -> list[str]:
    """Where a page's links to months lead a browser."""
    return [urljoin(path, to) for to in re.findall(r'<a href="([^"]*?[0-9]{4}-[0-9]{2})"', page)]


def test_a_short_list_names_no_months(web: Web) -> None:
    web.publish()
    page = web.client.get(f"/{SLUG}").text
    assert "By month" not in page
    assert EDITION.lead.lede[:80] in page
    # The subject is the lead's headline: it is not said again.
    assert 'class="headline"' not in page
    web.publish(edition_of(DAY - timedelta(days=1), "The lead"), subject="The day in short")
    assert '<p class="headline">The lead</p>' in web.client.get(f"/{SLUG}").text


def test_a_lead_in_french_is_read_out_in_french(web: Web) -> None:
    french = replace(EDITION.lead, title="La mer", lede="Elles ont 19 ans.", language="fr")
    web.publish(replace(EDITION, lead=french))
    page = web.client.get(f"/{SLUG}").text
    assert '<span lang="fr">La mer</span>' in page
    assert '<p lang="fr">Elles ont 19 ans.</p>' in page
    earlier = replace(EDITION, day=DAY - timedelta(days=1), lead=french)
    web.publish(earlier, subject="The day in short")
    page = web.client.get(f"/{SLUG}").text
    assert "<span>The day in short</span>" in page
    assert '<p class="headline" lang="fr">La mer</p>' in page


def test_the_feed_has_what_readers_have(web_on_both: Web) -> None:
    web = web_on_both
    for n in range(1, 26):
        put_small(web, DAY - timedelta(days=n))
    put(web, EditionState.READY)
    answer = web.client.get(FEED)
    assert answer.headers["content-type"] == "application/rss+xml; charset=utf-8"
    parsed = feedparser.parse(answer.content)
    assert not parsed.bozo
    assert [entry.link for entry in parsed.entries] == [
        f"{BASE_URL}/{SLUG}/{DAY - timedelta(days=n)}" for n in range(1, 21)
    ]
    for address in (parsed.feed.link, parsed.entries[0].link):
        assert web.client.get(urlsplit(address).path).status_code == 200
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_feed_reader_that_has_it_need_not_load_it_again(web: Web) -> None:
    assert "last-modified" not in web.client.get(FEED).headers
    assert feedparser.parse(web.client.get(FEED).content).entries == []
    web.publish()
    first = web.client.get(FEED)
    etag, modified = first.headers["etag"], first.headers["last-modified"]
    assert modified == format_datetime(EDITION.cutoff, usegmt=True)
    for known in ({"If-None-Match": etag}, {"If-Modified-Since": modified}):
        again = web.client.get(FEED, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
        assert again.headers["cache-control"] == "public, max-age=300"
    later = replace(EDITION, day=DAY + timedelta(days=1), cutoff=EDITION.cutoff + timedelta(days=1))
    web.publish(later)
    for known in ({"If-None-Match": etag}, {"If-Modified-Since": modified}):
        assert web.client.get(FEED, headers=known).status_code == 200


def test_no_feed_where_no_address_is_set(tmp_path: Path, web: Web) -> None:
    web.publish()
    settings = settings_for(tmp_path, base_url=None)
    with serving(settings, web.store) as address, httpx.Client(base_url=address) as client:
        assert client.get(FEED).status_code == 404
        for path in (f"/{SLUG}", PATH):
            page = client.get(path)
            assert page.status_code == 200
            for absent in ("feed.xml", "canonical", "og:url"):
                assert absent not in page.text, path


@pytest.mark.parametrize("noindex", [True, False])
def test_search_engines_find_editions_where_the_newsroom_says_so(
    tmp_path: Path, sqlite_store: Store, noindex: bool
) -> None:
    settings = settings_for(tmp_path, replace(ENGLISH_ONE, noindex=noindex), FRENCH_ONE)
    with (
        serving(settings, sqlite_store) as address,
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        web = Web(client, sqlite_store, settings)
        web.publish()
        reader = web.subscribe("ada@readers.example")
        for path in (f"/{SLUG}", f"/{SLUG}/2026-03", PATH, FEED):
            answer = client.get(path)
            kept = client.get(path, headers={"If-None-Match": answer.headers.get("etag", '"-"')})
            for one in (answer, kept, client.head(path)):
                assert one.headers.get("x-robots-tag") == ("noindex" if noindex else None), path
            is_said = '<meta name="robots" content="noindex">' in answer.text
            assert is_said == (noindex and path != FEED), path
        # Never what can be pressed, what is wrong, or what is another publication's.
        for path in (
            path_for(reader), path_for(reader, door="p"), f"/{FRENCH_SLUG}", "/nobody",
            f"/{SLUG}/never", f"/{SLUG}/2025-01", "/healthz",
        ):  # fmt: skip
            assert client.get(path).headers["x-robots-tag"] == "noindex", path
        assert client.post(path_for(reader)).headers["x-robots-tag"] == "noindex"
        assert client.post(PATH).headers["x-robots-tag"] == "noindex"


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
    for path in (f"/{SLUG}", f"/{SLUG}/2026-03", PATH):
        page = web.client.get(path).text
        assert "<script" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "{{ 7*7 }}" in page
