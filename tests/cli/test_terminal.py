"""What a person sees on a terminal, through a pseudo-terminal of its width."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.cli.conftest import Digest, environment

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\r")
STORY = re.compile(
    r"^ +\d\.\d\d   (the lead: most points|(Town Hall|Harbour & Business|News|Schools|Sports|Arts"
    r"|Obituaries|Weather)[^,…]*, \d+ of \d+) +(\S.{20,})$",
    re.MULTILINE,
)


def seen(newsroom: Path, width: int, *words: str) -> str:
    """What `digest WORDS` leaves on a terminal so many columns wide."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    env = {name: value for name, value in environment(TERM="xterm").items() if name != "COLUMNS"}
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "digest", *words],
        cwd=newsroom, env=env, stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    written = b""
    try:
        while block := os.read(ours, 65_536):
            written += block
    except OSError:
        pass  # Linux says EIO where the other side has closed
    finally:
        os.close(ours)
    assert process.wait(timeout=30) == 0, written
    return ESCAPE.sub("", written.decode())


@pytest.mark.parametrize("width", [80, 100, 120])
def test_the_chosen_stories(digest: Digest, newsroom: Path, width: int) -> None:
    assert digest("gather").code == 0
    screen = seen(newsroom, width, "preview", "--stored")
    table = screen[screen.index("points") :].split("written to")[0].rstrip()
    rows = table.splitlines()[2:]
    assert len(rows) == 24
    for row in rows:
        assert STORY.match(row), row
        assert len(row) <= width
    assert ("reported by" in table) == (width >= 110)


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.usefixtures("readers")
def test_numbers_are_never_squeezed(digest: Digest, newsroom: Path, width: int) -> None:
    assert digest("send").code == 0
    screen = seen(newsroom, width, "status")
    assert re.search(r"^ +\d{4}-\d\d-\d\d +sent +23 +23 +0 ", screen, re.MULTILINE), screen
