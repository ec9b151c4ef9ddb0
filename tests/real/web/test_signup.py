"""The form by which readers come, over a real socket: what it writes, and what it never tells."""

import re
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from digest.model.readers import SuppressionReason
from digest.store.engine import Store
from digest.store.schema import consent, letter, subscriber, subscription
from digest.store.subscribers import unsubscribe
from digest.store.suppressions import suppress_address
from digest.web.turnstile import NETWORK_BURST
from tests.real.web.server import FRENCH_SLUG, NOW, SLUG, Web
from tests.real.web.signups import (
    ADA,
    events,
    form,
    letters,
    reader_id,
    shown_form,
    sign_up,
    stamp,
    states,
)

ASKED = "Now look into your mail"


def barred(store: Store, reason: SuppressionReason, publication: str = SLUG) -> None:
    with store.write() as connection:
        suppress_address(
            connection, ADA, publication=publication, reason=reason, source="test", evidence="",
            now=NOW,
        )  # fmt: skip


def aged(store: Store, by: timedelta) -> None:
    """As if all letters had been written so much earlier."""
    with store.write() as connection:
        connection.execute(update(letter).values(created_at=NOW - by))


def test_the_form_asks_for_little_and_ticks_nothing(web: Web) -> None:
    page = web.client.get(f"/{SLUG}/subscribe")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert " checked" not in page.text
    assert page.text.count('type="checkbox"') == 3
    look = web.settings.publication(SLUG)
    for words in (look.from_name, look.contact, "leave at any time", look.title):
        assert words in page.text
    assert len(page.content) < 100_000
    assert "set-cookie" not in page.headers


def test_french_readers_are_asked_in_french(web: Web) -> None:
    for path in (f"/{FRENCH_SLUG}/subscribe", f"/{SLUG}/subscribe?lang=fr"):
        page = web.client.get(path)
        assert '<html lang="fr' in page.text
        assert "En vous abonnant" in page.text
        assert shown_form(page.text)["wording"].startswith("fr-")
    assert "By subscribing" in web.client.get(f"/{SLUG}/subscribe?lang=xx").text


def test_a_request_is_written_down_whole(web_on_both: Web) -> None:
    web = web_on_both
    said = {"user-agent": "Browser/1.0"}
    fields = form(
        web, address=" Ada.Fraser@Readers.Example ", name="Ada\r\nBcc: x@x.example",
        on="https://www.porttide.example/news/1?utm=me#top", **{"topic-sports": "1"},
    )  # fmt: skip
    answer = web.client.post(f"/{SLUG}/subscribe", data=fields, headers=said)
    assert answer.status_code == 200
    assert ASKED in answer.text
    with web.store.read() as connection:
        reader = connection.execute(select(subscriber)).one()
        wanted = connection.execute(select(subscription)).one()
        noted = connection.execute(select(consent)).one()
        waiting = connection.execute(select(letter)).one()
    assert (reader.address, reader.address_as_given) == (ADA, "Ada.Fraser@Readers.Example")
    assert reader.name == "Ada Bcc: x@x.example"
    assert (wanted.state, wanted.topics, wanted.frequency) == ("unconfirmed", ["sports"], "nightly")
    assert (noted.event, noted.at, noted.ip) == ("requested", NOW, "127.0.0.1")
    assert noted.wording.startswith("By subscribing you ask")
    assert noted.wording_version == fields["wording"]
    assert noted.language == "en"
    assert noted.page == "https://www.porttide.example/news/1"
    assert noted.user_agent == "Browser/1.0"
    assert (waiting.kind, waiting.state, waiting.address) == ("confirm", "waiting", ADA)


def no_one(_web: Web) -> None:
    pass


def a_reader(web: Web) -> None:
    web.subscribe(ADA)


def one_who_left(web: Web) -> None:
    reader = web.subscribe(ADA)
    with web.store.write() as connection:
        unsubscribe(connection, SLUG, reader, source="test", now=NOW)


def one_barred(web: Web) -> None:
    barred(web.store, SuppressionReason.BY_HAND)


def one_barred_everywhere(web: Web) -> None:
    barred(web.store, SuppressionReason.BOUNCED, "")


def one_who_asked(web: Web) -> None:
    sign_up(web)


