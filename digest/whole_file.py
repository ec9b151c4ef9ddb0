"""Files that are there as a whole or not at all. I/O: files.

What is written goes to another name in the same folder, which takes the file's place at the end
(rename(2) is atomic), so a full disk or a crash leaves the old file as it was.
"""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole_file(path: Path, *, mode: int = 0o666) -> Iterator[BinaryIO]:
    """Write into the file that is given; `path` is it once the block has ended well.

    An existing file keeps its permissions, a new one gets `mode` less the umask. What is no regular
    file (/dev/stdout, a pipe) is written to directly. Raises OSError with the name of `path`.
    """
    target = path.resolve()
    draft = target.with_name(f".{secrets.token_hex(6)}.part")
    try:
        if target.exists() and not target.is_file():
            with target.open("wb") as file:
                yield file
            return
        with os.fdopen(
            os.open(str(draft), os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb"
        ) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, draft)
        draft.replace(target)
    except OSError as error:
        if error.errno is None or str(error.filename) not in ("None", str(draft), str(target)):
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        draft.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Put that content in the place of whatever the file has."""
    with whole_file(path, mode=mode) as file:
        file.write(content)
