"""Fewer garbage collections while many short-lived values come and go. I/O: none.

A delivery makes some hundred values a message and next to no cycles; what it needs was made before.
Left as they are, collections walk all of that again and again: a twentieth of its time.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# Cycles are few but there (a task and its exception): they may not pile up for a whole night.
_YOUNG = 50_000


@contextmanager
def rare_collections() -> Iterator[None]:
    """Within the block what is there already is not looked at, and what comes seldom."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_YOUNG, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