@pytest.mark.parametrize(
    ("before", "kinds", "state"),
    [
        (no_one, ["confirm"], "unconfirmed"),
        (a_reader, ["already"], "confirmed"),
        (one_who_left, ["confirm"], "unconfirmed"),
        (one_barred, [], None),
        (one_barred_everywhere, [], None),
        (one_who_asked, ["confirm"], "unconfirmed"),
    ],
)
def test_everybody_gets_the_same_answer(
    web_on_both: Web, before: Callable[[Web], None], kinds: list[str], state: str | None
) -> None:
    web = web_on_both
    before(web)
    answer = sign_up(web)
    stranger = sign_up(web, address="nobody@readers.example")
    assert answer.status_code == stranger.status_code == 200
    assert answer.text.replace(ADA, "nobody@readers.example") == stranger.text
    mine, theirs = dict(answer.headers), dict(stranger.headers)
    for headers in (mine, theirs):
        del headers["date"]
        headers.pop("content-length")
    assert mine == theirs
    assert [kind for kind, address in letters(web.store) if address == ADA] == kinds
    assert states(web.store).get(ADA) == state


def test_the_answer_takes_the_same_time(web: Web) -> None:
    barred(web.store, SuppressionReason.COMPLAINED)
    times = []
    for address in (ADA, "new@readers.example"):
        fields = form(web, address=address)
        began = time.monotonic()
        web.client.post(f"/{SLUG}/subscribe", data=fields)
        times.append(time.monotonic() - began)
    assert min(times) >= 0.05


def test_one_letter_in_ten_minutes_and_the_last_choice_counts(web_on_both: Web) -> None:
    web = web_on_both
    sign_up(web, **{"topic-news": "1"})
    sign_up(web, **{"topic-sports": "1"}, name="Ada")
    assert letters(web.store) == [("confirm", ADA)]
    assert events(web.store) == ["requested"]
    with web.store.read() as connection:
        assert connection.scalar(select(subscription.c.topics)) == ["sports"]
        assert connection.scalar(select(subscriber.c.name)) == "Ada"
    aged(web.store, timedelta(minutes=10))
    sign_up(web)
    assert letters(web.store) == [("confirm", ADA)] * 2


def test_a_confirmed_reader_hears_once_a_day_and_stays_as_they_are(web: Web) -> None:
    web.subscribe(ADA, topics=("news",))
    sign_up(web, name="Spam http://spam.example", **{"topic-sports": "1"})
    sign_up(web)
    assert letters(web.store) == [("already", ADA)]
    aged(web.store, timedelta(days=1))
    sign_up(web)
    assert letters(web.store) == [("already", ADA)] * 2
    with web.store.read() as connection:
        assert connection.scalar(select(subscription.c.topics)) == ["news"]
        assert connection.scalar(select(subscriber.c.name)) == ""
    assert events(web.store) == ["confirmed"]


def test_a_stranger_can_not_rename_a_reader_of_another_publication(web: Web) -> None:
    web.subscribe(ADA, FRENCH_SLUG)
    sign_up(web, name="Eve")
    with web.store.read() as connection:
        assert connection.scalar(select(subscriber.c.name)) == ""


@pytest.mark.parametrize(
    "address",
    ["", "ada", "ada@", "@readers.example", "a b@readers.example", "ada@readers",
     "ada@readers.example\nBcc: eve@x.example", "Ada <ada@readers.example>", "a" * 400,
     "ada@readers.example,eve@x.example", "ada@127.0.0.1"],
)  # fmt: skip
def test_what_is_no_address_is_said_and_kept_in_the_form(web: Web, address: str) -> None:
    answer = sign_up(web, address=address, name='"><script>alert(1)</script>')
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "<script" not in answer.text
    assert letters(web.store) == []
    assert states(web.store) == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"stamp": ""},
        {"stamp": "forged"},
        {"stamp": stamp(age_s=0)},
        {"stamp": stamp(age_s=24 * 3600 + 1)},
        {"stamp": stamp(FRENCH_SLUG)},
        {"stamp": stamp(key=b"other" * 8)},
        {"stamp": stamp(purpose="confirm")},
        {"wording": "en-0000"},
        {"wording": ""},
    ],
    ids=["none", "forged", "at once", "old", "swapped", "key", "purpose", "words", "no words"],
)
def test_a_form_that_is_not_ours_is_shown_again(web: Web, changes: dict[str, str]) -> None:
    answer = sign_up(web, **changes, name="Ada", **{"topic-sports": "1"})
    assert answer.status_code == 200
    assert "One more press" in answer.text
    assert letters(web.store) == []
    again = shown_form(answer.text)
    assert (again["address"], again["name"]) == (ADA, "Ada")
    assert "topic-sports" in {name for name in again if name.startswith("topic")} or (
        "topic-sports" in answer.text
    )
    done = web.client.post(f"/{SLUG}/subscribe", data={**again, "stamp": stamp()})
    assert ASKED in done.text
    assert letters(web.store) == [("confirm", ADA)]
    with web.store.read() as connection:
        assert connection.scalar(select(subscription.c.topics)) == ["sports"]


