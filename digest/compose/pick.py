"""A compiled message and a selection to the pieces that readers of that choice share. Pure.

Most readers share a few choices of topics, and for those this is done once; where each reader has
an order of their own it is a third of the cost of a message.
"""

from collections.abc import Mapping, Sequence

from digest.compose.topics import brief_of
from digest.model.message import (
    CompiledMessage,
    FlatLoop,
    Heads,
    Key,
    Loop,
    Over,
    Picked,
    Pieces,
    Selection,
    Spot,
    StoryLoops,
)

_Sections = tuple[tuple[str, tuple[int, ...]], ...]
# All sections of a choice, and those of them that the brief names.
_Rows = tuple[_Sections, _Sections]
# Where a value goes, and which.
_Places = list[tuple[int, Spot]]
# A member of an Enum costs a look-up in its class each time.
_STORIES, _BRIEF = Over.STORIES, Over.BRIEF


def pick(compiled: CompiledMessage, selection: Selection) -> Picked:
    """What of the message is in the selection, in its order.

    Raises ValueError where the selection has what is not in the edition.
    """
    sections = selection.sections
    brief = brief_of(sections)
    pieces = compiled.brief if brief else compiled.plain if sections else compiled.bare
    # The reader's own header lines come second.
    found = [compiled.head, b""]
    places: _Places = []
    try:
        _add(found, places, pieces, (sections, brief), ())
    except KeyError as error:
        raise ValueError(f"the selection has {error}, which is not in the edition") from error
    return Picked(found, places, compiled.is_greeting)


def _add(
    found: list[bytes], places: _Places, pieces: Pieces, rows: _Rows, stories: tuple[int, ...]
) -> None:
    """Adds to `found` the pieces that are of this choice, in order, and to `places` where a
    reader's value goes. `rows` are its sections and brief, `stories` those of the section around.
    """
    add = found.append
    for piece in pieces:
        kind = type(piece)  # isinstance would cost as much as all the rest
        if kind is bytes:
            add(piece)  # type: ignore[arg-type]
        elif kind is Spot:
            places.append((len(found), piece))  # type: ignore[arg-type]
            add(b"")
        elif isinstance(piece, StoryLoops):
            _add_story_loops(found, piece, rows[piece.over is _BRIEF])
        elif isinstance(piece, Heads):
            heads = piece.items
            for _, ids in rows[piece.over is _BRIEF]:
                add(heads[ids[0]])
        elif isinstance(piece, FlatLoop):
            is_stories = piece.over is _STORIES
            keys = stories if is_stories else [slug for slug, _ in rows[piece.over is _BRIEF]]
            _add_flat(found, piece, keys)
        elif isinstance(piece, Loop):
            _add_loop(found, places, piece, rows, stories)


def _add_story_loops(found: list[bytes], loops: StoryLoops, sections: _Sections) -> None:
    if loops.first is loops.inner:
        _add_sections(found, loops.inner, sections)
    elif len(sections) == 1:
        _add_sections(found, loops.only, sections)
    elif sections:
        _add_sections(found, loops.first, sections[:1])
        _add_sections(found, loops.inner, sections[1:-1])
        _add_sections(found, loops.last, sections[-1:])


def _add_sections(found: list[bytes], loops: Mapping[Key, FlatLoop], sections: _Sections) -> None:
    """The hot path, written out: some ten sections and thirty stories, in two parts."""
    add = found.append
    for slug, ids in sections:
        loop = loops[slug]
        count = len(ids)
        if count == 1:
            add(loop.only[ids[0]])
            continue
        add(loop.first[ids[0]])
        if count > 2 and (inner := loop.inner):
            for story_id in ids[1:-1]:
                add(inner[story_id])
        if last := loop.last:
            add(last[ids[-1]])


def _add_flat(found: list[bytes], loop: FlatLoop, keys: Sequence[Key]) -> None:
    if len(keys) == 1:
        found.append(loop.only[keys[0]])
    elif keys:
        found.append(loop.first[keys[0]])
        if loop.inner:
            found.extend(map(loop.inner.__getitem__, keys[1:-1]))
        if loop.last:
            found.append(loop.last[keys[-1]])


def _add_loop(
    found: list[bytes], places: _Places, loop: Loop, rows: _Rows, stories: tuple[int, ...]
) -> None:
    keys: Sequence[tuple[Key, tuple[int, ...]]] = rows[loop.over is _BRIEF]
    if loop.over is _STORIES:
        keys = [(key, stories) for key in stories]
    final = len(keys) - 1
    items = loop.first if final else loop.only
    for at, (key, inner) in enumerate(keys, 1):
        _add(found, places, items[key], rows, inner)
        items = loop.inner if at < final else loop.last
