"""A PostgreSQL server for one test run: on loopback, on a free port, stopped at the end."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.ports import free_port


@dataclass
class Postgres:
    """A running server; anybody on loopback is its superuser `tester`."""

    port: int
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, database: str) -> str:
        return f"postgresql://tester@127.0.0.1:{self.port}/{database}"

    def next_name(self) -> str:
        return f"test_{next(self._numbers)}"


@contextmanager
def started_postgres(programs: Path) -> Iterator[Postgres]:
    """Make a cluster with the programs' initdb, start it, stop and remove it at the end."""
    # Not in pytest's folder: that is closed to other users each time a test run starts.
    folder = Path(tempfile.mkdtemp(prefix="digest-postgres-"))
    data, port = folder / "data", free_port()
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    _run(
        [programs / "initdb", "-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-sync"]
    )
    options = f"-p {port} -h 127.0.0.1 -k {folder} -F"
    _run(
        [programs / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-o", options, "start"],
    )
    try:
        yield Postgres(port)
    finally:
        _run([programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"])
        shutil.rmtree(folder)


def _run(command: list[str | Path]) -> None:
    # PostgreSQL refuses to run as root.
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [*prefix, *map(str, command)],
        cwd="/",
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, command
