"""Files that are replaced whole, on a disk that is full or not there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from digest.whole_file import whole_file, write_whole

ROOT = Path(__file__).parents[2]
TOO_LARGE = """
import resource, sys
from pathlib import Path
from digest.whole_file import write_whole
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
write_whole(Path(sys.argv[1]), b"new " * 25_000)
"""


def test_it_takes_the_place_of_the_old(tmp_path: Path) -> None:
    path = tmp_path / "readers.csv"
    write_whole(path, b"old")
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask()
    path.chmod(0o640)
    with whole_file(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["readers.csv"]


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_mode_of_its_own(tmp_path: Path) -> None:
    write_whole(tmp_path / ".env", b"secret", mode=0o600)
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_bytes(b"old")
    (tmp_path / "link.csv").symlink_to("real.csv")
    write_whole(tmp_path / "link.csv", b"new")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_bytes() == b"new"


def test_what_is_no_file_is_written_to() -> None:
    write_whole(Path("/dev/null"), b"gone")
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize("old", [b"old", None])
def test_half_a_file_is_none(tmp_path: Path, old: bytes | None) -> None:
    path = tmp_path / "readers.csv"
    if old is not None:
        path.write_bytes(old)
    done = subprocess.run(
        [sys.executable, "-c", TOO_LARGE, str(path)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert f"File too large: '{path}'" in done.stderr.splitlines()[-1]
    assert [one.read_bytes() for one in tmp_path.iterdir()] == ([] if old is None else [old])


def test_a_block_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "readers.csv"
    path.write_bytes(b"old")
    with pytest.raises(LookupError), whole_file(path) as file:
        file.write(b"new")
        raise LookupError
    with pytest.raises(FileNotFoundError, match="elsewhere"), whole_file(path):
        (tmp_path / "elsewhere").read_bytes()
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"old"]


def test_a_folder_that_is_not_there_is_named_by_the_file(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "readers.csv"
    with pytest.raises(FileNotFoundError) as caught:
        write_whole(path, b"new")
    assert caught.value.filename == str(path)
