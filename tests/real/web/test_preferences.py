"""Choosing: what is saved, what is asked back, what is put on record, and who gets the mail."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy

import httpx
import pytest
from sqlalchemy import select

from digest.model.newsroom import Publication
from digest.model.readers import Frequency, Preferences, SubscriptionState, Tonight
from digest.press import Press
from digest.store.preferences import find_preferences
from digest.store.schema import consent
from digest.store.subscribers import audience_ids, count_audience, get_subscriber, recipients
from digest.subscribe.schedule import tonight_of
from digest.subscribe.token import make_token
from tests.real.web.server import (
    BASE_URL,
    ENGLISH_ONE,
    FRENCH_SLUG,
    NOW,
    SLUG,
    Web,
    path_for,
)
from tests.unit.compose.editions import EDITION, KEY
from tests.unit.compose.wrap import templates

ADA = "ada.fraser@readers.example"
TOPICS = {"topic-news": "1", "topic-council": "1", "topic-sports": "1"}


def save(web: Web, reader: int, **fields: str) -> httpx.Response:
    """The form as a browser posts it: what is found there, with other values."""
    form = {"form": "preferences", "frequency": "nightly", "pause": "none", **fields}
    form = {name.replace("topic_", "topic-"): value for name, value in form.items()}
    if not any(name.startswith("topic-") for name in form):
        form |= TOPICS
    return web.client.post(
        path_for(reader, door="p"), data=form, headers={"User-Agent": "Lynx/2.9\ttext"}
    )


def kept(web: Web, reader: int, slug: str = SLUG) -> Preferences | None:
    with web.store.read() as connection:
        return find_preferences(connection, slug, reader)


def record(web: Web, reader: int) -> list[tuple[str, str]]:
    """Events and notes, in order."""
    with web.store.read() as connection:
        rows = connection.execute(
            select(consent.c.event, consent.c.note)
            .where(consent.c.subscriber_id == reader)
            .order_by(consent.c.id)
        )
        return [(event, note) for event, note in rows]


def checked(page: str) -> set[str]:
    """name=value of every box and button that is on."""
    found = re.findall(r'<input type="\w+" name="([\w-]+)" value="([^"]*)" checked>', page)
    return {f"{name}={value}" for name, value in found}


def test_the_form_shows_what_is_kept(web: Web) -> None:
    reader = web.subscribe(ADA, topics=("sports", "news", "a-section-that-is-gone"))
    page = web.client.get(path_for(reader, door="p")).text
    assert checked(page) == {"topic-news=1", "topic-sports=1", "frequency=nightly", "pause=none"}
    assert "The top story of the day always comes." in page
    assert "one mail a week, on Saturday" in page
    everything = web.client.get(path_for(web.subscribe("omar@readers.example"), door="p")).text
    assert {"topic-news=1", "topic-council=1", "topic-sports=1"} < checked(everything)


def test_choices_are_saved_noted_and_shown(web_on_both: Web) -> None:
    web = web_on_both
    reader, other = web.subscribe(ADA), web.subscribe("omar@readers.example")
    answer = save(
        web, reader, topic_council="1", frequency="weekdays", pause="2", name="Ada F.",
        language="fr",
    )  # fmt: skip
    assert answer.status_code == 200
    assert "location" not in answer.headers
    until = datetime(2026, 3, 27, 3, tzinfo=UTC)  # midnight in Halifax
    wanted = Preferences("Ada F.", "fr", ("council",), Frequency.WEEKDAYS, until)
    assert kept(web, reader) == wanted
    assert kept(web, other) == Preferences()
    told = re.findall(r"<li>([^<]+)</li>", answer.text)
    assert told == [
        "La nouvelle du jour, et Town Hall", "Du lundi au vendredi",
        "Rien jusqu’au 27 mars 2026\u00a0; puis l’envoi reprend de lui-même.",
    ]  # fmt: skip
    assert checked(answer.text) == {"topic-council=1", "frequency=weekdays", "pause=until"}
    assert 'value="2026-03-27"' in answer.text
    with web.store.read() as connection:
        row = connection.execute(select(consent).order_by(consent.c.id.desc())).first()
    assert row is not None
    assert (row.event, row.source, row.ip, row.user_agent, row.page, row.at) == (
        "changed", "preferences page", "127.0.0.1", "Lynx/2.9 text", "/p/", NOW,
    )  # fmt: skip
    assert row.note == (
        "topics: all -> council; frequency: nightly -> weekdays; "
        "pause: none -> until 2026-03-27T03:00Z; name: none -> Ada F.; language: none -> fr"
    )


def test_saving_the_same_again_writes_nothing(web: Web) -> None:
    reader = web.subscribe(ADA)
    save(web, reader, frequency="weekend", pause="1")
    once = web.readers_state()
    answer = save(web, reader, frequency="weekend", pause="1")
    assert "Saved." in answer.text
    assert web.readers_state() == once
    assert [event for event, _ in record(web, reader)] == ["confirmed", "changed"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"topic_horoscopes": "1"}, "Tick at least one topic"),
        ({"frequency": "hourly"}, "Choose how often"),
        ({"pause": "until", "pause_date": "soon"}, "such as 2026-03-14"),
        ({"pause": "until", "pause_date": "2026-03-13"}, "must be after today"),
        ({"pause": "until", "pause_date": "2126-03-13"}, "a year at most"),
        ({"form": "something-else"}, "did not arrive whole"),
    ],
)
def test_what_can_not_be_is_asked_back(web: Web, fields: dict[str, str], words: str) -> None:
    reader = web.subscribe(ADA, topics=("news",))
    before = web.readers_state()
    answer = save(web, reader, **{"name": "A new name", **fields})
    assert answer.status_code == 422
    assert words in answer.text
    assert 'role="alert"' in answer.text
    assert web.readers_state() == before
    if "form" not in fields:
        assert "A new name" in answer.text, "what was filled in is not lost"


def test_a_form_of_another_kind_is_asked_back(web: Web) -> None:
    reader = web.subscribe(ADA)
    before = web.readers_state()
    path = path_for(reader, door="p")
    for said in ({"files": {"form": (None, "preferences")}}, {"json": {"frequency": "weekend"}}):
        answer = web.client.post(path, **said)
        assert answer.status_code == 422
        assert {"topic-news=1", "frequency=nightly"} < checked(answer.text)
    assert web.client.post(path, content=b"x" * (1 << 20)).status_code == 413
    assert web.readers_state() == before


def test_leaving_a_topic_is_not_leaving_the_list(web: Web) -> None:
    reader = web.subscribe(ADA)
    save(web, reader, topic_sports="1")
    with web.store.read() as connection:
        state = get_subscriber(connection, SLUG, reader).state
        got = recipients(connection, SLUG, [reader])
    assert state is SubscriptionState.CONFIRMED
    assert got[reader].topics == {"sports"}


def test_looking_at_the_form_changes_nothing(web: Web) -> None:
    reader = web.subscribe(ADA)
    before = web.readers_state()
    path = path_for(reader, door="p")
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
        web.client.request(method, f"{path}?form=preferences&frequency=weekend&topic-news=1")
    assert web.readers_state() == before


def test_only_the_links_own_reader_is_changed(web: Web) -> None:
    """CSRF: another site has no token to post to, and cookies or origins count for nothing."""
    reader, other = web.subscribe(ADA), web.subscribe("omar@readers.example")
    before = web.readers_state()
    form = {"form": "preferences", "frequency": "weekend", **TOPICS}
    mac, number, slug = path_for(reader, door="p").removeprefix("/p/").split(".")
    other_number = path_for(other, door="p").split(".")[1]
    for token in (
        f"{mac}.{other_number}.{slug}",
        f"{mac[:-1]}.{number}.{slug}",
        f"{mac}.{number}.{FRENCH_SLUG}",
        make_token(KEY, purpose="unsubscribe", subscriber_id=reader, publication=SLUG),
        make_token(KEY, purpose="goodbye", subscriber_id=reader, publication=SLUG),
        make_token(b"another key, as long", purpose="preferences", subscriber_id=reader,
                   publication=SLUG),
    ):  # fmt: skip
        answer = web.client.post(f"/p/{token}", data=form, headers={"Cookie": f"id={reader}"})
        assert answer.status_code == 404
    assert web.readers_state() == before


def test_who_has_left_chooses_nothing(web: Web) -> None:
    reader = web.subscribe(ADA)
    web.client.post(path_for(reader))
    before = web.readers_state()
    answer = save(web, reader, frequency="weekend")
    assert "You are unsubscribed" in answer.text
    assert web.readers_state() == before
    assert "You are unsubscribed" in web.client.get(path_for(reader, door="p")).text


def test_two_publications_are_chosen_for_apart(web: Web) -> None:
    reader = web.subscribe(ADA)
    web.subscribe(ADA, FRENCH_SLUG)
    save(web, reader, topic_news="1", frequency="big_news", pause="4")
    french = kept(web, reader, FRENCH_SLUG)
    assert french == Preferences()


HOSTILE = (
    "Ada\r\nBcc: everybody@readers.example",
    "{{ 7 * 7 }}{% for x in ().__class__ %}",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "=cmd|' /C calc'!A0",
    "\u202eadA \x00\x1b[31m\u2028x",
    "A" * 5_000,
)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_a_name(web: Web, name: str) -> None:
    reader = web.subscribe(ADA)
    assert save(web, reader, name=name).status_code == 200
    page = web.client.get(path_for(reader, door="p")).text
    assert "<script" not in page
    assert "<img" not in page
    with web.store.read() as connection:
        (recipient,) = recipients(connection, SLUG, [reader]).values()
    assert recipient.name.isprintable()
    assert len(recipient.name) <= 100
    press = Press(EDITION, ENGLISH_ONE, templates(), created_at=NOW, base_url=BASE_URL, key=KEY)
    message = message_from_bytes(press.envelope(recipient).message, policy=policy.default)
    assert message["Bcc"] is None
    (html,) = [part for part in message.walk() if part.get_content_type() == "text/html"]
    assert "<script" not in html.get_content()
    assert "<img src=x" not in html.get_content()


def tonight(day: date, publication: Publication = ENGLISH_ONE) -> Tonight:
    cutoff = datetime(day.year, day.month, day.day, 21, tzinfo=UTC)
    return tonight_of(publication, replace(EDITION, day=day, cutoff=cutoff))


def test_the_mail_follows_the_choices(web_on_both: Web) -> None:
    web = web_on_both
    ids = {
        frequency: web.subscribe(f"{frequency}@readers.example")
        for frequency in ("nightly", "weekdays", "weekend", "big_news")
    }
    for frequency, reader in ids.items():
        save(web, reader, frequency=frequency)
    paused = web.subscribe("paused@readers.example")
    save(web, paused, pause="until", pause_date="2026-03-16")
    of_all = sorted([*ids.values(), paused])
    expected = {
        date(2026, 3, 13): {"nightly", "weekdays"},  # a Friday
        date(2026, 3, 14): {"nightly", "weekend"},
        date(2026, 3, 15): {"nightly"},
        date(2026, 3, 16): {"nightly", "weekdays"},
    }
    assert not EDITION.lead.also[2:], "no big news by itself"
    with web.store.read() as connection:
        for day, names in expected.items():
            whom = {ids[name] for name in names} | ({paused} if day.day >= 16 else set())
            night = tonight(day)
            assert set(audience_ids(connection, SLUG, tonight=night)) == whom
            assert set(recipients(connection, SLUG, of_all, tonight=night)) == whom
            assert count_audience(connection, SLUG, tonight=night) == len(whom)
        big = Tonight(frozenset({Frequency.BIG_NEWS}), NOW + timedelta(days=90))
        assert list(audience_ids(connection, SLUG, tonight=big)) == [ids["big_news"]]
        assert list(audience_ids(connection, SLUG)) == of_all
