"""A newsroom's folder, and the `digest` command run in it as a person would."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


Digest = Callable[..., Done]


def environment(**extra: str) -> dict[str, str]:
    """The machine's, without settings of digest's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
    return {**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **extra}


def run_digest(folder: Path, *words: str, **extra: str) -> Done:
    """`digest WORDS` in that folder."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "digest", *words],
        cwd=folder,
        env=environment(**extra),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def newsroom(tmp_path: Path) -> Path:
    """A folder that `digest init` has made."""
    assert run_digest(tmp_path, "init", "news").code == 0
    return tmp_path / "news"


@pytest.fixture
def digest(newsroom: Path) -> Digest:
    """The command, in the newsroom."""
    return lambda *words, **extra: run_digest(newsroom, *words, **extra)


@pytest.fixture
def readers(digest: Digest) -> None:
    """The newsroom has its 23 readers."""
    assert digest("subscribers", "import", "config/sample/subscribers.csv").code == 0
