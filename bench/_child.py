"""Work in a process of its own, so that its time, CPU and memory are nobody else's. I/O: processes.

Forked by a small one that has nothing loaded: ru_maxrss begins with the parent's.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, TypeVar

T = TypeVar("T")
_FORKS = get_context("forkserver")


def in_child(work: Callable[..., T], *args: object) -> T:
    """What `work`, a function of a module, returns there. Raises EOFError when it fails: the child
    has said why."""
    hear, tell = _FORKS.Pipe(duplex=False)
    child = _FORKS.Process(target=_tell, args=(tell, work, args))
    child.start()
    tell.close()  # so that a child that dies is heard
    result: T = hear.recv()
    child.join()
    return result


@contextmanager
def beside(serve: Callable[..., None], *args: object) -> Iterator[Any]:
    """`serve(tell, *args)` in a process that lives as long as the block; what it tells first."""
    hear, tell = _FORKS.Pipe(duplex=False)
    child = _FORKS.Process(target=serve, args=(tell, *args), daemon=True)
    child.start()
    tell.close()
    try:
        yield hear.recv()
    finally:
        child.terminate()
        child.join()


def _tell(tell: Connection, work: Callable[..., T], args: tuple[object, ...]) -> None:
    tell.send(work(*args))
