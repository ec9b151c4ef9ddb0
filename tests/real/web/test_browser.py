"""Readers' pages in Chromium: a button that works without JavaScript, at every width and shade."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from digest.store.subscribers import recipients
from tests.real.compose.test_look import WORST_CONTRAST
from tests.real.web.server import FRENCH_SLUG, SLUG, Web, path_for
from tests.unit.compose.editions import DAY

pytestmark = pytest.mark.needs_chromium

WIDTHS = (320, 375, 1000)
# Where a finger or a pointer has to hit (WCAG 2.2, 2.5.8 asks for 24 px).
LEAST_TARGET_PX = 24


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


def opened(browser: Browser, web: Web, *, width: int, scheme: str, runs_scripts: bool) -> Page:
    context = browser.new_context(
        base_url=str(web.client.base_url),
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        java_script_enabled=runs_scripts,
    )
    return context.new_page()


@pytest.mark.parametrize("runs_scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("slug", [SLUG, FRENCH_SLUG])
def test_the_button_is_all_it_takes(
    browser: Browser, web: Web, slug: str, runs_scripts: bool
) -> None:
    reader = web.subscribe("ada.fraser@readers.example", slug)
    page = opened(browser, web, width=375, scheme="light", runs_scripts=runs_scripts)
    for door in ("p", "u"):
        page.goto(path_for(reader, door=door, slug=slug))
        assert page.get_by_role("button").count() == (2 if door == "p" else 1)
    page.get_by_role("button").press("Enter")
    words = "Le désabonnement est fait" if slug == FRENCH_SLUG else "You are unsubscribed"
    page.get_by_role("heading", name=words).wait_for()
    with web.store.read() as connection:
        assert recipients(connection, slug, [reader]) == {}
    assert page.context.cookies() == []
    page.context.close()


def test_leaving_from_the_topics_page(browser: Browser, web: Web) -> None:
    reader = web.subscribe("ada.fraser@readers.example")
    page = opened(browser, web, width=375, scheme="light", runs_scripts=True)
    page.goto(path_for(reader, door="p"))
    page.get_by_role("button", name="Unsubscribe").click()
    page.get_by_role("heading", name="You are unsubscribed").wait_for()
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_and_reads(browser: Browser, web: Web, scheme: str) -> None:
    web.publish()
    reader = web.subscribe("ada.fraser@readers.example", topics=("news",))
    web.subscribe("ada.fraser@readers.example", FRENCH_SLUG)
    french = path_for(reader, slug=FRENCH_SLUG)
    paths = (path_for(reader), path_for(reader, door="p"), french, f"/{SLUG}", "/u/cut", "/nobody")
    trouble: list[str] = []
    for width in WIDTHS:
        page = opened(browser, web, width=width, scheme=scheme, runs_scripts=True)
        page.on("console", lambda message: trouble.append(message.text))
        for path in paths:
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            ratio, where = page.evaluate(WORST_CONTRAST)
            assert ratio >= 4.5, (path, where)
            assert page.locator("h1").count() == 1
            assert page.locator("main").count() == 1
            for target in page.locator("a, button").all():
                box = target.bounding_box()
                assert box is not None
                assert box["height"] >= LEAST_TARGET_PX, (path, target.text_content())
        page.context.close()
    # The console notes the two missing pages; the policy refuses nothing of ours.
    assert [line for line in trouble if "404" not in line] == []


def test_a_sent_edition_keeps_its_looks(browser: Browser, web: Web) -> None:
    web.publish()
    page = opened(browser, web, width=1000, scheme="light", runs_scripts=True)
    page.route("https://**", lambda route: route.abort())
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"/{SLUG}/{DAY}")
    box = page.locator("table.paper").bounding_box()
    assert box is not None
    assert box["width"] == 600
    bar = page.locator("td.bar").evaluate("e => getComputedStyle(e).backgroundColor")
    assert bar == "rgb(11, 85, 99)"
    assert [line for line in said if "Content Security Policy" in line] == []
    page.context.close()
