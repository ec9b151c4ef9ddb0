"""How long a command takes to begin: `digest --help` as a whole process."""

import statistics
import subprocess
import sys
import time

RUNS = 9


def measure() -> list[tuple[str, str]]:
    """Rows of the table that `make bench` prints."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "digest", "--help"], stdout=subprocess.DEVNULL, check=True
        )
        times.append(time.perf_counter() - start)
    return [("digest --help, start to end (median of 9)", f"{statistics.median(times):.2f} s")]


if __name__ == "__main__":
    for name, figure in measure():
        print(f"{name:55} {figure}")
