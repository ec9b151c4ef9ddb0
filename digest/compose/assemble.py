"""The trees of a body to encoded pieces, for every position an item may get. Pure.

All work that does not depend on a reader is done here, once: `pick()` and `merge()` only
choose and join.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from digest.compose.loops import loop_of
from digest.compose.marks import ANY_BRIEF, ANY_SECTION, FIRST, LAST
from digest.compose.quoted import check_piece, encode_piece
from digest.compose.tree import Each, If, Nodes, Text, Value
from digest.model.edition import Edition
from digest.model.message import (
    FlatLoop,
    Heads,
    Key,
    Loop,
    Over,
    Piece,
    Pieces,
    StoryLoops,
)


class Having(IntEnum):
    """What a reader has of the edition's sections."""

    NOTHING = 0
    SECTIONS = 1
    BRIEF = 2


_NEEDED = {
    ANY_SECTION: Having.SECTIONS, ANY_BRIEF: Having.BRIEF,
    Over.SECTIONS: Having.SECTIONS, Over.BRIEF: Having.BRIEF, Over.STORIES: Having.SECTIONS,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Where:
    """The position of the item around, and the number of its section."""

    is_first: bool = False
    is_last: bool = False
    section: int | None = None


class Assembly:
    """Encodes the parts of one edition's body for readers who have that much."""

    def __init__(self, edition: Edition, having: Having) -> None:
        self._edition = edition
        self._having = having

    def pieces(self, nodes: Nodes, where: _Where | None = None) -> Pieces:
        """Raises ValueError where the nodes are of another edition."""
        where = where or _Where()
        found: list[Piece] = []
        held = ""
        for node in self._resolved(nodes, where):
            if isinstance(node, Text):
                held += node.text
                continue
            found.append(encode_piece(held))
            held = ""
            found.append(node.spot if isinstance(node, Value) else self._loop(node, where))
        return joined([*found, encode_piece(held)])

    def _resolved(self, nodes: Nodes, where: _Where) -> Iterator[Text | Value | Each]:
        """The nodes with every condition decided: on the position, on having any, and whether it
        is one reader's own mail (it is)."""
        for node in nodes:
            if isinstance(node, If):
                holds = {FIRST: where.is_first, LAST: where.is_last}.get(node.asked, True)
                if node.asked in _NEEDED:
                    holds = self._having >= _NEEDED[node.asked]
                yield from self._resolved(node.then if holds else node.otherwise, where)
            elif not isinstance(node, Each) or self._having >= _NEEDED[node.over]:
                yield node

    def _loop(self, node: Each, where: _Where) -> FlatLoop | StoryLoops | Heads | Loop:
        keys = self._keys(node.over, where)
        if len(keys) != len(node.items):
            raise ValueError("the body has other stories than this edition")
        inner = self._items(node, keys, where, is_first=False, is_last=False)
        first = last = only = inner
        if any(map(_asks_position, node.items)):
            first = self._items(node, keys, where, is_first=True, is_last=False)
            last = self._items(node, keys, where, is_first=False, is_last=True)
            only = self._items(node, keys, where, is_first=True, is_last=True)
        return loop_of(node.over, first, inner, last, only)

    def _items(
        self, node: Each, keys: tuple[Key, ...], where: _Where, *, is_first: bool, is_last: bool
    ) -> Mapping[Key, Pieces]:
        is_stories = node.over is Over.STORIES
        return {
            key: self.pieces(
                item, _Where(is_first, is_last, where.section if is_stories else number)
            )
            for number, (key, item) in enumerate(zip(keys, node.items, strict=True))
        }

    def _keys(self, over: Over, where: _Where) -> tuple[Key, ...]:
        if over is not Over.STORIES:
            return tuple(section.slug for section in self._edition.sections)
        if where.section is None:
            raise ValueError("a loop over stories outside of a section")
        return tuple(story.id for story in self._edition.sections[where.section].stories)


def joined(pieces: list[Piece]) -> Pieces:
    """The pieces with bytes that follow one another joined and empty ones left out; every byte of
    them checked."""
    found: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, bytes):
            if found and isinstance(found[-1], bytes):
                found[-1] += check_piece(piece)
            elif piece:
                found.append(check_piece(piece))
        else:
            found.append(piece)
    return tuple(found)


def _asks_position(nodes: Nodes) -> bool:
    return any(
        node.asked in (FIRST, LAST) or _asks_position(node.then) or _asks_position(node.otherwise)
        for node in nodes
        if isinstance(node, If)
    )
