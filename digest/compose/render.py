"""An edition to its body: subject, HTML with the CSS inlined, and text, all rendered once. Pure.

The templates were read before (compose/templates.py); nothing is fetched or read here. Values for
one reader are still the markers of compose/personal.py.
"""

import re
import traceback
from collections.abc import Mapping
from dataclasses import dataclass

from jinja2 import Environment, Template, TemplateSyntaxError

from digest.compose.colour import palette
from digest.compose.inline import inline
from digest.compose.personal import markers_of
from digest.compose.plain import tidy
from digest.compose.subject import preheader_of, subject_of
from digest.compose.view import view_of, web_address
from digest.compose.when import long_day
from digest.compose.words import primary, words_for
from digest.errors import TemplateError
from digest.model.edition import Edition
from digest.model.message import Body
from digest.model.newsroom import Publication

# Gmail cuts what is longer than about 102 KB, and the footer with it.
CLIP_SIZE_BYTES = 90_000
# Loops and conditions of a template leave empty lines behind.
_BLANK_LINES = re.compile(r"\n\s*\n")
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "yi"})


@dataclass(frozen=True, slots=True)
class WrapTemplates:
    """The four files of a wrap, compiled; `environment` also compiles subject lines."""

    html: Template
    text: Template
    css: Template
    kept_css: Template
    environment: Environment


def render(edition: Edition, publication: Publication, templates: WrapTemplates) -> Body:
    """The body of an edition, once for each topic choice (see compose/topics.py).

    Raises TemplateError with file and line where a template, or the publication's subject, asks
    for what is not there.
    """
    wrap = view_of(edition, publication)
    subject = _subject(edition, publication, templates)
    theme = palette(publication.theme)
    context: dict[str, object] = {
        "publication": publication,
        "words": words_for(publication.language),
        "language": publication.language,
        "direction": "rtl" if primary(publication.language) in _RIGHT_TO_LEFT else "ltr",
        "palette": theme,
        "subject": subject,
        "preheader": preheader_of(wrap),
        "day": long_day(edition.day, words_for(publication.language)),
        "lead": wrap.lead,
        "sections": wrap.sections,
        "brief": wrap.brief,
        "postal_address": postal_line(publication.postal_address),
        "contact_href": contact_href(publication.contact),
        "personal": markers_of(edition),
    }
    context["css"] = _written(templates.css, {"palette": theme})
    context["kept_css"] = _written(templates.kept_css, {"palette": theme})
    html = inline(_BLANK_LINES.sub("\n", _written(templates.html, context)))
    text = _BLANK_LINES.sub("\n\n", _written(templates.text, context)).strip() + "\n"
    return Body(subject, html, text)


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
