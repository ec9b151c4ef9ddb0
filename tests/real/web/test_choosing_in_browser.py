"""Choosing, leaving and coming back in Chromium, with and without JavaScript, by keyboard too."""

import pytest
from playwright.sync_api import Browser

from digest.model.readers import Frequency
from digest.store.preferences import find_preferences
from tests.real.web.server import SLUG, Web, path_for
from tests.real.web.test_browser import browser, opened

pytestmark = pytest.mark.needs_chromium
__all__ = ["browser"]


@pytest.mark.parametrize("runs_scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_choose_leave_come_back(
    browser: Browser,
    web: Web,
    scheme: str,
    runs_scripts: bool,
) -> None:
    reader = web.subscribe("ada.fraser@readers.example")
    page = opened(browser, web, width=375, scheme=scheme, runs_scripts=runs_scripts)
    page.goto(path_for(reader, door="p"))
    for topic in ("News", "Town Hall", "Sports"):
        page.get_by_role("checkbox", name=topic).uncheck()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("alert").get_by_text("Tick at least one topic").wait_for()
    page.get_by_role("checkbox", name="Sports").check()
    page.get_by_label("Monday to Friday").check()
    page.get_by_label("2 weeks").focus()
    page.keyboard.press("Space")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Language of these pages").select_option("Français")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("status").get_by_text("Rien jusqu’au 27 mars 2026").wait_for()
    with web.store.read() as connection:
        kept = find_preferences(connection, SLUG, reader)
    assert kept is not None
    assert (kept.name, kept.language, kept.topics, kept.frequency) == (
        "Ada", "fr", ("sports",), Frequency.WEEKDAYS,
    )  # fmt: skip
    page.get_by_role("button", name="Se désabonner").click()
    page.get_by_role("heading", name="Le désabonnement est fait").wait_for()
    page.get_by_label("C’était trop souvent").check()
    page.get_by_role("button", name="Envoyer").click()
    page.get_by_role("status").get_by_text("Merci").wait_for()
    page.get_by_role("button", name="Se réabonner").click()
    page.get_by_role("status").get_by_text("L’abonnement reprend").wait_for()
    page.get_by_label("Chaque soir").check()
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_role("status").get_by_text("Chaque soir").wait_for()
    assert page.context.cookies() == []
    page.context.close()


@pytest.mark.parametrize("width", [320, 375, 1000])
def test_nothing_is_wider_than_the_screen(
    browser: Browser,
    web: Web,
    width: int,
) -> None:
    reader = web.subscribe("ada.fraser@readers.example")
    page = opened(browser, web, width=width, scheme="light", runs_scripts=True)
    page.goto(path_for(reader, door="p"))
    fields = page.locator("input:not([type=hidden]), select, button")
    for field in fields.all():
        box = field.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    assert len(page.content()) < 100_000
    page.get_by_role("button", name="Unsubscribe").click()
    page.get_by_role("heading", name="You are unsubscribed").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()
