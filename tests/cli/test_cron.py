"""docs/deploy/cron: cron mails whatever its commands print, so a good night must print nothing."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, environment

COMMAND = re.compile(r"^[\d*/]\S* +\S+ +\S+ +\S+ +\S+ +digest +(.+)$", re.MULTILINE)


def commands() -> list[str]:
    return COMMAND.findall((ROOT / "docs" / "deploy" / "cron").read_text("utf-8"))


def run_as_cron(newsroom: Path, command: str) -> subprocess.CompletedProcess[str]:
    command = command.replace("/srv/digest/news", str(newsroom))
    command = command.replace("/srv/digest/venv/bin/digest", f"{sys.executable} -W error -m digest")
    return subprocess.run(
        ["/bin/sh", "-c", command],
        env=environment(), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def set_hour(newsroom: Path) -> None:
    """The hour has struck, whenever the test runs."""
    config = newsroom / "config" / "digest.toml"
    text = config.read_text("utf-8").replace('send_at = "18:00"', 'send_at = "00:00"')
    config.write_text(text, "utf-8")


@pytest.mark.usefixtures("readers")
def test_a_good_night_leaves_no_mail_from_cron(newsroom: Path) -> None:
    set_hour(newsroom)
    assert len(commands()) == 5
    for command in commands():
        done = run_as_cron(newsroom, command)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), command
    assert len(list((newsroom / "var" / "outbox" / "new").iterdir())) == 23


@pytest.mark.usefixtures("readers")
def test_trouble_is_in_the_mail(newsroom: Path) -> None:
    set_hour(newsroom)
    (newsroom / "config" / "sample" / "county.atom.xml").unlink()
    send = next(command for command in commands() if "send" in command)
    done = run_as_cron(newsroom, send)
    assert "feeds that failed: county (" in done.stderr
