"""An edition that did not reach everybody: what the operator sees of it, and what they can do."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from digest.store.editions import list_editions, pause_edition
from digest.store.engine import Store, open_store
from tests.cli.conftest import Digest
from tests.cli.serving import relaying
from tests.real.deliver.relays import replying

ONE = "bertram.oake@readers.example"
pytestmark = pytest.mark.usefixtures("readers")


def refusing_one(reply: str) -> Any:
    return replying("RCPT", reply, when=lambda _server, argument: ONE in argument)


def send(digest: Digest, reply: str) -> int:
    """Tonight's edition over a relay that says this to the one reader; the exit code."""
    with relaying(refusing_one(reply)) as (relay, box):
        done = digest("send", **relay)
    assert len(box.addresses) == 22, done.said
    return done.code


@contextmanager
def store_of(newsroom: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{newsroom / 'var' / 'digest.db'}")
    yield store
    store.close()


def pause(newsroom: Path) -> date:
    """As a sender does that has found too many dead addresses; the edition's day."""
    with store_of(newsroom) as store, store.write() as connection:
        (record,) = list_editions(connection)
        assert pause_edition(connection, record.id, reason="12 of 100 addresses are dead")
        return record.day


def test_whoever_is_deferred_is_listed_with_the_relays_words(digest: Digest) -> None:
    assert send(digest, "451 4.2.1 the mailbox is busy") == 1
    done = digest("deliveries", "list", "--state", "deferred")
    assert done.code == 0
    row = next(line for line in done.out.splitlines() if line.startswith(ONE))
    assert "deferred  451 4.2.1 the mailbox is busy" in row
    assert row.endswith(("AST", "ADT")), "by the publication's clock"
    assert "1 deferred, 22 sent; 1 shown" in done.out
    (found,) = json.loads(digest("deliveries", "list", "--state", "deferred", "--json").out)
    assert (found["address"], found["state"], found["code"]) == (ONE, "deferred", 451)
    assert (found["n_attempts"], found["is_uncertain"]) == (1, False)
    assert len(json.loads(digest("deliveries", "list", "--json").out)) == 23
    assert json.loads(digest("deliveries", "list", "--state", "uncertain", "--json").out) == []
    assert len(json.loads(digest("deliveries", "list", "--limit", "5", "--json").out)) == 5


def test_status_says_how_far_it_is(digest: Digest) -> None:
    assert send(digest, "451 4.2.1 the mailbox is busy") == 1
    assert "sending: 22 of 23 sent" in digest("status").out
    slow = "slowest readers.example: 1 deferred (451 4.2.1 the mailbox is busy)"
    assert slow in digest("status").out
    (edition,) = json.loads(digest("status", "--json").out)[0]["editions"]
    assert (edition["live"]["n_left"], edition["live"]["slowest"]["n_deferred"]) == (1, 1)


def test_retry_makes_the_deferred_due_now(digest: Digest, newsroom: Path) -> None:
    assert send(digest, "451 4.2.1 the mailbox is busy") == 1
    done = digest("deliveries", "retry")
    assert done.code == 0
    assert "1 batch with 1 deferred is tried at the next run: `digest send" in done.out
    with sqlite3.connect(newsroom / "var" / "digest.db") as connection:
        waiting = connection.execute("SELECT count(*) FROM batch WHERE not_before IS NOT NULL")
        assert waiting.fetchone() == (0,)
    connection.close()
    assert "nothing waits" in digest("deliveries", "retry").out
    with relaying() as (relay, box):
        assert digest("send", "--no-gather", **relay).code == 0
    assert box.addresses == [ONE]
    (edition,) = json.loads(digest("status", "--json").out)[0]["editions"]
    assert (edition["state"], edition["live"]) == ("sent", None)


def test_a_failed_reader_is_released_once_the_address_is_right(digest: Digest) -> None:
    assert send(digest, "550 5.1.1 no such user") == 0
    assert "failed  550 5.1.1 no such user" in digest("deliveries", "list", "--state", "failed").out
    lifted = digest("subscribers", "add", ONE, "--consent", "called on 2026-11-25")
    assert lifted.code == 0, lifted.said
    done = digest("deliveries", "release", "--state", "failed")
    assert done.code == 0
    assert "1 reader that was failed is tried again: `digest send" in done.out
    assert "`digest run` by itself" in done.out
    assert "nobody is failed" in digest("deliveries", "release", "--state", "failed").out
    with relaying() as (relay, box):
        again = digest("send", "--no-gather", **relay)
    assert again.code == 0, again.said
    assert box.addresses == [ONE]
    listed = json.loads(digest("deliveries", "list", "--json").out)
    assert {one["state"] for one in listed} == {"sent"}


def test_a_paused_edition_waits_for_resume(digest: Digest, newsroom: Path) -> None:
    assert send(digest, "451 4.2.1 the mailbox is busy") == 1
    day = pause(newsroom)
    with relaying() as (relay, box):
        done = digest("send", "--no-gather", **relay)
        assert done.code == 1
        assert "paused: " in done.err
        assert "12 of 100 addresses are dead" in done.err
        assert f"look, then digest send --resume --publication kestrel --day {day}" in done.err
        assert box.addresses == []
        assert "paused: 22 of 23 sent" in digest("status").out
        found = digest("send", "--no-gather", "--json", **relay)
        assert (found.code, json.loads(found.out)[0]["ending"]) == (1, "paused")
        assert "look, then digest send --resume" in digest("deliveries", "retry").out
        resumed = digest("send", "--no-gather", "--resume", **relay)
        assert resumed.code == 0, resumed.said
        assert box.addresses == [ONE]
    assert "already sent" in digest("send", "--no-gather", "--resume").out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("deliveries", "list"), "kestrel has no edition yet"),
        (("deliveries", "list", "--day", "2026-03-12"), "kestrel has no edition of 2026-03-12"),
        (("deliveries", "list", "--day", "tonight"), "expected a date such as"),
        (("deliveries", "list", "--state", "lost"), "lost"),
        (("deliveries", "list", "--limit", "0"), "--limit"),
        (("deliveries", "list", "-p", "gannet"), "There are: kestrel"),
        (("deliveries", "release"), "--state"),
        (("deliveries", "release", "--state", "sent"), "sent"),
        (("send", "--resume", "--dry-run"), "--resume sends for real"),
    ],
)
def test_wrong_words_exit_with_2(digest: Digest, words: tuple[str, ...], expected: str) -> None:
    done = digest(*words)
    assert done.code == 2
    assert expected in done.err


