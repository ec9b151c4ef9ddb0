"""Which files a wrap's templates take in: all found, and none that would not be escaped. Pure.

Jinja escapes by a file's own name, not by that of the page it is included in. So what is HTML may
take in `.html.j2` alone: from the page on, every file reached is one.
"""

from collections.abc import Callable, Iterator, Mapping

from jinja2 import nodes

from digest.errors import TemplateError

HTML_SUFFIX = ".html.j2"
Reference = nodes.Include | nodes.Import | nodes.FromImport | nodes.Extends


def reached(
    roots: tuple[str, ...], parse: Callable[[str], nodes.Template], files: Mapping[str, object]
) -> dict[str, nodes.Template]:
    """The roots and every file that one reached takes in, parsed; all that there are where a name
    is made up while rendering. `files` are all there are, and where.

    Raises TemplateError for a file that isn't there, or may not be taken in.
    """
    trees: dict[str, nodes.Template] = {}
    waiting = list(roots)
    while waiting:
        name = waiting.pop(0)
        if name in trees:
            continue
        trees[name] = parse(name)
        for node in references_in(trees[name]):
            asked = asked_of(node)
            _refuse(name, node, asked, files)
            waiting += [other for other in asked if other in files] or _any_of(asked, files)
    return trees


def references_in(tree: nodes.Node) -> Iterator[Reference]:
    """Every include, import and extends."""
    return tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends))


def asked_of(node: Reference) -> tuple[str, ...]:
    """The names of the files it would take, in order; none where they are made up."""
    asked = node.template
    if isinstance(asked, nodes.Const):
        names = asked.value if isinstance(asked.value, tuple | list) else (asked.value,)
        return tuple(map(str, names))
    if isinstance(asked, nodes.Tuple | nodes.List):
        parts = [part.value for part in asked.items if isinstance(part, nodes.Const)]
        return tuple(map(str, parts)) if len(parts) == len(asked.items) else ()
    return ()


def unescaped(name: str, parent: str) -> str:
    """Why `parent` may not take `name` in; "" if it may."""
    if not parent.endswith(HTML_SUFFIX) or name.endswith(HTML_SUFFIX):
        return ""
    return (
        f"{name} can't be taken into HTML: what feeds say is escaped by a file's name, only in "
        f"those that end in {HTML_SUFFIX}. Rename it"
    )


def _refuse(
    name: str, node: Reference, asked: tuple[str, ...], files: Mapping[str, object]
) -> None:
    for other in asked:
        if words := unescaped(other, name):
            raise TemplateError(f"{files[name]}:{node.lineno}: {words}")
    is_needed = not (isinstance(node, nodes.Include) and node.ignore_missing)
    if asked and is_needed and not any(other in files for other in asked):
        raise TemplateError(
            f"{files[name]}:{node.lineno}: there is no template {' or '.join(asked)}"
        )


def _any_of(asked: tuple[str, ...], files: Mapping[str, object]) -> list[str]:
    return [] if asked else [name for name in files if name.endswith(".j2")]
