"""axe-core (WCAG 2 A and AA and its best practices) finds nothing wrong on any page, in light and
dark, in each language."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from tests.real.web.server import FRENCH_SLUG, SLUG, Web, path_for
from tests.real.web.signups import confirm_path
from tests.unit.compose.editions import DAY

pytestmark = pytest.mark.needs_chromium


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


def pages_of(web: Web, slug: str) -> list[str]:
    """Where a reader may come to."""
    reader = web.subscribe("ada.fraser@readers.example", slug)
    return [
        path_for(reader, slug=slug),
        path_for(reader, door="p", slug=slug),
        path_for(999, slug=slug),  # left
        f"/{slug}/subscribe",
        f"/{slug}/banner",
        confirm_path(reader, slug),
        f"/{slug}",
        f"/{slug}/2026-03",
        f"/{slug}/2001-01-01",  # no such page
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("slug", [SLUG, FRENCH_SLUG])
def test_nothing_stands_in_anybodys_way(browser: Browser, web: Web, slug: str, scheme: str) -> None:
    web.publish()
    places = pages_of(web, slug)
    if slug == SLUG:
        places.append(f"/{slug}/{DAY}")
    context = browser.new_context(
        base_url=str(web.client.base_url),
        viewport={"width": 375, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    found = {}
    for place in places:
        page.goto(place)
        results = Axe().run(page)
        if results.violations_count:
            found[place] = results.generate_report()
    context.close()
    assert not found, "\n".join(f"{place}: {report}" for place, report in found.items())
