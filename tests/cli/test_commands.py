"""The other commands, as a person or a script meets them."""

import email
import email.policy
import json
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.cli.conftest import ROOT, Digest, environment, run_digest
from tests.unit.deliver.keys import pem

OPML = """<opml version="2.0"><body><outline text="Gull Head Radio"
xmlUrl="https://gull.example/feed"/></body></opml>"""


def test_init_keeps_what_is_there(tmp_path: Path) -> None:
    assert run_digest(tmp_path, "init", "news").code == 0
    key = (tmp_path / "news" / ".env").read_text()
    assert re.search(r"^DIGEST_SECRET_KEY=[0-9a-f]{64}$", key, re.MULTILINE)
    assert stat.S_IMODE((tmp_path / "news" / ".env").stat().st_mode) == 0o600
    (tmp_path / "news" / "config" / "digest.toml").write_text("mine")
    again = run_digest(tmp_path, "init", "news")
    assert again.code == 0
    assert "kept  news/config/digest.toml" in again.out
    assert (tmp_path / "news" / "config" / "digest.toml").read_text() == "mine"
    assert (tmp_path / "news" / ".env").read_text() == key


def test_two_newsrooms_have_two_keys(tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert run_digest(tmp_path, "init", name).code == 0
    assert (tmp_path / "one" / ".env").read_text() != (tmp_path / "two" / ".env").read_text()


def test_outside_a_newsroom(tmp_path: Path) -> None:
    done = run_digest(tmp_path, "status")
    assert done.code == 2
    assert "digest init NAME" in done.err


def test_gather_twice(digest: Digest) -> None:
    first = json.loads(digest("gather", "--json").out)
    assert [(feed["name"], feed["n_new"]) for feed in first] == [
        ("tide", 30), ("county", 14), ("record", 14), ("radio", 12),
    ]  # fmt: skip
    second = json.loads(digest("gather", "--json").out)
    assert sum(feed["n_new"] for feed in second) == 0


def test_gather_names_a_dead_feed_and_exits_with_1(digest: Digest, newsroom: Path) -> None:
    (newsroom / "config" / "sample" / "radio.wp.json").write_text("<html>moved</html>")
    done = digest("gather")
    assert done.code == 1
    assert re.search(r"radio +FAILED", done.out)
    assert re.search(r"tide +ok", done.out)


def test_feeds(digest: Digest, newsroom: Path) -> None:
    assert "never polled" in digest("feeds", "list").out
    checked = json.loads(digest("feeds", "check", "county", "--json").out)
    assert checked[0]["n_entries"] == 14
    assert "never polled" in digest("feeds", "list").out, "check must store nothing"
    assert digest("feeds", "check", "gannet").code == 2
    (newsroom / "list.opml").write_text(OPML)
    assert "added  gull-head-radio" in digest("feeds", "import-opml", "list.opml").out
    assert "kept   https://gull.example/feed" in digest("feeds", "import-opml", "list.opml").out
    assert 'xmlUrl="https://gull.example/feed"' in digest("feeds", "export-opml").out
    assert digest("feeds", "import-opml", "nowhere.opml").code == 1


def test_status_of_a_new_newsroom_says_what_to_do(digest: Digest) -> None:
    out = digest("status").out
    assert re.search(r"next due  \d{4}-\d\d-\d\d 18:00 A[SD]T$", out, re.MULTILINE)
    found = json.loads(digest("status", "--json").out)[0]
    assert datetime.fromisoformat(found["next_due"]).utcoffset() == timedelta()
    assert "digest subscribers import FILE" in out
    assert "digest send --dry-run" in out


@pytest.mark.usefixtures("readers")
def test_a_terminal_that_knows_only_ascii(digest: Digest) -> None:
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    assert digest("subscribers", "add", "zoe@porttide.example", "--name", "Zoé").code == 0
    shown = digest("subscribers", "list", **ascii_only)
    assert (shown.code, shown.err) == (0, "")
    assert "Zo?" in shown.out
    as_json = digest("subscribers", "list", "--json", **ascii_only)
    assert "Zoé" in [one["name"] for one in json.loads(as_json.out)]
    assert "Zoé" in digest("subscribers", "export", **ascii_only).out, "a file is UTF-8"


def test_doctor(digest: Digest) -> None:
    well = digest("doctor")
    assert well.code == 0
    assert "messages are kept, none is sent" in well.out
    ill = digest("doctor", "--json", DIGEST_SMTP_URL="smtps://user:hunter22@127.0.0.1:1",
                 DIGEST_BASE_URL="https://w.example")  # fmt: skip
    assert ill.code == 1
    found = {one["what"]: one for one in json.loads(ill.out)}
    assert found["relay"]["is_ok"] is False
    assert found["database"]["is_ok"] is True
    assert found["pages"]["is_ok"] is False
    assert found["pages"]["detail"].startswith("https://w.example does not answer (")
    assert "start `digest run`" in found["pages"]["detail"]
    assert "hunter22" not in ill.said


def test_doctor_finds_whether_the_pages_answer(digest: Digest, newsroom: Path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    quiet = digest("doctor", DIGEST_BASE_URL=address)
    assert quiet.code == 0, "nothing is sent yet"
    words = f"{address} does not answer (Connection refused), which it must before you go live"
    assert words in quiet.out
    config = newsroom / "config" / "digest.toml"
    config.write_text(config.read_text("utf-8").replace("port = 8025", f"port = {port}"), "utf-8")
    with started(newsroom, "serve"):
        wait_for(lambda: f"{address} answers" in digest("doctor", DIGEST_BASE_URL=address).out)
        elsewhere = digest("doctor", DIGEST_BASE_URL=f"{address}/kestrel/nowhere")
    assert f"{address}/kestrel/nowhere answers 404" in elsewhere.out


def test_doctor_checks_the_rest_when_the_database_can_not_be_opened(
    digest: Digest, newsroom: Path
) -> None:
    (newsroom / "damaged.db").write_text("no database" * 100)
    for url, words in (
        ("sqlite:///nowhere/digest.db", "nowhere for the database is missing"),
        ("sqlite:///damaged.db", "is not a digest database"),
        ("postgresql://me:hunter22@127.0.0.1:1/digest", "can't be opened"),
    ):
        done = digest("doctor", "--json", DIGEST_DATABASE_URL=url)
        assert done.code == 1
        found = {one["what"]: one for one in json.loads(done.out)}
        assert found["database"]["is_ok"] is False
        assert words in found["database"]["detail"]
        assert found["templates"]["is_ok"] is found["feed tide"]["is_ok"] is True
        assert "hunter22" not in done.said


def test_doctor_on_a_dkim_key_that_signs_nothing(digest: Digest) -> None:
    ill = digest("doctor", DIGEST_DKIM_KEY=pem())
    assert ill.code == 1
    assert re.search(r"^WRONG  dkim  .*no publication has \[publications\.dkim\]$", ill.out, re.M)
    wrong = digest("doctor", DIGEST_DKIM_KEY=pem()[:400])
    assert wrong.code == 2
    assert "DIGEST_DKIM_KEY: expected an RSA private key" in wrong.err
    assert pem()[100:140] not in ill.said + wrong.said


@pytest.mark.usefixtures("readers")
def test_purge_keeps_editions_and_counts(digest: Digest, newsroom: Path) -> None:
    assert digest("send").code == 0
    config = newsroom / "config" / "digest.toml"
    text = config.read_text("utf-8").replace("deliveries_days = 90", "deliveries_days = 1")
    config.write_text(text, "utf-8")
    assert json.loads(digest("purge", "--json").out) == {"n_deliveries": 0, "n_stories": 0}
    assert json.loads(digest("status", "--json").out)[0]["editions"][0]["counts"]["sent"] == 23


def test_help_of_every_command(digest: Digest) -> None:
    listed = digest("--help").out
    for command in ("init", "demo", "gather", "preview", "send", "status", "run", "purge",
                    "doctor", "feeds", "subscribers"):  # fmt: skip
        assert re.search(rf"^  {command} ", listed, re.MULTILINE)
        assert digest(command, "--help").code == 0


def test_demo(tmp_path: Path) -> None:
    done = run_digest(tmp_path, "demo", DIGEST_SMTP_URL="smtp://relay.example:25")
    assert done.code == 0
    messages = tmp_path / "var" / "demo" / "messages"
    assert len(list(messages.glob("*.eml"))) == 23
    assert (messages / "images" / "ferry.jpg").exists()
    page = (messages / "ada.fraser@readers.example.html").read_text("utf-8")
    assert 'src="images/ferry.jpg"' in page
    for path in messages.glob("*.eml"):
        parts = email.message_from_bytes(path.read_bytes(), policy=email.policy.default).walk()
        text = "".join(part.get_content() for part in parts if not part.is_multipart())
        assert "127.0.0.1" not in text, "a picture on this machine is nobody else's"
    assert re.search(r"messages sent +23", done.out)
    assert run_digest(tmp_path, "demo").code == 0, "safe to run again"


def test_the_wheel_works_outside_the_checkout(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--wheel", "-o", tmp_path, ROOT],
        check=True,
        capture_output=True,
    )
    wheel = next(tmp_path.glob("*.whl"))
    site = tmp_path / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index",
         "--target", site, wheel],
        check=True, capture_output=True,
    )  # fmt: skip
    alone = {"PYTHONPATH": str(site)}
    assert run_digest(tmp_path, "init", "news", **alone).code == 0
    done = run_digest(tmp_path / "news", "send", "--dry-run", **alone)
    assert done.code == 0
    assert "Harbour ferry gets five more years" in done.out


