"""One edition of 60 stories: rendered, inlined, compiled once; then merged reader by reader.

python -m bench.compose
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TypeVar

from digest.compose.compile import compile_message
from digest.compose.merge import Tokens, merge
from digest.compose.render import render
from digest.compose.templates import load_wrap
from digest.subscribe.token import make_token
from tests.unit.compose.editions import IMPRINT, KEY, PUBLICATION, READER, large_edition

T = TypeVar("T")
ROOT = Path(__file__).parents[1]
N_STORIES = 60
N_READERS = 20_000


def measure() -> list[tuple[str, str]]:
    """What was measured and its result, ready to print."""
    edition = large_edition(N_STORIES)
    load_s, templates = timed(lambda: load_wrap([ROOT / "templates"]))
    render_s, body = min(
        (timed(lambda: render(edition, PUBLICATION, templates)) for _ in range(3)),
        key=lambda run: run[0],
    )
    compile_s, compiled = timed(
        lambda: compile_message(body, PUBLICATION, edition=edition, created_at=edition.cutoff)
    )

    def one(number: int) -> int:
        unsubscribe, preferences = (
            make_token(KEY, purpose=purpose, subscriber_id=number, publication=PUBLICATION.slug)
            for purpose in ("unsubscribe", "preferences")
        )
        envelope = merge(
            compiled, replace(READER, subscriber_id=number),
            imprint=IMPRINT, tokens=Tokens(unsubscribe, preferences),
        )  # fmt: skip
        return len(envelope.message)

    merge_s, sizes = timed(lambda: [one(number) for number in range(N_READERS)])
    return [
        ("templates read, compiled and tried", f"{load_s * 1e3:.0f} ms"),
        (f"edition of {N_STORIES} stories rendered and inlined", f"{render_s * 1e3:.0f} ms"),
        ("body compiled (quoted-printable, headers)", f"{compile_s * 1e3:.1f} ms"),
        ("HTML part", f"{len(body.html.encode()) / 1e3:.0f} KB"),
        ("message", f"{sizes[0] / 1e3:.0f} KB"),
        ("tokens made and message merged, per reader", f"{merge_s / N_READERS * 1e6:.0f} µs"),
        ("readers per second, one core", f"{N_READERS / merge_s:,.0f}"),
    ]


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Seconds it took, and its result."""
    start = perf_counter()
    result = work()
    return perf_counter() - start, result


if __name__ == "__main__":
    for name, value in measure():
        sys.stdout.write(f"{name:50} {value}\n")
