"""The night by hand: dry run, test copy, send, send again; and what a person reads of each."""

import email
import email.policy
import json
import re
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Digest
from tests.cli.serving import caught

NEW_STORY = """<item><title>Lighthouse keeper retires after forty winters</title>
<link>https://www.porttide.example/keeper</link><guid>keeper-1</guid>
<description>PORT KESTREL - The light at Gull Head goes automatic next month, and its keeper goes
home to a house that he has mostly seen from above.</description>
<category>News</category></item></channel>"""


def state_of(newsroom: Path) -> list[str]:
    """Everything in the database, as SQL."""
    with sqlite3.connect(newsroom / "var" / "digest.db") as connection:
        dump = list(connection.iterdump())
    connection.close()
    return dump


def outbox(newsroom: Path) -> list[Path]:
    return sorted((newsroom / "var" / "outbox" / "new").glob("*"))


def add_story(newsroom: Path) -> None:
    feed = newsroom / "config" / "sample" / "tide.xml"
    feed.write_text(feed.read_text(encoding="utf-8").replace("</channel>", NEW_STORY), "utf-8")


def test_a_dry_run_on_a_fresh_folder(digest: Digest, newsroom: Path) -> None:
    done = digest("send", "--dry-run")
    assert done.code == 0
    assert "Harbour ferry gets five more years" in done.out
    assert "0 readers would get it" in done.out
    assert "Nothing was changed" in done.out
    assert outbox(newsroom) == []


@pytest.mark.usefixtures("readers")
def test_a_dry_run_changes_nothing(digest: Digest, newsroom: Path) -> None:
    assert digest("gather").code == 0
    add_story(newsroom)
    before = state_of(newsroom)
    first, second = digest("send", "--dry-run"), digest("send", "--dry-run")
    assert "Lighthouse keeper retires" in first.out
    # Points fall as stories age, be it between two runs.
    assert re.sub(r" *-?\d+\.\d\d ", " ", first.out) == re.sub(r" *-?\d+\.\d\d ", " ", second.out)
    assert "23 readers would get it" in first.out
    assert state_of(newsroom) == before
    assert digest("preview").code == 0
    assert state_of(newsroom) == before


@pytest.mark.usefixtures("readers")
def test_a_dry_run_writes_what_readers_would_see(digest: Digest, newsroom: Path) -> None:
    assert digest("send", "--dry-run", "--show", "4").code == 0
    files = sorted((newsroom / "var" / "preview").iterdir())
    assert [path.suffix for path in files].count(".eml") == 4
    html = next(path for path in files if path.suffix == ".html").read_text("utf-8")
    text = next(path for path in files if path.suffix == ".txt").read_text("utf-8")
    assert "Harbour ferry gets five more years" in html
    assert "14 Wharf Street" in text
    messages = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                for path in files if path.suffix == ".eml"]  # fmt: skip
    bodies = {str(message.get_body(("html",))) for message in messages}
    assert len(bodies) == 4, "readers with different topics and links"


@pytest.mark.usefixtures("readers")
def test_send_then_send_again(digest: Digest, newsroom: Path) -> None:
    first = digest("send")
    assert first.code == 0
    assert "sent: “Harbour ferry gets five more years after province signs on” to 23" in first.out
    assert len(outbox(newsroom)) == 23
    before = {path: path.stat().st_mtime_ns for path in outbox(newsroom)}
    again = digest("send")
    assert again.code == 0
    assert "already sent" in again.out
    assert {path: path.stat().st_mtime_ns for path in outbox(newsroom)} == before


@pytest.mark.usefixtures("readers")
def test_send_with_json(digest: Digest) -> None:
    found = json.loads(digest("send", "--json").out)
    assert found[0]["ending"] == "sent"
    assert found[0]["counts"]["sent"] == 23
    status = json.loads(digest("status", "--json").out)
    assert status[0]["editions"][0]["n_left"] == 0
    assert status[0]["subscribers"] == {"confirmed": 23}


def test_without_readers_nothing_is_sent_and_nothing_lost(digest: Digest, newsroom: Path) -> None:
    done = digest("send")
    assert done.code == 0
    assert "nothing to send" in done.out
    assert "no confirmed subscribers" in done.out
    assert digest("subscribers", "add", "late@readers.example").code == 0
    assert "to 1 readers" in digest("send").out
    assert len(outbox(newsroom)) == 1


@pytest.mark.usefixtures("readers")
def test_too_few_stories_are_held_over(digest: Digest, newsroom: Path) -> None:
    config = newsroom / "config" / "digest.toml"
    text = config.read_text("utf-8")
    config.write_text(text.replace("min_stories = 3", "min_stories = 99"), "utf-8")
    done = digest("send")
    assert done.code == 0
    assert "nothing to send" in done.out
    assert "the minimum is 99" in done.out
    config.write_text(text, "utf-8")
    assert ": sent: " in digest("send").out
    assert len(outbox(newsroom)) == 23


@pytest.mark.usefixtures("readers")
def test_a_dead_feed_is_named_and_stops_nothing(digest: Digest, newsroom: Path) -> None:
    (newsroom / "config" / "sample" / "county.atom.xml").unlink()
    done = digest("send")
    assert done.code == 0
    assert "feeds that failed: county (" in done.said
    assert ": sent: " in done.out


