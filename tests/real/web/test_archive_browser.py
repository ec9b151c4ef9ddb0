"""The archive in Chromium: what a feed said stays words, and the list reads well.

Stored XSS: pages are opened as browsers get them, and again with the Content-Security-Policy taken
away, so that it is the escaping which holds. Whatever ran would set `window.ran`.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from digest.model.edition import Edition, EditionSection, Source, Story
from digest.model.feeds import Image
from tests.real.compose.test_look import WORST_CONTRAST
from tests.real.web.server import BASE_URL, SLUG, Web
from tests.unit.compose.editions import DAY, EDITION, LEAD

pytestmark = pytest.mark.needs_chromium

PATH = f"/{SLUG}/{DAY}"
EVIL = [
    "</title></head><body onload=ran=1><script>ran=1</script>",
    "\"><script>ran=1</script><img src=x onerror=ran=1><meta property='og:title' content='x",
    "' onmouseover='ran=1' autofocus onfocus='ran=1",
    "--><svg onload=ran=1><!--",
    "<![CDATA[<script>ran=1</script>]]>",
    "&lt;script&gt;ran=1&lt;/script&gt; &quot; onload=&#x22;ran=1 {{ 7*7 }}",
]
EVIL_URLS = [
    "javascript:ran=1//https://x.example/",
    "data:text/html,<script>opener.ran=1</script>",
    "https://x.example/\"onerror='ran=1'onload='ran=1'",
    "https://x.example/'><script>ran=1</script>",
    "https://x.example/</script></head><body/onload=ran=1>",
]


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


def opened(browser: Browser, web: Web, *, bypass_csp: bool = False, width: int = 800) -> Page:
    """A page that loads nothing but from us."""
    context = browser.new_context(
        base_url=str(web.client.base_url),
        bypass_csp=bypass_csp,
        viewport={"width": width, "height": 800},
    )
    page = context.new_page()
    page.route("https://**", lambda route: route.abort())
    return page


def evil_edition(text: str, url: str) -> Edition:
    """Every word and address of a feed is the attacker's."""
    source = Source("evil", text, url)
    evil: Story = replace(
        LEAD, title=text, lede=text, byline=text, dateline=text, credit=text, url=url,
        categories=(text,), image=Image(url, text, 1200, 675), source=source,
        also=(replace(source, label=f"{text} too"),), language=text,
    )  # fmt: skip
    section = EditionSection("news", text, (replace(evil, id=2), replace(evil, id=3, image=None)))
    return replace(EDITION, lead=evil, sections=(section,))


ATTRIBUTE = "(name) => document.querySelectorAll(`meta[property='${name}'],meta[name='${name}']`)"
VALUES = f"name => [...({ATTRIBUTE})(name)].map(one => one.content)"
HANDLERS = """() => [...document.querySelectorAll('*')].flatMap(e => [...e.attributes]).filter(
  a => a.name.startsWith('on') || /^\\s*(javascript|data):/i.test(a.value) && a.value !== 'data:,'
).map(a => a.name + '=' + a.value)"""


def nothing_runs(page: Page) -> None:
    """Also not after the pointer and the keyboard have been everywhere."""
    assert page.locator("script, svg, iframe, object, embed, form, base").count() == 0
    assert page.evaluate(HANDLERS) == []
    for link in page.locator("a").all():
        link.dispatch_event("mouseover")
        link.focus()
    for image in page.locator("img").all():
        image.dispatch_event("error")
    assert page.evaluate("typeof window.ran") == "undefined"


@pytest.mark.parametrize("bypass_csp", [False, True], ids=["csp", "no-csp"])
@pytest.mark.parametrize("at", range(len(EVIL)))
def test_what_a_feed_says_is_words_in_every_page(
    browser: Browser, web: Web, at: int, bypass_csp: bool
) -> None:
    text, url = EVIL[at], EVIL_URLS[at % len(EVIL_URLS)]
    web.publish(evil_edition(text, url), subject=text)
    page = opened(browser, web, bypass_csp=bypass_csp)
    for path in (PATH, f"/{SLUG}", f"/{SLUG}/2026-03"):
        page.goto(path)
        nothing_runs(page)
    page.goto(PATH)
    is_web = url.startswith("https:")
    wanted = {
        "og:title": [text],
        "og:description": [text],
        "description": [text],
        "og:image": [url] if is_web else [],
        "og:image:alt": [text] if is_web else [],
        "og:url": [BASE_URL + PATH],
        "og:site_name": ["The Evening Tide"],
    }
    assert {name: page.evaluate(VALUES, name) for name in wanted} == wanted
    assert page.evaluate("document.head.querySelectorAll('meta[name=robots]').length") == 1
    page.goto(f"/{SLUG}")
    assert page.evaluate(VALUES, "og:image") == ([url] if is_web else [])
    assert page.locator(".editions span").all_text_contents() == [text]
    assert page.locator(".editions p").all_text_contents() == [text]
    page.context.close()


@pytest.mark.parametrize("at", range(len(EVIL)))
def test_what_a_feed_says_is_words_in_ours(browser: Browser, web: Web, at: int) -> None:
    text, url = EVIL[at], EVIL_URLS[at % len(EVIL_URLS)]
    web.publish(evil_edition(text, url), subject=text)
    page = opened(browser, web, bypass_csp=True)
    page.goto(f"/{SLUG}/feed.xml")
    assert page.evaluate("typeof window.ran") == "undefined"
    parsed = """xml => { const it = new DOMParser().parseFromString(xml, 'application/xml');
      return [it.querySelectorAll('parsererror').length, it.querySelectorAll('item').length,
        it.querySelector('item > title').textContent, it.querySelector('item > link').textContent,
        it.querySelector('item > description').textContent]; }"""
    page.goto("about:blank")
    n_errors, n_items, title, link, description = page.evaluate(
        parsed, web.client.get(f"/{SLUG}/feed.xml").text
    )
    assert (n_errors, n_items, title, link) == (0, 1, text, BASE_URL + PATH)
    # As a feed reader shows it that trusts its feeds.
    page.set_content(description)
    nothing_runs(page)
    assert page.locator("strong").all_text_contents() == [text]
    assert page.locator("li").all_text_contents() == [text, text]
    is_web = url.startswith("https:")
    sources = page.locator("img").evaluate_all("all => all.map(e => e.getAttribute('src'))")
    assert sources == ([url] if is_web else [])
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 375, 1000])
def test_the_list_reads_at_every_width(browser: Browser, web: Web, width: int, scheme: str) -> None:
    for n in range(40):
        lead = replace(LEAD, title=f"The lead of a night that had much news, {n}")
        web.publish(
            replace(EDITION, day=DAY - timedelta(days=n), lead=lead),
            subject="A subject of its own" if n % 3 else "",
        )
    page = opened(browser, web, width=width)
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for path in (f"/{SLUG}", f"/{SLUG}/2026-02"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        ratio, where = page.evaluate(WORST_CONTRAST)
        assert ratio >= 4.5, where
        assert page.locator("h1").count() == 1
        for target in page.locator("a").all():
            box = target.bounding_box()
            assert box is not None
            assert box["height"] >= 24, target.text_content()
    page.get_by_role("link", name="March").click()
    page.get_by_role("heading", name="March 2026", level=1).wait_for()
    page.get_by_role("link", name="Latest editions").click()
    page.get_by_role("heading", name="All editions").wait_for()
    assert len(page.content().encode()) < 100_000
    page.context.close()
