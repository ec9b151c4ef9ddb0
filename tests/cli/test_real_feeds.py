"""The main job on real feeds of the world, over HTTP and SMTP; where that folder is present."""

import email
import email.policy
import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Digest
from tests.cli.serving import caught, served

FEEDS = ROOT.parent / "shared" / "feeds"
N_ENTRIES = {
    "AmazonWebServicesBlog.xml": 10, "TechCrunch.xml": 20, "HuffPostCanada.xml": 2,
    "FeedBurnerXHTML.xml": 10, "google_alerts_atom.xml": 20, "youtube_atom.xml": 15,
    "InvalidDateFormat.xml": 2,
}  # fmt: skip
# Days on which one of them had its stories.
DAYS = ("2011-11-02", "2014-05-01", "2019-07-10")

pytestmark = pytest.mark.skipif(not FEEDS.is_dir(), reason="the real feeds are not beside this")


def configure(newsroom: Path, address: str) -> None:
    config = newsroom / "config" / "digest.toml"
    text = config.read_text("utf-8")
    text = text[: text.index("\n[[feeds]]")]
    text = text.replace("allow_private_addresses = false", "allow_private_addresses = true")
    text = text.replace("lookback_h = 24", "lookback_h = 336")
    for number, path in enumerate(sorted(FEEDS.iterdir())):
        text += f'\n[[feeds]]\nname = "feed-{number}"\ntitle = "{path.stem}"\n'
        text += f'url = "{address}{path.name}"\n'
    config.write_text(text, "utf-8")


@pytest.mark.usefixtures("readers")
def test_the_main_job_on_real_feeds(digest: Digest, newsroom: Path, tmp_path: Path) -> None:
    with served(FEEDS) as address, caught(tmp_path / "caught") as catcher:
        configure(newsroom, address)
        gathered = json.loads(digest("gather", "--json").out)
        by_file = dict(zip(sorted(FEEDS.iterdir()), gathered, strict=True))
        for path, result in by_file.items():
            if path.name in N_ENTRIES:
                assert result["n_entries"] == N_ENTRIES[path.name], path.name
            assert result["n_entries"] or "\n" not in result["detail"].strip() != ""
        items = json.loads((FEEDS / "json_feed.json").read_text("utf-8"))["items"]
        assert by_file[FEEDS / "json_feed.json"]["n_entries"] == len(items)
        relay = {
            "DIGEST_SMTP_URL": f"smtp://127.0.0.1:{catcher.port}",
            "DIGEST_BASE_URL": "https://wrap.porttide.example",
        }
        for day in DAYS:
            dry = digest("send", "--day", day, "--dry-run", **relay)
            assert dry.code == 0
            assert len(catcher.caught) % 23 == 0, "a dry run sends nothing"
            sent = digest("send", "--day", day, **relay)
            assert sent.code == 0
            assert f"kestrel, {day}: sent: “" in sent.out
        assert len(catcher.caught) == 23 * len(DAYS)
    for path in (tmp_path / "caught").glob("*.eml"):
        check_message(path.read_bytes())


def check_message(raw: bytes) -> None:
    """What every mail must keep, whatever the feeds said."""
    assert raw.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\0", raw)
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert not message.defects
    html = message.get_body(("html",))
    text = message.get_body(("plain",))
    assert html is not None
    assert text is not None
    page = str(html.get_content())
    assert "<script" not in page.lower()
    assert "javascript:" not in page.lower()
    assert "14 Wharf Street" in page
    assert "14 Wharf Street" in str(text.get_content())
