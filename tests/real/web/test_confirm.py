"""The second yes: a GET shows a button, a POST confirms; old, forged, swapped links do not."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from digest.model.readers import SuppressionReason
from digest.store.engine import Store
from digest.store.leaving import first_consents
from digest.store.schema import consent
from digest.store.subscribers import recipients, unsubscribe
from digest.store.suppressions import find_suppression, suppress_address
from tests.real.web.server import FRENCH_SLUG, NOW, SLUG, Web, path_for, serving, settings_for
from tests.real.web.signups import (
    ADA,
    confirm_path,
    events,
    letters,
    reader_id,
    sign_up,
    states,
)


def gets_mail(store: Store, reader: int, slug: str = SLUG) -> bool:
    with store.read() as connection:
        return reader in recipients(connection, slug, [reader])


def test_scanners_confirm_nothing(web: Web) -> None:
    sign_up(web)
    reader = reader_id(web.store)
    before = web.readers_state()
    for method in ("GET", "HEAD", "GET"):
        page = web.client.request(method, confirm_path(reader))
        assert page.status_code == 200
    assert '<form method="post">' in web.client.get(confirm_path(reader)).text
    assert web.client.options(confirm_path(reader)).status_code == 405
    assert web.readers_state() == before
    assert letters(web.store) == [("confirm", ADA)]


def test_a_press_confirms_once_and_for_all(web_on_both: Web) -> None:
    web = web_on_both
    web.publish()
    sign_up(web)
    reader = reader_id(web.store)
    assert not gets_mail(web.store, reader)
    for _ in range(2):
        page = web.client.post(confirm_path(reader), headers={"user-agent": "Phone/2"})
        assert page.status_code == 200
        assert "You are subscribed" in page.text
        assert f'href="../{SLUG}/2026-03-12"' in page.text
        assert 'href="../p/' in page.text
        assert ADA not in page.text
    assert gets_mail(web.store, reader)
    assert events(web.store) == ["requested", "confirmed"]
    assert letters(web.store) == [("confirm", ADA), ("welcome", ADA)]


def test_the_confirmation_is_the_whole_proof(web_on_both: Web) -> None:
    web = web_on_both
    sign_up(web)
    reader = reader_id(web.store)
    web.client.post(confirm_path(reader), headers={"user-agent": "Phone/2"})
    with web.store.read() as connection:
        asked, confirmed = connection.execute(select(consent).order_by(consent.c.id)).all()
        exported = first_consents(connection, SLUG, [reader])[reader]
    assert (confirmed.confirmed_at, confirmed.confirmed_ip) == (NOW, "127.0.0.1")
    assert confirmed.user_agent == "Phone/2"
    for name in ("at", "ip", "wording", "wording_version", "language", "page"):
        assert getattr(confirmed, name) == getattr(asked, name), name
    assert (exported.at, exported.confirmed_at) == (NOW, NOW)


@pytest.mark.parametrize("reason", [SuppressionReason.UNSUBSCRIBED, SuppressionReason.BOUNCED])
def test_who_comes_back_is_let_in(web_on_both: Web, reason: SuppressionReason) -> None:
    web = web_on_both
    suppress(web.store, reason)
    sign_up(web)
    reader = reader_id(web.store)
    assert not gets_mail(web.store, reader)
    web.client.post(confirm_path(reader))
    assert gets_mail(web.store, reader)


@pytest.mark.parametrize(
    ("reason", "publication"),
    [
        (SuppressionReason.BY_HAND, SLUG),
        (SuppressionReason.COMPLAINED, SLUG),
        (SuppressionReason.DISABLED, SLUG),
        (SuppressionReason.UNSUBSCRIBED, ""),
        (SuppressionReason.BOUNCED, ""),
    ],
)
def test_what_lasts_is_not_lifted(web: Web, reason: SuppressionReason, publication: str) -> None:
    sign_up(web)
    reader = reader_id(web.store)
    suppress(web.store, reason, publication)
    assert web.client.post(confirm_path(reader)).status_code == 410
    assert not gets_mail(web.store, reader)
    with web.store.read() as connection:
        assert find_suppression(connection, ADA, publication=SLUG) is not None
    assert events(web.store) == ["requested"]


def suppress(store: Store, reason: SuppressionReason, publication: str = SLUG) -> None:
    with store.write() as connection:
        suppress_address(
            connection, ADA, publication=publication, reason=reason, source="test", evidence="",
            now=NOW,
        )  # fmt: skip


def test_an_old_link_does_not_bring_back_who_has_left(web: Web) -> None:
    sign_up(web)
    reader = reader_id(web.store)
    web.client.post(confirm_path(reader))
    with web.store.write() as connection:
        unsubscribe(connection, SLUG, reader, source="test", now=NOW)
    for method in ("GET", "POST"):
        page = web.client.request(method, confirm_path(reader))
        assert page.status_code == 410
        assert f'href="../{SLUG}/subscribe"' in page.text
    assert states(web.store) == {ADA: "unsubscribed"}
    assert not gets_mail(web.store, reader)


@pytest.mark.parametrize(("hours", "status"), [(72, 200), (72.1, 410), (24 * 90, 410)])
def test_a_link_works_for_three_days(web: Web, hours: float, status: int) -> None:
    sign_up(web)
    reader = reader_id(web.store)
    path = confirm_path(reader, issued_at=NOW - timedelta(hours=hours))
    assert web.client.get(path).status_code == status
    assert web.client.post(path).status_code == status
    assert gets_mail(web.store, reader) is (status == 200)


def test_forged_and_swapped_links_do_nothing(web: Web) -> None:
    sign_up(web)
    reader = reader_id(web.store)
    good = confirm_path(reader)
    mac, number, instant, slug = good.removeprefix("/c/").split(".")
    own = path_for(reader).removeprefix("/u/")
    for token in (
        confirm_path(reader, key=b"other" * 8)[3:],
        confirm_path(reader, purpose="form")[3:],
        f"{mac}.{number}.{instant}.{FRENCH_SLUG}",
        f"{mac}.zz.{instant}.{slug}",
        f"{mac}.{number}.zzzzzz.{slug}",
        f"{mac}.{number}.{instant}",
        good[3:-1],
        good[3:].upper(),
        own,
        "%00",
        "x" * 2000,
    ):
        for method in ("GET", "POST"):
            answer = web.client.request(method, f"/c/{token}")
            assert answer.status_code == 404, token
    # Nor does this one open another door.
    assert web.client.post(f"/u/{good[3:]}").status_code == 404
    assert web.client.get(f"/p/{good[3:]}").status_code == 404
    assert states(web.store) == {ADA: "unconfirmed"}


def test_a_forgotten_reader_and_a_given_up_publication(tmp_path: Path, web: Web) -> None:
    assert web.client.post(confirm_path(99)).status_code == 410
    sign_up(web)
    path = confirm_path(reader_id(web.store))
    settings = settings_for(tmp_path, web.settings.publication(FRENCH_SLUG))
    with serving(settings, web.store) as address:
        assert httpx.post(f"{address}{path}").status_code == 404
    assert states(web.store) == {ADA: "unconfirmed"}


def test_french_from_the_form_to_the_welcome(web: Web) -> None:
    sign_up(web, lang="fr", wording=french_version(web))
    path = confirm_path(reader_id(web.store))
    assert "Confirmer mon abonnement" in web.client.get(path).text
    assert "L’abonnement est fait" in web.client.post(path).text


def french_version(web: Web) -> str:
    page = web.client.get(f"/{SLUG}/subscribe?lang=fr").text
    return page.split('name="wording" value="')[1].split('"')[0]
