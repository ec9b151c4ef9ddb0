"""`digest run` and `digest serve` as a service: readers are served while an edition goes out, and
both end in time when they are asked to."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from digest.subscribe.token import make_token
from tests.cli.conftest import environment
from tests.cli.serving import relaying
from tests.ports import free_port
from tests.real.web.raw import dial

# So slow that there is time to look while it goes out: 23 readers, 4 a second.
RATE = 4
SLUG = "kestrel"
ONE_CLICK = "List-Unsubscribe=One-Click"


@contextmanager
def started(folder: Path, *words: str, **extra: str) -> Iterator[subprocess.Popen[bytes]]:
    """`digest WORDS` while the block runs, its standard error in the file `log`."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "digest", *words],
            cwd=folder, env=environment(**extra), stdout=subprocess.DEVNULL, stderr=log,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def served_at(folder: Path, *, at_this_hour: bool) -> str:
    """The newsroom on a free port; its edition is due now or, else, not today."""
    config = folder / "config" / "digest.toml"
    hour = datetime.now(UTC).astimezone(ZoneInfo("America/Halifax")) - timedelta(minutes=1)
    text, port = config.read_text("utf-8"), free_port()
    if at_this_hour:
        text = text.replace('send_at = "18:00"', f'send_at = "{hour:%H:%M}"')
    config.write_text(text.replace("port = 8025", f"port = {port}"), "utf-8")
    return f"http://127.0.0.1:{port}"


def until(is_done: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Wait; another process gives no other sign."""
    end = time.monotonic() + 60
    while not is_done():
        assert process.poll() is None, "it has ended"
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def is_up(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz").status_code == 200
    except httpx.TransportError:
        return False


def log_of(folder: Path) -> str:
    return (folder / "log").read_text("utf-8")


def way_out(folder: Path, subscriber_id: int) -> str:
    """The path of that reader's unsubscribe link."""
    key = re.search(r"DIGEST_SECRET_KEY=(\S+)", (folder / ".env").read_text("utf-8"))
    assert key is not None
    token = make_token(
        key[1].encode(), purpose="unsubscribe", subscriber_id=subscriber_id, publication=SLUG
    )
    return f"/u/{token}"


def last_reader(folder: Path) -> tuple[int, str]:
    """Who is served last: batches go by ascending id."""
    with sqlite3.connect(folder / "var" / "digest.db") as connection:
        query = "SELECT id, address FROM subscriber ORDER BY id DESC LIMIT 1"
        (found,) = connection.execute(query)
    connection.close()
    return int(found[0]), str(found[1])


@pytest.mark.usefixtures("readers")
def test_pages_answer_while_an_edition_goes_out(newsroom: Path) -> None:
    address = served_at(newsroom, at_this_hour=True)
    with relaying() as (relay, box):
        relay["DIGEST_SMTP_URL"] += f"?rate={RATE}"
        with started(newsroom, "run", **relay) as process:
            until(lambda: is_up(address) and bool(box.accepted), process)
            leaver_id, leaver = last_reader(newsroom)
            slowest, n_seen = 0.0, set[int]()
            with httpx.Client(base_url=address) as client:
                answer = client.post(way_out(newsroom, leaver_id), content=ONE_CLICK)
                assert (answer.status_code, len(box.accepted) < 22) == (200, True)
                while "ending=sent" not in log_of(newsroom):
                    for path in (f"/{SLUG}", "/healthz", "/metrics"):
                        began = time.monotonic()
                        assert client.get(path).status_code == 200
                        slowest = max(slowest, time.monotonic() - began)
                    n_seen.add(len(box.accepted))
                    assert process.poll() is None
                figures = client.get("/metrics").text
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
    assert len(n_seen) > 5, "pages were asked for all along"
    assert slowest < 1.0
    assert len(box.accepted) == 22
    assert leaver not in box.addresses, "who left while it went out is not sent it"
    assert 'digest_latest_edition_deliveries{publication="kestrel",state="sent"} 22' in figures
    assert 'digest_readers{publication="kestrel",status="unsubscribed"} 1' in figures
    assert "Traceback" not in log_of(newsroom)
    assert "/u/" not in log_of(newsroom)


@pytest.mark.parametrize("command", ["run", "serve"])
def test_both_serve_and_end_in_time(newsroom: Path, command: str) -> None:
    """Also with clients that hold on: one silent, one in the middle of a form."""
    address = served_at(newsroom, at_this_hour=False)
    with started(newsroom, command) as process, ExitStack() as crowd:
        until(lambda: is_up(address), process)
        crowd.enter_context(dial(address))
        half = f"POST {way_out(newsroom, 1)} HTTP/1.1\r\nHost: w\r\nContent-Length: 9\r\n\r\na"
        crowd.enter_context(dial(address)).sendall(half.encode())
        kept = crowd.enter_context(httpx.Client(base_url=address))
        assert kept.get(f"/{SLUG}").status_code == 200
        began = time.monotonic()
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(20) == 0
        assert time.monotonic() - began < 8
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{address}/healthz")
    assert "Traceback" not in log_of(newsroom)
    assert "Exception" not in log_of(newsroom)


@pytest.mark.usefixtures("readers")
def test_a_stop_in_the_middle_of_an_edition_is_in_time_and_loses_nobody(newsroom: Path) -> None:
    served_at(newsroom, at_this_hour=True)
    with relaying() as (relay, box):
        relay["DIGEST_SMTP_URL"] += f"?rate={RATE}"
        with started(newsroom, "run", **relay) as process:
            until(lambda: len(box.accepted) >= 3, process)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
            assert time.monotonic() - began < 8
        assert len(box.accepted) < 23
        relay["DIGEST_SMTP_URL"] = relay["DIGEST_SMTP_URL"].replace(f"rate={RATE}", "rate=200")
        with started(newsroom, "run", **relay) as process:
            until(lambda: "ending=sent" in log_of(newsroom), process)
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
    assert len(box.accepted) == 23
    assert len(set(box.addresses)) == 23