def test_a_feed_that_waits_after_a_failure_is_named_in_json_too(
    digest: Digest, newsroom: Path
) -> None:
    (newsroom / "config" / "sample" / "county.atom.xml").unlink()
    assert digest("gather").code == 1
    for words in (("send", "--dry-run"), ("preview",)):
        done = digest(*words, "--json")
        assert "feeds that failed: county (" in done.err
        found = json.loads(done.out)
        assert (found[0] if isinstance(found, list) else found)["feeds_failed"] == ["county"]


@pytest.mark.usefixtures("readers")
def test_a_refused_relay_is_a_sentence_and_the_next_run_sends(
    digest: Digest, newsroom: Path
) -> None:
    relay = {"DIGEST_SMTP_URL": "smtp://127.0.0.1:1", "DIGEST_BASE_URL": "https://w.example"}
    done = digest("send", **relay)
    assert done.code == 1
    assert "refuses the connection" in done.err
    assert len(done.err.splitlines()[-1]) > 20
    assert digest("send").code == 0
    assert len(outbox(newsroom)) == 23


def test_sending_refuses_to_start_without_what_readers_need(digest: Digest, newsroom: Path) -> None:
    env = newsroom / ".env"
    env.write_text("DIGEST_SMTP_URL=smtp://relay.example\n")
    done = digest("send", "--no-gather")
    assert done.code == 2
    assert "DIGEST_BASE_URL: missing" in done.err
    assert "DIGEST_SECRET_KEY: missing" in done.err
    plain = digest("send", "--no-gather", DIGEST_BASE_URL="http://w.example")
    assert "expected https://" in plain.err


@pytest.mark.usefixtures("readers")
def test_yesterdays_edition(digest: Digest) -> None:
    done = digest("send", "--day", "2026-01-05", "--dry-run")
    assert done.code == 0
    assert "kestrel, 2026-01-05: nothing to send (0 stories" in done.out
    assert digest("send", "--day", "2099-01-05").code == 2


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("send", "--day", "tonight"), "expected a date such as"),
        (("send", "--publication", "gannet"), "There are: kestrel"),
        (("send", "--to", "not an address"), "--to not an address"),
        (("preview", "--as", "nobody@readers.example"), "is not a subscriber"),
        (("frobnicate",), "No such command"),
    ],
)
def test_wrong_words_exit_with_2(digest: Digest, words: tuple[str, ...], expected: str) -> None:
    done = digest(*words)
    assert done.code == 2
    assert expected in done.err


def test_wrong_settings_exit_with_2_and_name_the_key(digest: Digest, newsroom: Path) -> None:
    config = newsroom / "config" / "digest.toml"
    config.write_text(config.read_text("utf-8").replace("America/Halifax", "Halifax"), "utf-8")
    done = digest("status")
    assert done.code == 2
    assert "publications[kestrel].timezone: expected an IANA time zone" in done.err


def test_a_wrong_template_exits_with_2_and_names_the_line(digest: Digest, newsroom: Path) -> None:
    own = newsroom / "templates" / "wrap"
    own.mkdir(parents=True)
    (own / "wrap.txt.j2").write_text("{{ publication.title }}\n{{ lede }}\n")
    done = digest("send", "--dry-run")
    assert done.code == 2
    assert "wrap.txt.j2:2" in done.err


@pytest.mark.usefixtures("readers")
def test_preview_explains_each_number(digest: Digest) -> None:
    done = digest("preview", "--explain")
    assert done.code == 0
    assert "in   Harbour ferry gets five more years" in done.out
    assert "coverage: 4 sources report it" in done.out
    assert "out  " in done.out
    assert "is full" in done.out


@pytest.mark.usefixtures("readers")
def test_preview_as_a_reader_has_only_their_topics(digest: Digest, newsroom: Path) -> None:
    assert digest("preview", "--as", "bertram.oake@readers.example").code == 0
    html = next((newsroom / "var" / "preview").glob("*.html")).read_text("utf-8")
    assert "Town Hall" in html
    assert "Harbour &amp; Business" not in html


@pytest.mark.usefixtures("readers")
def test_one_test_copy_and_no_trace_of_it(digest: Digest, newsroom: Path, tmp_path: Path) -> None:
    assert digest("gather").code == 0
    before = state_of(newsroom)
    with caught(tmp_path / "caught") as catcher:
        done = digest(
            "send", "--to", "editor@porttide.example",
            DIGEST_SMTP_URL=f"smtp://127.0.0.1:{catcher.port}",
            DIGEST_BASE_URL="https://w.example",
        )  # fmt: skip
        assert done.code == 0
        assert "sent to  editor@porttide.example" in done.out
        assert [path.name for path in catcher.caught] == ["editor@porttide.example.eml"]
        message = email.message_from_bytes(catcher.caught[0].read_bytes())
    assert str(message["Subject"]).startswith("[TEST] Harbour ferry gets five more years")
    assert state_of(newsroom) == before
    assert not (newsroom / "var" / "preview").exists()
