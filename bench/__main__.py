"""`make bench`: every bench module in turn, as one table; `python -m bench NAME ...`: only those.

Timings are of this machine, now.
"""

import importlib
import os
import platform
import sys
from pathlib import Path


def main() -> None:
    modules = sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))
    chosen = sys.argv[1:] or modules
    if unknown := set(chosen) - set(modules):
        sys.exit(f"bench: no module {', '.join(sorted(unknown))}; there are {', '.join(modules)}")
    print(f"Python {platform.python_version()}, {os.cpu_count()} CPUs, {platform.machine()}\n")
    for name in chosen:
        for what, figure in importlib.import_module(f"bench.{name}").measure():
            print(f"{what:62} {figure}", flush=True)


if __name__ == "__main__":
    main()