@pytest.mark.parametrize("words", [("list",), ("retry",), ("release", "--state", "failed")])
def test_a_skipped_edition_has_none(digest: Digest, newsroom: Path, words: tuple[str, ...]) -> None:
    config = newsroom / "config" / "digest.toml"
    text = config.read_text("utf-8")
    config.write_text(text.replace("min_stories = 3", "min_stories = 99"), "utf-8")
    assert "nothing to send" in digest("send").out
    done = digest("deliveries", *words)
    assert done.code == 2
    assert "was skipped" in done.err
    assert "the minimum is 99" in done.err


def let_it_grow_old(newsroom: Path) -> None:
    config = newsroom / "config" / "digest.toml"
    text = config.read_text("utf-8")
    config.write_text(text.replace("stale_after_h = 12", "stale_after_h = 0.000001"), "utf-8")


def test_old_news_is_not_released_only_to_expire(digest: Digest, newsroom: Path) -> None:
    assert send(digest, "550 5.1.1 no such user") == 0
    let_it_grow_old(newsroom)
    done = digest("deliveries", "release", "--state", "failed")
    assert done.code == 2
    assert "raise stale_after_h" in done.err
    assert "1 failed, 22 sent" in digest("deliveries", "list").out


def test_old_news_is_not_resumed_only_to_expire(digest: Digest, newsroom: Path) -> None:
    assert send(digest, "451 4.2.1 the mailbox is busy") == 1
    day = pause(newsroom)
    let_it_grow_old(newsroom)
    done = digest("send", "--no-gather", "--resume")
    assert done.code == 2
    assert f"kestrel, {day}: this edition is older than 1e-06 hours" in done.err
    assert "raise stale_after_h" in done.err
    assert "1 deferred, 22 sent" in digest("deliveries", "list").out
    assert "paused: 22 of 23 sent" in digest("status").out


def test_whoever_expires_is_left_without_it(digest: Digest, newsroom: Path) -> None:
    assert send(digest, "451 4.2.1 the mailbox is busy") == 1
    let_it_grow_old(newsroom)
    for ending in ("sent", "already sent"):
        done = digest("send", "--no-gather")
        assert done.code == 1
        assert f": {ending}: " in done.err
        assert "1 did not get it before it was old news" in done.err


def test_uncertain_is_resend_or_hold(digest: Digest, newsroom: Path) -> None:
    config = newsroom / "config" / "digest.toml"
    text = config.read_text("utf-8")
    config.write_text(text.replace('uncertain = "resend"', 'uncertain = "hold"'), "utf-8")
    assert digest("status").code == 0
    config.write_text(text.replace('uncertain = "resend"', 'uncertain = "drop"'), "utf-8")
    done = digest("status")
    assert done.code == 2
    assert "deliver.uncertain" in done.err
    assert "'resend' or 'hold'" in done.err
