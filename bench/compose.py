"""One edition of 60 stories: rendered, inlined, compiled once; then merged reader by reader, each
with 30 stories of their own.

python -m bench.compose
"""

import random
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TypeVar

from digest.compose.compile import compile_message
from digest.compose.imprint import Tokens
from digest.compose.merge import merge
from digest.compose.pick import pick
from digest.compose.render import render
from digest.compose.templates import load_wrap
from digest.model.edition import Edition
from digest.model.message import Selection
from digest.subscribe.token import TokenMaker
from tests.unit.compose.editions import IMPRINT, KEY, PUBLICATION, READER, large_edition

T = TypeVar("T")
ROOT = Path(__file__).parents[1]
N_STORIES = 60
N_CHOSEN = 30
N_READERS = 20_000
N_ROUNDS = 3


def measure() -> list[tuple[str, str]]:
    """What was measured and its result, ready to print. Timings are the best of three rounds:
    what others on the machine take away is not ours."""
    edition = large_edition(N_STORIES)
    load_s, templates = timed(lambda: load_wrap([ROOT / "templates"]))
    render_s, body = timed(lambda: render(edition, PUBLICATION, templates))
    compile_s, compiled = timed(
        lambda: compile_message(body, PUBLICATION, edition=edition, created_at=edition.cutoff)
    )
    makers = [
        TokenMaker(KEY, purpose=purpose, publication=PUBLICATION.slug)
        for purpose in ("unsubscribe", "preferences")
    ]
    token_s, tokens = timed(
        lambda: [Tokens(*(one.token(n) for one in makers)) for n in range(N_READERS)]
    )
    chosen = random.Random(3)  # the same readers in every round and run
    selections = [selection(edition, chosen) for _ in range(N_READERS)]
    readers = [replace(READER, subscriber_id=number) for number in range(N_READERS)]

    shared = pick(compiled, selections[0])

    def all_alike() -> int:
        return sum(
            len(merge(shared, reader, imprint=IMPRINT, tokens=token).message)
            for reader, token in zip(readers, tokens, strict=True)
        )

    def all_accented() -> int:
        named = (replace(reader, name="Zoë d'Entremont") for reader in readers)
        return sum(
            len(merge(shared, reader, imprint=IMPRINT, tokens=token).message)
            for reader, token in zip(named, tokens, strict=True)
        )

    def all_unlike() -> int:
        return sum(
            len(merge(pick(compiled, own), reader, imprint=IMPRINT, tokens=token).message)
            for reader, own, token in zip(readers, selections, tokens, strict=True)
        )

    alike_s, _ = timed(all_alike)
    accented_s, _ = timed(all_accented)
    merge_s, size = timed(all_unlike)
    return [
        ("templates read, compiled and tried", f"{load_s * 1e3:.0f} ms"),
        (f"edition of {N_STORIES} stories rendered and inlined", f"{render_s * 1e3:.0f} ms"),
        ("body compiled (quoted-printable, headers)", f"{compile_s * 1e3:.1f} ms"),
        ("message, on average", f"{size / N_READERS / 1e3:.0f} KB"),
        ("tokens per reader", f"{token_s / N_READERS * 1e6:.1f} µs"),
        (
            f"merge() per reader, {N_CHOSEN} of {N_STORIES} stories, all with one choice",
            f"{alike_s / N_READERS * 1e6:.1f} µs",
        ),
        (
            "the same for a name that is not ASCII",
            f"{accented_s / N_READERS * 1e6:.1f} µs",
        ),
        (
            "pick() and merge() per reader, each with a choice of their own",
            f"{merge_s / N_READERS * 1e6:.1f} µs",
        ),
        ("distinct selections among them", f"{len(set(selections)):,} of {N_READERS:,}"),
        ("merges per second, one core", f"{N_READERS / merge_s:,.0f}"),
    ]


def selection(edition: Edition, chosen: random.Random) -> Selection:
    """The lead and 29 of the other stories, in an order of this reader's own."""
    rest = [(section.slug, story.id) for section in edition.sections for story in section.stories]
    own: dict[str, list[int]] = {}
    for slug, story_id in chosen.sample(rest, N_CHOSEN - 1):
        own.setdefault(slug, []).append(story_id)
    return Selection(tuple((slug, tuple(ids)) for slug, ids in own.items()))


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Seconds it took, the best of some rounds, and its result."""
    best = float("inf")
    for _ in range(N_ROUNDS):
        start = perf_counter()
        result = work()
        best = min(best, perf_counter() - start)
    return best, result


if __name__ == "__main__":
    for name, value in measure():
        sys.stdout.write(f"{name:50} {value}\n")
