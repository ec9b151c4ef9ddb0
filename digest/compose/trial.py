"""A wrap tried on the specimen: for every kind of reader, joined must equal rendered alone. Pure.

The rules for templates (compose/rules.py) can't see what HTML and CSS do: a tag that opens in a
loop and closes elsewhere, a style for what holds a story. Here that shows; and here each reader's
mail is seen to have what the law asks for, and no word of a feed as HTML.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape, unescape
from itertools import chain, islice

from digest.compose.lawful import missing_in
from digest.compose.marks import FIRST, LAST, OWN, SPOT, Mark, cut_up, seed_of
from digest.compose.render import WrapTemplates, inlined, render_alone, written
from digest.compose.specimen import FOREIGN_TAG, Reader, readers_of, specimens_of
from digest.compose.splice import spliced
from digest.compose.tree import NOWHERE, Each, If, Nodes, Text, TornError, tree_of
from digest.errors import TemplateError
from digest.model.edition import Edition
from digest.model.message import Selection
from digest.model.newsroom import Publication

_EMPTY = re.compile(r"(<(p|li|dt|dd|td|th|tr|tbody|thead|tfoot|option)(?:\s[^<>]*)?>)</\2>")
_START_TAG = re.compile(r"""<[A-Za-z](?:[^<>"']|"[^"]*"|'[^']*')*>""")
_VALUE = re.compile(r"""=(?:"([^"]*)"|'([^']*)')""")
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


def try_out(templates: WrapTemplates, publications: Sequence[Publication]) -> None:
    """Raises TemplateError, with file and line, where no mail, or no lawful one, can be joined
    from this wrap for one of these publications."""
    for publication in publications:
        full, bare = specimens_of(publication)
        readers = readers_of(full)
        _try(full, publication, templates, readers)
        _try(bare, publication, templates, (readers[0], readers[-1]))


def _try(
    edition: Edition,
    publication: Publication,
    templates: WrapTemplates,
    readers: Sequence[Reader],
) -> None:
    page = written(edition, publication, templates)
    seed = seed_of(edition)
    _refuse_unescaped(page.html, seed, templates)
    body = inlined(page, seed, templates)
    for reader in readers:
        alone = render_alone(
            edition, publication, templates, selection=reader.selection, values=reader.values
        )
        for part, expected, is_html in (
            (body.text, alone.text, False),
            (body.html, alone.html, True),
        ):
            file = (templates.html if is_html else templates.text).filename or ""
            comparing = _Comparing(edition, templates, file, is_html)
            joined = comparing.joined(part, expected, reader)
            comparing.refuse_unlawful(part, joined, reader, publication)


def _refuse_unescaped(page: str, seed: str, templates: WrapTemplates) -> None:
    """No word of a feed may come into the page as HTML."""
    site = NOWHERE
    for piece in cut_up(page, seed):
        if isinstance(piece, Mark):
            site = piece.site
        elif found := FOREIGN_TAG.search(piece):
            raise TemplateError(
                f"{_site(templates, site, templates.html.filename)}: a story's {found[1].lower()} "
                "stands here or further down as a feed wrote it, tags and all: take away `| safe` "
                "and {% autoescape false %}"
            )


@dataclass(frozen=True, slots=True)
class _Comparing:
    """One part of a wrap; `file` is the template it is made by."""

    edition: Edition
    templates: WrapTemplates
    file: str
    is_html: bool

    def joined(self, part: str, expected: str, reader: Reader) -> str:
        """The part as the reader gets it, which must be as expected."""
        try:
            pieces = list(spliced(part, self.edition, reader.selection, reader.values))
        except TornError as error:
            raise TemplateError(
                f"{_site(self.templates, error.site, self.file)}: the loop or condition is torn "
                "apart by what stands around it: put it between whole tags"
            ) from error
        joined = "".join(text for _, text in pieces)
        if joined != expected and not (self.is_html and as_read(joined) == as_read(expected)):
            site = unclosed(tree_of(part, seed_of(self.edition))) if self.is_html else NOWHERE
            raise _difference(pieces, expected, self.templates, file=self.file, site=site)
        return joined

    def refuse_unlawful(
        self, part: str, joined: str, reader: Reader, publication: Publication
    ) -> None:
        """Whatever a reader gets, they must see how to leave and who writes."""
        name = missing_in(
            joined,
            unsubscribe_url=reader.values.unsubscribe_url,
            postal_address=publication.postal_address,
            is_html=self.is_html,
        )
        if name:
            marks = (one for one in cut_up(part, seed_of(self.edition)) if isinstance(one, Mark))
            sites = (
                one.site for one in marks if one.code == SPOT and name == f"subscriber.{one.name}"
            )
            raise TemplateError(
                f"{_site(self.templates, next(sites, NOWHERE), self.file)}: the wrap must show "
                f"{{{{ {name} }}}} to every reader, in sight; {_told(reader.selection)} do not "
                "see it"
            )


def _told(selection: Selection) -> str:
    count = len(selection.sections)
    return f"readers of {count} of their sections" if count else "readers of the lead alone"


def as_read(html: str) -> str:
    """The page as a browser reads it, where libxml2 may write two ways: without the end tags that
    HTML lets one leave out (it does so for an element that is empty, but not where a mark stood
    in it), and with each attribute in the same quotes (it takes those that the value has not, and
    leaves `&{...}` and `<!--...-->` as they are)."""
    return _EMPTY.sub(r"\1", _START_TAG.sub(lambda tag: _VALUE.sub(_requoted, tag[0]), html))


def _requoted(found: re.Match[str]) -> str:
    value = found[1] if found[1] is not None else found[2]
    return f'="{escape(unescape(value))}"'


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
    file: str,
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
        f"nothing in it may depend on which stories stand before it"
    )


def _site(templates: WrapTemplates, site: int, otherwise: str | None) -> str:
    return f"{otherwise}:1" if site == NOWHERE else str(templates.sites[site])
