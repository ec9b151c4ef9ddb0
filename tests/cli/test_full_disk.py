"""A disk without room: a sentence, exit code 1, and nothing half-written."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Digest, Done, environment

SMALL_DISK = "mount -t tmpfs -o size=32k digest-test {folder} && "
AS_A_USER_OF_ITS_OWN = ("unshare", "--map-root-user", "--mount")
SMALL_FILES = "ulimit -f 32 && "  # of 1,024 or 512 octets


def run_in_shell(newsroom: Path, before: str, *words: str, after: str = "") -> Done:
    """`before digest WORDS after`; mounts of `before` are gone when it has ended."""
    line = f"{before}{sys.executable} -W error -m digest {' '.join(words)} {after}"
    shell = (*AS_A_USER_OF_ITS_OWN,) if "mount" in before else ()
    done = subprocess.run(
        [*shell, "/bin/bash", "-c", line],
        cwd=newsroom, env=environment(), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)


def can_mount(folder: Path) -> bool:
    try:
        done = subprocess.run(
            [*AS_A_USER_OF_ITS_OWN, "/bin/bash", "-c", SMALL_DISK.format(folder=folder) + "true"],
            capture_output=True, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        return False
    return done.returncode == 0


def test_a_preview_on_a_full_disk(digest: Digest, newsroom: Path) -> None:
    folder = newsroom / "var" / "preview"
    folder.mkdir()
    if not can_mount(folder):
        pytest.skip("mounting a small file system is not allowed here")
    assert digest("gather").code == 0
    before = SMALL_DISK.format(folder=folder)
    done = run_in_shell(newsroom, before, "preview", "--stored", after=f"; ls -A {folder} | wc -c")
    assert done.err.startswith(f"digest: {folder}/kestrel-")
    assert done.err.endswith("No space left on device\n")
    assert len(done.err.splitlines()) == 1
    assert done.out.strip() == "0", "something half-written stayed"


@pytest.mark.parametrize("old", ["old", None])
def test_an_export_that_does_not_fit(digest: Digest, newsroom: Path, old: str | None) -> None:
    rows = "".join(f"reader{n}@porttide.example\n" for n in range(1_000))
    (newsroom / "list.csv").write_text(f"email\n{rows}")
    assert digest("subscribers", "import", "list.csv").code == 0
    if old is not None:
        (newsroom / "out.csv").write_text(old)
    done = run_in_shell(newsroom, SMALL_FILES, "subscribers", "export", "out.csv")
    assert (done.code, done.out) == (1, "")
    assert done.err == "digest: out.csv: File too large\n"
    left = sorted(path.name for path in newsroom.glob("*") if path.suffix in (".csv", ".part"))
    assert left == ["list.csv"] + ["out.csv"] * (old is not None)
    assert old is None or (newsroom / "out.csv").read_text() == old


@pytest.mark.usefixtures("readers")
@pytest.mark.parametrize("words", ["subscribers export", "feeds export-opml", "status"])
def test_standard_output_on_a_full_disk(newsroom: Path, words: str) -> None:
    done = run_in_shell(newsroom, "", words, after=">/dev/full")
    assert (done.code, done.err) == (1, "digest: No space left on device\n")


def test_a_list_of_feeds_that_does_not_fit_leaves_the_settings_alone(newsroom: Path) -> None:
    outlines = "".join(f'<outline xmlUrl="https://f{n}.example/"/>' for n in range(1_000))
    (newsroom / "list.opml").write_text(f'<opml version="2.0"><body>{outlines}</body></opml>')
    config = newsroom / "config" / "digest.toml"
    before = config.read_text("utf-8")
    done = run_in_shell(newsroom, SMALL_FILES, "feeds", "import-opml", "list.opml")
    assert done.code == 1
    assert done.err == f"digest: {config}: File too large\n"
    assert config.read_text("utf-8") == before
