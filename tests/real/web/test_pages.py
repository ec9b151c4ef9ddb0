"""What holds for every answer: headers, methods, errors; and a start that says what is wrong."""

import asyncio
import hashlib
import re
import socket
from base64 import b64encode
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from digest.errors import SettingsError, TemplateError, WebError
from digest.settings.kinds import is_reserved
from digest.store.engine import Store, open_store
from digest.store.schema import edition
from digest.web.app import make_app
from digest.web.serve import serve
from tests.real.web.server import (
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
from tests.unit.compose.editions import DAY

HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "strict-transport-security": "max-age=31536000",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def every_path(web: Web) -> dict[str, int]:
    """A path of each kind and the status its GET has."""
    reader = web.subscribe("ada@readers.example")
    web.publish()
    return {
        path_for(reader): 200,
        path_for(reader, door="p"): 200,
        f"/{SLUG}": 200,
        f"/{SLUG}/{DAY}": 200,
        f"/{SLUG}/2026-03": 200,
        f"/{SLUG}/feed.xml": 200,
        f"/{FRENCH_SLUG}": 200,
        "/healthz": 200,
        "/metrics": 200,
        "/u/none": 404,
        "/nobody": 404,
        f"/{SLUG}/never": 404,
    }


def test_every_answer_is_guarded(web: Web) -> None:
    for path, status in every_path(web).items():
        for method in ("GET", "HEAD", "POST", "BREW"):
            answer = web.client.request(method, path)
            if method in ("GET", "HEAD"):
                assert answer.status_code == status, (method, path)
            for name, value in HEADERS.items():
                assert answer.headers.get(name) == value, (method, path, name)
            assert answer.headers["content-security-policy"].startswith("default-src 'none'; ")
            for absent in ("set-cookie", "location", "server", "access-control-allow-origin"):
                assert absent not in answer.headers, (method, path)
            assert answer.status_code < 300 or answer.status_code in (404, 405)


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:8025", None])
def test_without_https_nobody_is_told_to_stay_on_it(
    tmp_path: Path, sqlite_store: Store, base_url: str | None
) -> None:
    with serving(settings_for(tmp_path, base_url=base_url), sqlite_store) as address:
        assert "strict-transport-security" not in httpx.get(f"{address}/healthz").headers


def test_no_publication_can_hide_a_page_of_ours(web: Web) -> None:
    """A first part of an address that is ours is refused as a publication's name."""
    app = make_app(web.settings, web.store, clock=lambda: NOW)
    first = {pattern.split("/")[1] for pattern in app.patterns} - {SLUG, FRENCH_SLUG}
    for word in first:
        assert is_reserved(word), f"settings/kinds.py: {word}"


def test_no_other_site_may_frame_a_button(web: Web) -> None:
    reader = web.subscribe("ada@readers.example")
    for door in ("u", "p"):
        answer = web.client.get(path_for(reader, door=door))
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"


def test_head_is_get_without_the_body(web: Web) -> None:
    for path in set(every_path(web)) - {"/metrics"}:  # which counts the request for itself
        got, head = web.client.get(path), web.client.head(path)
        assert head.content == b""
        assert (head.status_code, head.headers["content-length"]) == (
            got.status_code, got.headers["content-length"],
        )  # fmt: skip


def test_the_policy_lets_the_pages_own_style_through(web: Web) -> None:
    for path in every_path(web):
        answer = web.client.get(path)
        policy = answer.headers["content-security-policy"]
        if "sha256-" not in policy:
            continue
        styles = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
        hashed = [b64encode(hashlib.sha256(css.encode()).digest()).decode() for css in styles]
        assert [f"'sha256-{one}'" in policy for one in hashed] == [True]
        assert 'style="' not in answer.text


def test_a_method_that_does_not_fit_names_those_that_do(web: Web) -> None:
    answer = web.client.delete(path_for(web.subscribe("ada@readers.example")))
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}
    assert "That does not work here" in answer.text


def test_our_own_mistake_is_a_plain_page(web: Web) -> None:
    web.publish()
    with web.store.write() as connection:
        connection.execute(update(edition).values(chosen={"not": "an edition"}))
    answer = web.client.get(f"/{SLUG}/{DAY}")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text
    assert "desk@porttide.example" in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert web.client.get("/healthz").status_code == 200


