"""The wrap as a browser shows it: no sideways scrolling, the footer in sight, words readable."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from digest.model.feeds import Image
from digest.model.newsroom import Publication, Theme
from tests.unit.compose.editions import (
    FRENCH,
    LEAD,
    PUBLICATION,
    large_edition,
)
from tests.unit.compose.wrap import seen_by_reader

pytestmark = pytest.mark.needs_chromium

IMAGES = Path(__file__).parents[3] / "config" / "sample" / "images"
WITH_LOGO = replace(
    PUBLICATION,
    theme=Theme(logo_url="https://www.porttide.example/images/logo.png", logo_width=300),
)
# Every text's own colour against the nearest painted ground above it (WCAG 2.2, 1.4.3).
WORST_CONTRAST = """() => {
  const parse = c => c.match(/[\\d.]+/g).map(Number);
  const linear = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const lum = c => 0.2126 * linear(c[0]) + 0.7152 * linear(c[1]) + 0.0722 * linear(c[2]);
  const ground = e => { for (; e; e = e.parentElement) {
    const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
  let worst = [99, ''];
  for (const e of document.querySelectorAll('h1,h2,h3,p,a,span,td')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    if (e.closest('.preheader')) continue;
    const [a, b] = [lum(parse(getComputedStyle(e).color)), lum(ground(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < worst[0]) worst = [ratio, e.className + ': ' + e.textContent.slice(0, 40)];
  }
  return worst;
}"""


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


def shown(browser: Browser, html: str, *, width: int, scheme: str, images: bool = True) -> Page:
    """The page, with the sample's pictures served from their folder and nothing else."""

    def serve(route: Route) -> None:
        path = IMAGES / route.request.url.rpartition("/")[2]
        if images and path.is_file():
            route.fulfill(path=str(path))
        else:
            route.abort()

    page = browser.new_page(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page.route("**/*", serve)
    page.set_content(html, wait_until="load")
    return page


def html_of(publication: Publication) -> str:
    return seen_by_reader(publication=publication).html


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 375, 600, 1280])
@pytest.mark.parametrize(
    "publication", [PUBLICATION, FRENCH, WITH_LOGO], ids=["english", "french", "logo"]
)
def test_fits_and_reads(
    browser: Browser, publication: Publication, width: int, scheme: str
) -> None:
    page = shown(browser, html_of(publication), width=width, scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("table.paper").bounding_box()["width"] <= 600  # type: ignore[index]
    for door in page.locator(".doors a").all():
        assert door.is_visible()
        assert door.bounding_box()["height"] >= 40  # type: ignore[index]
    assert not page.locator(".preheader").is_visible()
    ratio, where = page.evaluate(WORST_CONTRAST)
    assert ratio >= 4.5, where
    page.close()


def test_the_dark_page_is_dark(browser: Browser) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        page = shown(browser, html_of(PUBLICATION), width=600, scheme=scheme)
        grounds.append(
            page.evaluate("getComputedStyle(document.querySelector('.paper')).backgroundColor")
        )
        page.close()
    assert grounds == ["rgb(255, 255, 255)", "rgb(27, 32, 35)"]


@pytest.mark.parametrize("width", [320, 600])
def test_without_images_the_words_stand(browser: Browser, width: int) -> None:
    page = shown(browser, html_of(WITH_LOGO), width=width, scheme="light", images=False)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.get_by_role("heading", name="The Evening Tide").is_visible()
    page.close()


def test_long_words_do_not_push_the_page_apart(browser: Browser) -> None:
    word = "Bürgermeisterkandidatendebattenübertragungs" * 4
    lead = replace(
        LEAD, title=word, lede=f"https://www.porttide.example/{word} {word}",
        image=Image("https://www.porttide.example/images/none.jpg", word, 1200, 675),
    )  # fmt: skip
    edition = replace(large_edition(6), lead=lead)
    page = shown(browser, seen_by_reader(edition).html, width=375, scheme="light")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.close()