def test_a_plain_form_of_the_newsroom_needs_an_address_alone(web: Web) -> None:
    answer = web.client.post(
        f"/{SLUG}/subscribe", data={"address": ADA},
        headers={"origin": "https://www.porttide.example",
                 "referer": "https://www.porttide.example/news/7?q=1"},
    )  # fmt: skip
    assert "One more press" in answer.text
    fields = {**shown_form(answer.text), "stamp": stamp()}
    assert ASKED in web.client.post(f"/{SLUG}/subscribe", data=fields).text
    with web.store.read() as connection:
        page = connection.scalar(select(consent.c.page))
    assert page == "https://www.porttide.example/news/7"


def test_who_fills_in_the_trap_is_told_the_same(web: Web) -> None:
    answer = sign_up(web, fax="+1 902 555 0100")
    assert ASKED in answer.text
    assert letters(web.store) == []
    assert states(web.store) == {}


def test_a_get_writes_nothing(web: Web) -> None:
    for path in ("subscribe", f"subscribe?address={ADA}", "banner", "embed.js"):
        assert web.client.get(f"/{SLUG}/{path}").status_code == 200
        assert web.client.head(f"/{SLUG}/{path}").status_code == 200
    assert states(web.store) == {}
    assert letters(web.store) == []


def test_a_megabyte_is_refused(web: Web) -> None:
    answer = web.client.post(f"/{SLUG}/subscribe", data={"address": "a" * 1_000_000})
    assert answer.status_code == 413
    assert states(web.store) == {}


def test_templates_in_a_name_stay_words(web: Web) -> None:
    answer = sign_up(web, stamp="", name="{{ 7*7 }} {% raw %} <b>x</b>")
    assert "{{ 7*7 }}" in answer.text
    assert "<b>" not in answer.text


def test_the_same_words_have_the_same_version(web: Web) -> None:
    versions = {shown_form(web.client.get(f"/{SLUG}/subscribe").text)["wording"] for _ in range(2)}
    versions |= {shown_form(web.client.get(f"/{SLUG}/banner").text)["wording"]}
    assert len(versions) == 1
    assert re.fullmatch(r"en-[0-9a-f]{16}", versions.pop())


def test_many_at_once_for_one_address_write_one_letter(web_on_both: Web) -> None:
    from concurrent.futures import ThreadPoolExecutor

    web = web_on_both
    fields = form(web)
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: web.client.post(f"/{SLUG}/subscribe", data=fields), range(16))
        )
    assert {answer.status_code for answer in answers} == {200}
    assert letters(web.store) == [("confirm", ADA)]
    assert reader_id(web.store) > 0


def test_a_flood_from_one_network_is_answered_and_little_of_it_written(web: Web) -> None:
    """The burst of a network; the others get the same answer, and no letter."""
    answers = set()
    for number in range(200):
        fields = form(web, address=f"reader{number}@readers.example")
        answers.add(web.client.post(f"/{SLUG}/subscribe", data=fields).status_code)
    assert answers == {200}
    assert len(letters(web.store)) == NETWORK_BURST


def test_who_asks_is_known_behind_a_trusted_proxy(web: Web) -> None:
    web.client.post(
        f"/{SLUG}/subscribe", data=form(web), headers={"x-forwarded-for": "1.1.1.1, 198.51.100.7"}
    )
    with web.store.read() as connection:
        assert connection.scalars(select(consent.c.ip)).all() == ["198.51.100.7"]
