"""A wrap tried on the specimen: for every kind of reader, joined must equal rendered alone. Pure.

The rules for templates (compose/rules.py) can't see what HTML and CSS do: a tag that opens in a
loop and closes elsewhere, a style for whatever follows another story. Here that shows.
"""

import re
from itertools import chain, islice

from digest.compose.personal import Personal
from digest.compose.render import WrapTemplates, render, render_alone
from digest.compose.specimen import EDITION, PUBLICATIONS, SELECTIONS, VALUES
from digest.compose.splice import spliced
from digest.compose.tree import NOWHERE, TornError
from digest.errors import TemplateError
from digest.model.message import Body, Selection

_SIBLINGS = re.compile(r"[\w\])*]\s*([+~])\s*[\w.#\[*:][^{};]*\{")
_SHOWN = 60


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
        if "".join(text for _, text in pieces) != expected:
            hint = _hint(templates, css) if is_html else ""
            raise _difference(pieces, expected, templates, file=template.filename, hint=hint)


def _difference(
    pieces: list[tuple[int, str]],
    expected: str,
    templates: WrapTemplates,
    *,
    file: str | None,
    hint: str,
) -> TemplateError:
    """What differs first, and the line of the mark it stands behind."""
    joined = "".join(text for _, text in pieces)
    same = (one == other for one, other in zip(joined, expected, strict=False))
    at = next((number for number, is_same in enumerate(same) if not is_same), len(expected))
    sites = chain.from_iterable([site] * len(text) for site, text in pieces)
    site = next(islice(sites, at, None), NOWHERE)
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
