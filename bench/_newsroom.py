"""A newsroom with many readers and the `digest send` of its night, as a whole process.
I/O: a folder on disk, processes.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench._edition import put_readers

ROOT = Path(__file__).parents[1]
SLUG = "kestrel"  # the sample's publication
MAX_STORIES = 7  # a message of some 40 KB


@dataclass(frozen=True, slots=True)
class Ran:
    """A whole command: seconds by the wall's clock and of CPU."""

    took_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Newsroom:
    """`message_bytes`: what each reader will be sent."""

    folder: Path
    message_bytes: int

    def send(self, port: int, *, n_connections: int) -> Ran:
        """`digest send` in a copy of the newsroom, so that each one has the night to send."""
        with tempfile.TemporaryDirectory(dir=self.folder.parent) as room:
            copy = shutil.copytree(self.folder, Path(room) / "news")
            # smtp-source -d keeps its connections for good, too.
            options = f"connections={n_connections}&per_connection=100000"
            begun = time.monotonic()
            process = _start(copy, "send", smtp_url=f"smtp://127.0.0.1:{port}?{options}")
            _, status, used = os.wait4(process.pid, 0)
            took_s = time.monotonic() - begun
            if os.waitstatus_to_exitcode(status):
                raise RuntimeError("`digest send` failed")
            return Ran(took_s, used.ru_utime + used.ru_stime)


@contextmanager
def newsroom(n: int) -> Iterator[Newsroom]:
    """What `digest init` makes, with n readers more; on disk: /tmp is in memory on some systems."""
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="digest-bench-") as folder:
        _run(Path(folder), "init", "news")
        room = Path(folder) / "news"
        settings = room / "config" / "digest.toml"
        fewer = re.sub(r"(max_stories = )24\b", rf"\g<1>{MAX_STORIES}", settings.read_text("utf-8"))
        settings.write_text(fewer, "utf-8")
        put_readers(str(room / "var"), n, publication=SLUG)
        # This also compiles our modules, as an installation has them.
        _run(room, "send", "--dry-run")
        one = next((room / "var" / "preview").glob("*.eml"))
        yield Newsroom(room, len(one.read_bytes()))


def _run(folder: Path, *words: str) -> None:
    if _start(folder, *words).wait():
        raise RuntimeError(f"`digest {' '.join(words)}` failed")


def _start(folder: Path, *words: str, smtp_url: str = "") -> "subprocess.Popen[bytes]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    kept["PYTHONPATH"] = str(ROOT)
    if smtp_url:
        kept |= {"DIGEST_SMTP_URL": smtp_url, "DIGEST_BASE_URL": "https://wrap.porttide.example"}
    return subprocess.Popen(
        [sys.executable, "-m", "digest", *words], cwd=folder, env=kept, stdout=subprocess.DEVNULL
    )
