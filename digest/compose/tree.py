"""A sealed part to the tree of what all readers share and where they differ. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from digest.compose.marks import (
    CONDITIONS,
    ELSE,
    END,
    END_IF,
    ITEM,
    SPOT,
    Mark,
    cut_up,
)
from digest.model.message import Over, Spot

_LOOPS = {over.value: over for over in Over}
NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Text:
    """What all readers of this place share; `site` is that of the mark before it."""

    text: str
    site: int


@dataclass(frozen=True, slots=True)
class Value:
    """A spot, and the site that wrote it."""

    spot: Spot
    site: int


@dataclass(frozen=True, slots=True)
class Each:
    """A loop: the nodes of each item, in the edition's order."""

    over: Over
    items: tuple["Nodes", ...]
    site: int


@dataclass(frozen=True, slots=True)
class If:
    """A condition: one of marks.CONDITIONS, and both its sides."""

    asked: str
    then: "Nodes"
    otherwise: "Nodes"


Node = Text | Value | Each | If
Nodes = tuple[Node, ...]


class TornError(ValueError):
    """Marks that don't fit together; `site` is the one that has lost its partner."""

    def __init__(self, site: int) -> None:
        super().__init__("the marks of this body don't fit together")
        self.site = site


def tree_of(body: str, seed: str) -> Nodes:
    """The tree of a sealed part. Raises TornError; a part without marks is one text."""
    reader = _Reader(cut_up(body, seed))
    nodes = reader.nodes(NOWHERE)
    if reader.mark is not None:
        raise TornError(reader.mark.site)
    return nodes


class _Reader:
    """Reads marks one after another; `mark` is the one that ended the last row of nodes."""

    def __init__(self, parts: Iterator[str | Mark]) -> None:
        self._parts = parts
        self.mark: Mark | None = None

    def nodes(self, site: int) -> Nodes:
        """What stands up to the next mark that ends something."""
        found: list[Node] = []
        for part in self._parts:
            if isinstance(part, str):
                found.append(Text(part, site))
                continue
            site = part.site
            if part.code == SPOT:
                found.append(Value(Spot(part.name, part.quoting), site))
            elif part.code in _LOOPS:
                found.append(self._each(part))
            elif part.code in CONDITIONS:
                found.append(self._if(part))
            else:
                self.mark = part
                return tuple(found)
        self.mark = None
        return tuple(found)

    def _each(self, opened: Mark) -> Each:
        before = self.nodes(opened.site)
        items: list[Nodes] = []
        while self._is_next(ITEM, opened) and self.mark and self.mark.value == str(len(items)):
            items.append(self.nodes(opened.site))
        if before or not self._is_next(END, opened):
            raise TornError(opened.site)
        return Each(_LOOPS[opened.code], tuple(items), opened.site)

    def _if(self, opened: Mark) -> If:
        then = self.nodes(opened.site)
        otherwise: Nodes = ()
        if self._is_next(ELSE, opened):
            otherwise = self.nodes(opened.site)
        if not self.mark or self.mark.code != END_IF:
            raise TornError(opened.site)
        return If(opened.code, then, otherwise)

    def _is_next(self, code: str, opened: Mark) -> bool:
        mark = self.mark
        return mark is not None and mark.code == code and mark.site == opened.site
