"""The banner on a newsroom's own page in Chromium: a strict site, no scripts, small and dark."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import select

from digest.store.engine import Store
from digest.store.schema import consent
from tests.real.compose.test_look import WORST_CONTRAST
from tests.real.web.server import FRENCH_SLUG, SLUG, serving, settings_for
from tests.real.web.signups import ADA, confirm_path, events, letters, reader_id, states

pytestmark = pytest.mark.needs_chromium

STORY = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Ferry back</title></head><body>
%s<h1>Ferry back on the crossing</h1><p>The story.</p></body></html>"""


@dataclass(frozen=True)
class Sites:
    """Ours, and the newsroom's, which is another origin; `put` fills the story's page."""

    ours: str
    theirs: str
    store: Store
    pages: dict[str, str]

    def put(self, banner: str) -> str:
        self.pages["/story"] = STORY % banner
        return f"{self.theirs}/story?who=me"


@contextmanager
def newsroom(ours: str, pages: dict[str, str]) -> Iterator[str]:
    """A site that allows its visitors' browsers nothing but our banner."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path.split("?")[0], "").encode()
            self.send_response(200 if body else 404)
            policy = (
                f"default-src 'none'; script-src {ours}; frame-src {ours}; form-action {ours}; "
                "require-trusted-types-for 'script'"
            )
            self.send_header("Content-Security-Policy", policy)
            self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@pytest.fixture
def sites(tmp_path: Path, sqlite_store: Store) -> Iterator[Sites]:
    pages: dict[str, str] = {}
    settings = settings_for(tmp_path)
    with (
        serving(settings, sqlite_store, clock=lambda: datetime.now(UTC)) as ours,
        newsroom(ours, pages) as theirs,
    ):
        yield Sites(ours, theirs, sqlite_store, pages)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking",
                  "--no-first-run"],
        )  # fmt: skip
        yield chromium
        chromium.close()


@contextmanager
def opened(
    browser: Browser, *, width: int = 375, scheme: str = "light", runs_scripts: bool = True
) -> Iterator[tuple[Page, list[str]]]:
    """A page, and what its console says."""
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        java_script_enabled=runs_scripts,
    )
    said: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    yield page, said
    assert context.cookies() == []
    context.close()


def subscribed(page: Page, sites: Sites) -> None:
    """From "look into your mail" to the welcome."""
    page.get_by_role("heading", name="Now look into your mail").wait_for()
    assert letters(sites.store) == [("confirm", ADA)]
    reader = reader_id(sites.store)
    page.goto(f"{sites.ours}{confirm_path(reader, issued_at=datetime.now(UTC))}")
    assert states(sites.store) == {ADA: "unconfirmed"}
    page.get_by_role("button").press("Enter")
    page.get_by_role("heading", name="You are subscribed").wait_for()
    assert states(sites.store) == {ADA: "confirmed"}
    assert events(sites.store) == ["requested", "confirmed"]


@pytest.mark.parametrize("width", [320, 375, 1000])
def test_one_line_puts_the_banner_where_it_stands(
    browser: Browser, sites: Sites, width: int
) -> None:
    where = sites.put(f'<script async src="{sites.ours}/{SLUG}/embed.js"></script>')
    with opened(browser, width=width) as (page, said):
        page.goto(where)
        frame = page.frame_locator("iframe")
        frame.get_by_role("textbox", name="Your address").fill(ADA)
        assert page.locator("body > :first-child").evaluate("e => e.tagName") == "IFRAME"
        inner = frame.locator("html")
        needed, has = inner.evaluate("e => [e.scrollHeight, e.clientHeight]")
        assert needed <= has, "the banner is cut off"
        assert has - frame.locator("main").evaluate("e => e.offsetHeight") < 130, "too much room"
        assert inner.evaluate("e => e.scrollWidth <= e.clientWidth")
        page.wait_for_timeout(1100)  # a person takes as long
        frame.get_by_role("button", name="Subscribe").click()
        page.get_by_role("heading", name="Now look into your mail").wait_for()
        assert page.url == f"{sites.ours}/{SLUG}/subscribe"
        assert [line for line in said if "favicon" not in line and "404" not in line] == []
        subscribed(page, sites)
    with sites.store.read() as connection:
        assert set(connection.scalars(select(consent.c.page))) == {f"{sites.theirs}/story"}


@pytest.mark.parametrize("runs_scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("kind", ["iframe", "form"])
def test_without_the_script(browser: Browser, sites: Sites, kind: str, runs_scripts: bool) -> None:
    action = f"{sites.ours}/{SLUG}/subscribe"
    ways = {
        "iframe": f'<iframe src="{sites.ours}/{SLUG}/banner" width="350" height="500"></iframe>',
        "form": f'<form action="{action}" method="post"><label>Your address '
        '<input name="address" type="email"></label><button>Subscribe</button></form>',
    }
    where = sites.put(ways[kind])
    with opened(browser, runs_scripts=runs_scripts) as (page, _):
        page.goto(where)
        place = page.frame_locator("iframe") if kind == "iframe" else page
        place.get_by_role("textbox", name="Your address").fill(ADA)
        page.wait_for_timeout(1100)
        place.get_by_role("button", name="Subscribe").click()
        if kind == "form":
            page.get_by_role("heading", name="One more press").wait_for()
            assert letters(sites.store) == []
            page.wait_for_timeout(1100)
            page.get_by_role("button", name="Subscribe").click()
        subscribed(page, sites)


def test_only_the_banner_may_be_framed(browser: Browser, sites: Sites) -> None:
    for door, is_framed in (("banner", True), ("subscribe", False)):
        policy = httpx.get(f"{sites.ours}/{SLUG}/{door}").headers["content-security-policy"]
        assert ("frame-ancestors *" in policy) is is_framed
        assert ("frame-ancestors 'none'" in policy) is not is_framed
        where = sites.put(f'<iframe src="{sites.ours}/{SLUG}/{door}"></iframe>')
        with opened(browser) as (page, _):
            page.goto(where)
            field = page.frame_locator("iframe").get_by_role("textbox", name="Your address")
            assert field.count() == is_framed


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_signing_up_fits_and_reads(
    browser: Browser, sites: Sites, scheme: str
) -> None:
    trouble: list[str] = []
    for width in (320, 375, 1000):
        with opened(browser, width=width, scheme=scheme) as (page, said):
            for slug in (SLUG, FRENCH_SLUG):
                for path in (f"/{slug}/subscribe", f"/{slug}/banner"):
                    page.goto(f"{sites.ours}{path}")
                    assert page.evaluate("document.documentElement.scrollWidth") <= width, path
                    ratio, where = page.evaluate(WORST_CONTRAST)
                    assert ratio >= 4.5, (path, where)
                    assert page.locator("h1").count() == page.locator("main").count() == 1
                    for target in page.locator("button, input:visible, label.tick").all():
                        box = target.bounding_box()
                        if box is not None and box["x"] > 0:
                            assert box["height"] >= 22, (path, target.inner_html())
            trouble += said
    assert trouble == []
