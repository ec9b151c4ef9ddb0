"""An edition to its body: subject, HTML with the CSS inlined, and text, all rendered once. Pure.

The templates were read before (compose/templates.py); nothing is fetched or read here. Where
readers differ stand the marks of compose/marks.py.
"""

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from jinja2 import Environment, Template, TemplateNotFound, TemplateSyntaxError

from digest.compose.colour import palette
from digest.compose.contexts import seal_page
from digest.compose.inline import inline
from digest.compose.marks import Mark, Site, cut_up, seal_text, seed_of
from digest.compose.personal import Personal
from digest.compose.plain import tidy
from digest.compose.selectors import UnsteadySelectorError, line_of
from digest.compose.subject import preheader_of, subject_of
from digest.compose.topics import selected
from digest.compose.view import WrapView, view_of, web_address
from digest.compose.when import long_day
from digest.compose.words import primary, words_for
from digest.errors import TemplateError
from digest.model.edition import Edition
from digest.model.message import Body, Selection
from digest.model.newsroom import Publication

# Gmail cuts what is longer than about 102 KB, and the footer with it.
CLIP_SIZE_BYTES = 90_000
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "yi"})


@dataclass(frozen=True, slots=True)
class WrapTemplates:
    """The four files of a wrap, compiled with marks where readers differ (`sites` tells where
    each was written); the two pages once more as plain Jinja, in the environment that also
    compiles subject lines."""

    html: Template
    text: Template
    css: Template
    kept_css: Template
    sites: Sequence[Site]
    plain_html: Template
    plain_text: Template
    environment: Environment


def render(edition: Edition, publication: Publication, templates: WrapTemplates) -> Body:
    """The body of an edition, once for all readers.

    Raises TemplateError with file and line where a template, or the publication's subject, asks
    for what is not there, or writes what is a reader's own where it can't be filled in.
    """
    return inlined(written(edition, publication, templates), seed_of(edition), templates)


def written(edition: Edition, publication: Publication, templates: WrapTemplates) -> Body:
    """The body before its CSS is inlined. Raises TemplateError."""
    wrap = view_of(edition, publication)
    context = _context(wrap, edition, publication, templates)
    # Any section may be among a reader's first five.
    context |= {"sections": wrap.sections, "brief": wrap.sections}
    seed = seed_of(edition)
    page, text = (_written(template, context) for template in (templates.html, templates.text))
    return Body(
        str(context["subject"]),
        seal_page(page, seed, templates.sites, str(templates.html.filename)),
        seal_text(text, seed, templates.sites, str(templates.text.filename)) + "\n",
    )


def inlined(body: Body, seed: str, templates: WrapTemplates) -> Body:
    """The same body with its CSS inlined. Raises TemplateError where that tears it, or where a
    style hangs on what is another thing for each reader."""
    try:
        html = inline(body.html)
    except UnsteadySelectorError as error:
        place = _place_of_selector(error.selector, templates)
        raise TemplateError(f"{place}: {error.words}") from error
    _refuse_lost(body.html, html, seed, templates)
    return replace(body, html=html)


def render_alone(
    edition: Edition,
    publication: Publication,
    templates: WrapTemplates,
    *,
    selection: Selection,
    values: Personal,
) -> Body:
    """What one reader would get if the wrap were rendered and inlined for them alone: plain
    Jinja, no marks. The measure of what splicing and merging must come to; costs 100 ms."""
    wrap = view_of(edition, publication)
    own = view_of(selected(edition, selection), publication)
    context = _context(wrap, edition, publication, templates)
    context |= {"sections": own.sections, "brief": own.brief, "subscriber": values}
    html = inline(_written(templates.plain_html, context))
    return Body(str(context["subject"]), html, _written(templates.plain_text, context) + "\n")