def test_health_follows_the_database(tmp_path: Path, web: Web) -> None:
    assert web.client.get("/healthz").json() == {"status": "ok"}
    empty = open_store(f"sqlite:///{tmp_path / 'empty.db'}")  # no tables in it
    with serving(web.settings, empty) as address:
        answer = httpx.get(f"{address}/healthz")
        assert (answer.status_code, answer.json()) == (503, {"status": "no database"})
        page = httpx.get(f"{address}/{SLUG}")
        assert (page.status_code, page.headers["retry-after"]) == (503, "60")
    empty.close()


@pytest.mark.parametrize("prefix", ["", "/wrap"])
def test_under_a_path_whether_or_not_the_web_server_takes_it_away(
    tmp_path: Path, sqlite_store: Store, prefix: str
) -> None:
    settings = settings_for(tmp_path, ENGLISH_ONE, base_url="https://www.porttide.example/wrap")
    with (
        serving(settings, sqlite_store) as address,
        httpx.Client(base_url=address + prefix) as client,
    ):
        web = Web(client, sqlite_store, settings)
        web.publish()
        reader = web.subscribe("ada@readers.example")
        page = client.get(f"/{SLUG}/{DAY}").text
        assert f'href="https://www.porttide.example/wrap/{SLUG}/{DAY}"' in page
        assert f'href="{SLUG}/{DAY}"' in client.get(f"/{SLUG}").text
        assert client.get("/healthz").status_code == 200
        assert client.post(path_for(reader), content=ONE_CLICK).status_code == 200


def test_without_a_base_url_a_try_out_works(tmp_path: Path, sqlite_store: Store) -> None:
    settings = settings_for(tmp_path, ENGLISH_ONE, base_url=None)
    with (
        serving(settings, sqlite_store) as address,
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        Web(client, sqlite_store, settings).publish()
        assert f'href="{DAY}"' in client.get(f"/{SLUG}/{DAY}").text


def test_no_host_header_is_believed(web: Web) -> None:
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example",
              "X-Forwarded-Proto": "gopher"}  # fmt: skip
    for path in every_path(web):
        answer = web.client.get(path, headers=forged)
        assert "evil.example" not in answer.text
        assert "evil.example" not in str(answer.headers)


def test_the_newsrooms_own_page_wins(tmp_path: Path, sqlite_store: Store) -> None:
    folder = tmp_path / "templates" / "web"
    folder.mkdir(parents=True)
    (folder / "error.html.j2").write_text("Our own {{ trouble.title }}", "utf-8")
    with serving(settings_for(tmp_path), sqlite_store) as address:
        assert httpx.get(f"{address}/nobody").text == "Our own There is no such page"


def test_a_bad_template_is_found_before_a_reader_finds_it(
    tmp_path: Path, sqlite_store: Store
) -> None:
    folder = tmp_path / "templates" / "web"
    folder.mkdir(parents=True)
    (folder / "left.html.j2").write_text("one\n{{ nobody.knows }}", "utf-8")
    with (
        pytest.raises(TemplateError, match=r"left\.html\.j2:2: 'nobody' is undefined"),
        serving(settings_for(tmp_path), sqlite_store),
    ):
        pass


def test_a_port_in_use_is_said(tmp_path: Path, sqlite_store: Store) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = settings_for(tmp_path, port=port)
        with (
            pytest.raises(WebError, match=rf"127\.0\.0\.1 port {port}: Address already in use"),
            serving(settings, sqlite_store),
        ):
            pass


def test_without_a_key_no_link_can_be_read(tmp_path: Path, sqlite_store: Store) -> None:
    with (
        pytest.raises(SettingsError, match="DIGEST_SECRET_KEY: missing"),
        serving(settings_for(tmp_path, key=None), sqlite_store),
    ):
        pass


def test_stopped_before_it_began(tmp_path: Path, sqlite_store: Store) -> None:
    async def run() -> list[str]:
        stop, begun = asyncio.Event(), list[str]()
        stop.set()
        settings = settings_for(tmp_path)
        await serve(settings, sqlite_store, clock=lambda: NOW, stop=stop, on_start=begun.append)
        return begun

    (address,) = asyncio.run(run())
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)
