"""The checklist of the law names tests that are there."""

import re
from email import message_from_bytes, policy
from pathlib import Path

from digest.model.message import Recipient
from digest.press import Press
from tests.unit.compose.editions import EDITION, KEY, PUBLICATION
from tests.unit.compose.wrap import templates

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "law.md").read_text(encoding="utf-8")


def test_every_test_that_the_law_names_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)
    assert len(named) > 20
    for file, test in named:
        assert re.search(rf"^def {test}\(", (ROOT / file).read_text("utf-8"), re.MULTILINE), test


def test_every_duty_has_a_test() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| ") and "---" not in line]
    assert [row for row in rows if "::" not in row and not row.startswith("| duty")] == []


def test_no_picture_and_no_story_link_tells_one_reader_from_another() -> None:
    """Open pixels and counting links are what needs consent; the mail has neither."""
    base = "https://wrap.porttide.example"
    press = Press(
        EDITION, PUBLICATION, templates(), created_at=EDITION.cutoff, base_url=base, key=KEY
    )  # fmt: skip

    def led_to(reader: Recipient) -> tuple[set[str], set[str]]:
        message = message_from_bytes(press.envelope(reader).message, policy=policy.default)
        body = message.get_body(("html",))
        assert body is not None
        html = body.get_content()
        pictures = set(re.findall(r'src="([^"]+)"', html))
        return pictures, set(re.findall(r'href="([^"]+)"', html))

    pictures, links = led_to(Recipient(1, "ada@readers.example"))
    others_pictures, others_links = led_to(Recipient(2, "omar@readers.example"))
    assert pictures == others_pictures
    assert pictures
    own = {link for link in links ^ others_links if link.startswith((f"{base}/u/", f"{base}/p/"))}
    assert links ^ others_links == own
    assert {str(story.url).replace("&", "&amp;") for story in EDITION.stories if story.url} <= links
