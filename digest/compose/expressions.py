"""What an expression of a wrap's template asks of the reader's own. Pure."""

from collections.abc import Set as AbstractSet

from jinja2 import nodes

_POSITIONS = ("first", "last")
# Filters that look up an attribute by a name given in words.
_LOOKING = frozenset(
    {"attr", "map", "sum", "sort", "groupby", "selectattr", "rejectattr", "unique", "max", "min",
     "join"}
)  # fmt: skip


def own_iterable(node: nodes.Node, sections: AbstractSet[str]) -> str:
    """ "sections", "brief" or "stories" for what a loop over the reader's own runs over; else "".
    `sections`: the names that stand for one of theirs."""
    if isinstance(node, nodes.Name) and node.name in ("sections", "brief"):
        return node.name
    is_stories = isinstance(node, nodes.Getattr) and node.attr == "stories"
    if is_stories and isinstance(node.node, nodes.Name) and node.node.name in sections:  # type: ignore[attr-defined]
        return "stories"
    return ""


def asked_in(test: nodes.Node, *, is_own_loop: bool) -> str:
    """ "sections" or "brief", or "first" or "last" of the loop around; else ""."""
    if isinstance(test, nodes.Name) and test.name in ("sections", "brief"):
        return test.name
    if isinstance(test, nodes.Getattr) and is_name(test.node, "loop") and is_own_loop:
        return test.attr if test.attr in _POSITIONS else ""
    return ""


def is_name(node: nodes.Node, name: str) -> bool:
    """Whether it is this name and no more."""
    return isinstance(node, nodes.Name) and node.name == name


def names_in(node: nodes.Node) -> list[nodes.Name]:
    """Every name in it, itself included."""
    return [node] if isinstance(node, nodes.Name) else list(node.find_all(nodes.Name))


def names_stories(node: nodes.Node) -> bool:
    """Whether it takes an attribute called stories, by whatever way that is written."""
    if isinstance(node, nodes.Getattr):
        return node.attr == "stories"
    if isinstance(node, nodes.Getitem):
        return isinstance(node.arg, nodes.Const) and node.arg.value == "stories"
    if not (isinstance(node, nodes.Filter) and node.name in _LOOKING):
        return False
    told = [*node.args, *(pair.value for pair in node.kwargs)]
    if node.name == "attr" and not all(isinstance(arg, nodes.Const) for arg in told):
        return True
    words = [str(arg.value) for arg in told if isinstance(arg, nodes.Const)]
    return any("stories" in word.split(".") for word in words)
