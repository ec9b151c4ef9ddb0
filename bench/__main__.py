"""`make bench`: every bench module in turn, as one table. Timings are of this machine, now."""

import importlib
import os
import platform
from pathlib import Path


def main() -> None:
    print(f"Python {platform.python_version()}, {os.cpu_count()} CPUs, {platform.machine()}\n")
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem.startswith("_"):
            continue
        module = importlib.import_module(f"bench.{path.stem}")
        for name, figure in module.measure():
            print(f"{name:62} {figure}", flush=True)


main()
