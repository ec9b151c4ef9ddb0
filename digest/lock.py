"""One process sends from a store at a time. I/O: a lock file.

The lock is the operating system's (flock): it ends with the process, however that ends. Not
covered: network file systems that do not honour flock.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from digest.errors import AlreadyRunningError


@contextmanager
def sending_lock(path: Path) -> Iterator[None]:
    """Hold the lock file at `path` (made when absent, left behind, empty).

    Raises AlreadyRunningError when another process, or another holder in this one, has it.
    """
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunningError(
                "Another digest is sending from this newsroom just now. "
                "Wait for it to finish, or stop it; nothing was sent by this one."
            ) from error
        yield
