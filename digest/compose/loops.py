"""A loop's encoded items to the quickest form that `merge()` can run. Pure.

Most wraps are a loop over sections and in it a loop over stories without anything personal: then a
reader's section is one look-up a story.
"""

from collections.abc import Mapping

from digest.model.message import FlatLoop, Heads, Key, Loop, Over, Pieces, StoryLoops

_Items = Mapping[Key, Pieces]


def loop_of(
    over: Over, first: _Items, inner: _Items, last: _Items, only: _Items
) -> FlatLoop | StoryLoops | Heads | Loop:
    """The items for each position an item may get; the same mapping four times where that makes
    no difference."""
    variants = (first, inner, last, only)
    if all(_is_ready(item) for items in variants for item in items.values()):
        return FlatLoop(
            over, _ready(first), _some(_ready(inner)), _some(_ready(last)), _ready(only)
        )
    if all(_is_story_loop(item) for items in variants for item in items.values()):
        if first is inner:
            even = _story_loops(inner)
            heads = _heads(even)
            return Heads(over, heads) if heads else StoryLoops(over, even, even, even, even)
        return StoryLoops(over, *map(_story_loops, variants))
    return Loop(over, first, inner, last, only)


def _is_ready(pieces: Pieces) -> bool:
    return all(isinstance(piece, bytes) for piece in pieces)


def _ready(items: _Items) -> Mapping[Key, bytes]:
    return {key: _bytes_of(pieces) for key, pieces in items.items()}


def _some(items: Mapping[Key, bytes]) -> Mapping[Key, bytes]:
    """Nothing where all items are empty: nobody needs to look them up."""
    return items if any(items.values()) else {}


def _is_story_loop(pieces: Pieces) -> bool:
    loops = [piece for piece in pieces if not isinstance(piece, bytes)]
    return len(loops) == 1 and isinstance(loops[0], FlatLoop) and loops[0].over is Over.STORIES


def _story_loops(items: _Items) -> Mapping[Key, FlatLoop]:
    return {key: _around(pieces) for key, pieces in items.items()}


def _heads(loops: Mapping[Key, FlatLoop]) -> Mapping[Key, bytes]:
    """What is said of a section's first story, by its id; nothing where more is said."""
    heads: dict[Key, bytes] = {}
    for loop in loops.values():
        if loop.inner or loop.last or loop.first != loop.only or heads.keys() & loop.first.keys():
            return {}
        heads.update(loop.first)
    return heads


def _around(pieces: Pieces) -> FlatLoop:
    """The loop with what stands before and after it joined to its first and last item: a
    section of a reader's is never without stories."""
    at, loop = next((at, one) for at, one in enumerate(pieces) if isinstance(one, FlatLoop))
    before, after = _bytes_of(pieces[:at]), _bytes_of(pieces[at + 1 :])
    last = {key: loop.last.get(key, b"") + after for key in loop.only}
    return FlatLoop(
        loop.over,
        first={key: before + piece for key, piece in loop.first.items()},
        inner=loop.inner,
        last=_some(last),
        only={key: before + piece + after for key, piece in loop.only.items()},
    )


def _bytes_of(pieces: Pieces) -> bytes:
    return b"".join(piece for piece in pieces if isinstance(piece, bytes))