def _context(
    wrap: WrapView, edition: Edition, publication: Publication, templates: WrapTemplates
) -> dict[str, object]:
    """What templates are given that is the same for every reader (docs/templates.md)."""
    words = words_for(publication.language)
    theme = {"palette": palette(publication.theme)}
    return {
        "publication": publication,
        "words": words,
        "language": publication.language,
        "direction": "rtl" if primary(publication.language) in _RIGHT_TO_LEFT else "ltr",
        "subject": _subject(edition, publication, templates),
        "preheader": preheader_of(wrap),
        "day": long_day(edition.day, words),
        "lead": wrap.lead,
        "postal_address": postal_line(publication.postal_address),
        "contact_href": contact_href(publication.contact),
        "css": _written(templates.css, theme),
        "kept_css": _written(templates.kept_css, theme),
        **theme,
    }


def _refuse_lost(page: str, html: str, seed: str, templates: WrapTemplates) -> None:
    """Inlining must give every mark back, once and in its place."""
    before, after = (
        [part for part in cut_up(text, seed) if isinstance(part, Mark)] for text in (page, html)
    )
    for at, mark in enumerate(before):
        if after[at : at + 1] != [mark]:
            site = templates.sites[mark.site]
            raise TemplateError(
                f"{site}: {site.what} did not come through inlining where it was written: put it "
                "between whole tags, or into text"
            )
    if len(after) > len(before):
        raise TemplateError(f"{templates.html.filename}:1: inlining doubled what is a reader's own")


def _place_of_selector(selector: str, templates: WrapTemplates) -> str:
    """ "file:line" of a style rule: in wrap.css, or in a style block of the page."""
    loader = templates.environment.loader
    for template in (templates.css, templates.html):
        if loader and template.name:
            source, _, _ = loader.get_source(templates.environment, template.name)
            if line := line_of(selector, source):
                return f"{template.filename}:{line}"
    return f"{templates.css.filename}:1"


def size_warning(body: Body) -> str:
    """A line for the editor where Gmail would cut the mail's end off; else empty."""
    size = len(body.html.encode("utf-8"))
    if size <= CLIP_SIZE_BYTES:
        return ""
    return (
        f"The HTML part has {size // 1000} KB; above {CLIP_SIZE_BYTES // 1000} KB Gmail hides "
        "the end of a mail. Take fewer stories (limits.max_stories)."
    )


def postal_line(address: str) -> str:
    """A postal address, written over lines or not, as one line."""
    lines = (tidy(line).rstrip(",") for line in address.splitlines())
    return ", ".join(line for line in lines if line)


def contact_href(contact: str) -> str | None:
    """Where a contact line leads: a web address, mailto: for an address, else None (a phone)."""
    if web_address(contact):
        return contact
    is_address = "@" in contact and not set(contact) & set(" <>,;:/?&\"'")
    return f"mailto:{contact}" if is_address else None


def _subject(edition: Edition, publication: Publication, templates: WrapTemplates) -> str:
    where = f"The subject of publication {publication.slug!r}"
    context = {
        "lead": edition.lead,
        "day": long_day(edition.day, words_for(publication.language)),
        "publication": publication,
        "count": len(edition.stories),
    }
    try:
        template = templates.environment.from_string(publication.subject)
    except TemplateSyntaxError as error:
        raise TemplateError(f"{where}, line {error.lineno}: {error.message}") from error
    try:
        return subject_of(template.render(context), tidy(edition.lead.title))
    except Exception as error:
        raise TemplateError(f"{where}: {error}") from error


def _written(template: Template, context: Mapping[str, object]) -> str:
    try:
        return template.render(context)
    except TemplateError:
        raise
    except TemplateNotFound as error:
        asked = " or ".join(map(str, error.templates))
        place = place_of(error, template)
        raise TemplateError(f"{place}: there is no template {asked}") from error
    except Exception as error:
        raise TemplateError(f"{place_of(error, template)}: {error}") from error


def place_of(error: Exception, template: Template) -> str:
    """ "file:line" of what failed: the innermost frame of a template (Jinja rewrites tracebacks so
    that these carry the template's own file and line)."""
    if isinstance(error, TemplateSyntaxError):
        return f"{error.filename}:{error.lineno}"
    own = template.filename or ""
    folder = own.rpartition("/")[0]
    frames = traceback.extract_tb(error.__traceback__)
    inside = [f for f in frames if f.filename == own or f.filename.rpartition("/")[0] == folder]
    return f"{inside[-1].filename}:{inside[-1].lineno}" if inside else own
