"""A wrap tried on the specimen: for every kind of reader, joined must equal rendered alone. Pure.

The rules for templates (compose/rules.py) can't see what HTML and CSS do: a tag that opens in a
loop and closes elsewhere, a style for whatever follows another story. Here that shows.
"""

import re
from collections.abc import Iterable
from itertools import chain, islice

from digest.compose.marks import FIRST, LAST, OWN, seed_of
from digest.compose.personal import Personal
from digest.compose.render import WrapTemplates, render, render_alone
from digest.compose.specimen import EDITION, PUBLICATIONS, SELECTIONS, VALUES
from digest.compose.splice import spliced
from digest.compose.tree import NOWHERE, Each, If, Nodes, Text, TornError, tree_of
from digest.errors import TemplateError
from digest.model.message import Body, Selection

_SIBLINGS = re.compile(r"[\w\])*]\s*([+~])\s*[\w.#\[*:][^{};]*\{")
_EMPTY = re.compile(r"(<(p|li|dt|dd|td|th|tr|tbody|thead|tfoot|option)(?:\s[^<>]*)?>)</\2>")
_SHOWN = 60
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)")
_VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
    ]
)


def try_out(templates: WrapTemplates, *, css: str) -> None:
    """Raises TemplateError, with file and line, where a mail can't be joined from this wrap.
    `css` is what its wrap.css says."""
    for publication, count in zip(PUBLICATIONS, (len(SELECTIONS), 2), strict=True):
        body = render(EDITION, publication, templates)
        for selection, values in list(zip(SELECTIONS, VALUES, strict=True))[:count]:
            alone = render_alone(
                EDITION, publication, templates, selection=selection, values=values
            )
            _compare(body, alone, templates, selection=selection, values=values, css=css)


def _compare(
    body: Body,
    alone: Body,
    templates: WrapTemplates,
    *,
    selection: Selection,
    values: Personal,
    css: str,
) -> None:
    for part, expected, is_html in (
        (body.text, alone.text, False),
        (body.html, alone.html, True),
    ):
        template = templates.html if is_html else templates.text
        try:
            pieces = list(spliced(part, EDITION, selection, values))
        except TornError as error:
            raise TemplateError(
                f"{_site(templates, error.site, template.filename)}: the loop or condition is torn "
                "apart by what stands around it: put it between whole tags"
            ) from error
        joined = "".join(text for _, text in pieces)
        if joined != expected and not (is_html and as_read(joined) == as_read(expected)):
            open_site = unclosed(tree_of(part, seed_of(EDITION))) if is_html else NOWHERE
            hint = _hint(templates, css) if is_html else ""
            raise _difference(
                pieces, expected, templates, file=template.filename, hint=hint, site=open_site
            )


def as_read(html: str) -> str:
    """The page without the end tags that HTML lets one leave out: libxml2 does so for an element
    that is empty, but not where a mark stood in it."""
    return _EMPTY.sub(r"\1", html)


def unclosed(nodes: Nodes) -> int:
    """The site of the innermost loop of which a lone item does not close what it opens, or opens
    what it closes; NOWHERE if there is none."""
    for node in nodes:
        inner: Iterable[Nodes] = ()
        if isinstance(node, Each):
            inner = node.items
        elif isinstance(node, If):
            inner = (node.then, node.otherwise)
        found = next((site for site in map(unclosed, inner) if site != NOWHERE), NOWHERE)
        if found == NOWHERE and isinstance(node, Each) and any(map(_depth, node.items)):
            found = node.site
        if found != NOWHERE:
            return found
    return NOWHERE


def _depth(nodes: Nodes) -> int:
    """How many more tags a lone item opens than it closes."""
    depth = 0
    for node in nodes:
        if isinstance(node, Text):
            tags = _TAG.findall(node.text)
            depth += sum(-1 if slash else name.lower() not in _VOID for slash, name in tags)
        elif isinstance(node, If):
            depth += _depth(node.then if node.asked in (FIRST, LAST, OWN) else node.otherwise)
    return depth


def _difference(
    pieces: list[tuple[int, str]],
    expected: str,
    templates: WrapTemplates,
    *,
    file: str | None,
    hint: str,
    site: int,
) -> TemplateError:
    """What differs first, and the line of the mark it stands behind."""
    joined = "".join(text for _, text in pieces)
    same = (one == other for one, other in zip(joined, expected, strict=False))
    at = next((number for number, is_same in enumerate(same) if not is_same), len(expected))
    sites = chain.from_iterable([site] * len(text) for site, text in pieces)
    site = next(islice(sites, at, None), NOWHERE) if site == NOWHERE else site
    return TemplateError(
        f"{_site(templates, site, file)}: joined from parts this comes to "
        f"{joined[at : at + _SHOWN]!r}, rendered for one reader alone to "
        f"{expected[at : at + _SHOWN]!r}. What a loop or condition opens it must close, and "
        f"nothing in it may depend on which stories stand before it{hint}"
    )


def _hint(templates: WrapTemplates, css: str) -> str:
    found = _SIBLINGS.search(css)
    if not found:
        return ""
    line = css.count("\n", 0, found.start(1)) + 1
    return f" ({templates.css.filename}:{line}: a selector with + or ~ does depend on that)"


def _site(templates: WrapTemplates, site: int, otherwise: str | None) -> str:
    return f"{otherwise}:1" if site == NOWHERE else str(templates.sites[site])
