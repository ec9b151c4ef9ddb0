"""Which macros, blocks and files of a wrap write something personal. Pure.

What they write is marks, not yet a reader's value: a filter would spoil them, a condition compare
a mark with a word and come out alike for all. So Rules allows such a call alone in `{{ }}` only.
Macros are told apart by name, over all files: two of the same name count as one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jinja2 import nodes

from digest.compose.marks import END_FENCE, FENCE, RESERVED
from digest.compose.references import Reference, asked_of, references_in


@dataclass(frozen=True, slots=True)
class Writers:
    """`calls`: how one of them may be called: "m", "parts.m", "self.block", "super". `files`: what
    may be included. `modules`: names that stand for such a file, and "self"."""

    calls: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    modules: frozenset[str] = frozenset()

    def has(self, node: Reference) -> bool:
        """Whether what is taken in may write something personal."""
        asked = asked_of(node)
        return bool(self.files.intersection(asked) if asked else self.files)


@dataclass(frozen=True, slots=True)
class _Unit:
    """A macro, block or file, and what it mentions: names, "name.attribute", and its includes."""

    kind: type[nodes.Node]
    name: str
    mentions: frozenset[str]
    references: tuple[Reference, ...]


def writers_in(trees: Mapping[str, nodes.Template]) -> Writers:
    """All there are in these files, by name."""
    units = [unit for name, tree in trees.items() for unit in _units(name, tree)]
    references = [node for tree in trees.values() for node in references_in(tree)]
    known = Writers()
    while (found := _more(known, units, references)) != known:
        known = found
    return known


def name_of(node: nodes.Node) -> str:
    """ "x" or "x.y" for a name or an attribute of one; "" for any other expression."""
    if isinstance(node, nodes.Name):
        return node.name
    is_attribute = isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name)
    return f"{node.node.name}.{node.attr}" if is_attribute else ""  # type: ignore[attr-defined]


def _units(file: str, tree: nodes.Template) -> Iterable[_Unit]:
    yield _unit(nodes.Template, file, tree)
    for macro in tree.find_all(nodes.Macro):
        yield _unit(nodes.Macro, macro.name, macro)
    for block in tree.find_all(nodes.Block):
        yield _unit(nodes.Block, block.name, block)


def _unit(kind: type[nodes.Node], name: str, node: nodes.Node) -> _Unit:
    mentions = {name_of(inner) for inner in node.find_all((nodes.Name, nodes.Getattr))}
    if any(FENCE in one.data or END_FENCE in one.data for one in node.find_all(nodes.TemplateData)):
        mentions.add(FENCE)
    return _Unit(kind, name, frozenset(mentions), tuple(references_in(node)))


def _more(known: Writers, units: list[_Unit], references: list[Reference]) -> Writers:
    """What follows from what is known."""
    personal = {*RESERVED, FENCE, *known.calls}
    writing = [
        unit for unit in units
        if unit.mentions & personal or any(map(known.has, unit.references))
    ]  # fmt: skip
    macros = {unit.name for unit in writing if unit.kind is nodes.Macro}
    for node in references:
        if isinstance(node, nodes.FromImport):
            pairs = [(one, one) if isinstance(one, str) else one for one in node.names]
            macros |= {alias for name, alias in pairs if name in macros | known.calls}
    blocks = {f"self.{unit.name}" for unit in writing if unit.kind is nodes.Block}
    modules = {
        node.target for node in references if isinstance(node, nodes.Import) and known.has(node)
    }
    return Writers(
        calls=frozenset(
            {*macros, *blocks, *(f"{module}.{macro}" for module in modules for macro in macros)}
            | ({"super"} if blocks else set())
        ),
        files=frozenset(unit.name for unit in writing if unit.kind is nodes.Template),
        modules=frozenset(modules | ({"self"} if blocks else set())),
    )