@pytest.mark.usefixtures("readers")
def test_run_sends_at_the_hour_and_stops_when_asked(newsroom: Path) -> None:
    config = newsroom / "config" / "digest.toml"
    hour = datetime.now(UTC).astimezone(ZoneInfo("America/Halifax")) - timedelta(minutes=1)
    text = config.read_text("utf-8").replace('send_at = "18:00"', f'send_at = "{hour:%H:%M}"')
    port = free_port()
    config.write_text(text.replace("port = 8025", f"port = {port}"), "utf-8")
    with started(newsroom, "run"):
        wait_for(lambda: b"ending=sent" in (newsroom / "log").read_bytes())
        health = httpx.get(f"http://127.0.0.1:{port}/healthz")
        again = run_digest(newsroom, "run")
    written = (newsroom / "log").read_text("utf-8")
    assert "Traceback" not in written
    assert len(list((newsroom / "var" / "outbox" / "new").iterdir())) == 23
    assert "@readers.example" not in written, "addresses stay out of logs"
    assert "event=stopped" in written
    assert health.json() == {"status": "ok"}
    assert again.code == 1, "a second one finds the port taken"
    assert f"port {port}" in again.err


def test_run_refuses_to_start_when_no_night_could_be_sent(digest: Digest, newsroom: Path) -> None:
    unset = digest(
        "run", DIGEST_SMTP_URL="smtp://relay.example", DIGEST_BASE_URL="http://w.example"
    )
    assert (unset.code, unset.out) == (2, "")
    assert "DIGEST_BASE_URL: expected https://" in unset.err
    config = newsroom / "config" / "digest.toml"
    text = config.read_text("utf-8")
    config.write_text(text.replace("{{ lead.title }}", "{{ lead.titel }}"), "utf-8")
    broken = digest("run")
    assert (broken.code, broken.out) == (2, "")
    assert "titel" in broken.err


@contextmanager
def started(newsroom: Path, *words: str) -> Iterator[None]:
    """`digest WORDS` while the block runs, its standard error in the file `log`; it must end well
    when it is asked to."""
    with (newsroom / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "digest", *words],
            cwd=newsroom, env=environment(), stdout=subprocess.DEVNULL, stderr=log,
        )  # fmt: skip
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(timeout=30)
    assert code == 0, (newsroom / "log").read_text("utf-8")


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(is_done: object, timeout_s: float = 60) -> None:
    """Until it is so; another process gives no other sign."""
    assert callable(is_done)
    end = time.monotonic() + timeout_s
    while not is_done():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
