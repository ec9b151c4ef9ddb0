"""The templates of readers' pages: found, compiled, and tried before a reader depends on them.
I/O: reads template files.

A folder holds `web/NAME.html.j2` for each name of SAMPLES and `web/page.css`, which goes into
each page and may use `{{ palette.* }}`. Pages carry no script.
"""

import hashlib
import traceback
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from digest.compose.specimen import PUBLICATION
from digest.errors import TemplateError
from digest.web.answer import Page
from digest.web.chosen import SPECIMEN
from digest.web.look import Look, look_of
from digest.web.signup_samples import SIGNUP_SAMPLES
from digest.web.words import ENGLISH

CSS = "web/page.css"
# What each page is given beside `look`, `words`, `palette` and `css`.
SAMPLES: Mapping[str, Mapping[str, object]] = {
    "unsubscribe": {"address": "a…@readers.example"},
    # address None: the reader is no longer known; a href "": that way is closed
    "left": {"address": "a…@readers.example", "back_href": "../b/token", "why_href": "../r/token",
             "is_thanked": False},
    "preferences": {"form": SPECIMEN, "address": "a…@readers.example", "summary": ("News",),
                    "summary_title": "Saved.", "save_href": "../p/token",
                    "unsubscribe_href": "../u/token"},
    "editions": {
        "title": "All editions",
        "months": ({"title": "January 2026", "editions": ({
            "href": "a/2026-01-02", "day": "2026-01-02", "date": "Friday", "subject": "A subject",
            "headline": "A headline", "lede": "A lede.",
            "language": "fr",
        },)},),
        "years": ({"title": "2026", "months": (
            {"href": "2026-01", "title": "January", "is_here": True},
        )},),
        "all_href": "../a",  # None: this is the list of the latest
        "feed_href": "feed.xml",  # None: no base URL is set
    },
    "error": {"trouble": ENGLISH.trouble(404)},
    **SIGNUP_SAMPLES,
}  # fmt: skip
# Without it a reader can't leave.
BUTTON = '<form method="post"'


class Pages:
    """The compiled templates."""

    def __init__(self, environment: ImmutableSandboxedEnvironment) -> None:
        self._environment = environment

    def render(self, name: str, look: Look, **values: object) -> Page:
        """The page of that name; `values` are those of SAMPLES[name]."""
        css = self._environment.get_template(CSS).render(palette=look.palette).strip()
        html = self._environment.get_template(f"web/{name}.html.j2").render(
            look=look, words=look.words, palette=look.palette, css=css, **values
        )
        hashed = b64encode(hashlib.sha256(css.encode()).digest()).decode()
        return Page(html, f"sha256-{hashed}")


class _Loader(FileSystemLoader):
    """Jinja's own, which does not say which file it could not read."""

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        try:
            return super().get_source(environment, template)
        except TemplateNotFound:  # an OSError, too
            raise
        except (OSError, UnicodeDecodeError) as error:
            raise TemplateError(f"{template}: can't be read as UTF-8 text: {error}") from error


def load_pages(folders: Sequence[Path]) -> Pages:
    """The pages' templates; for each file the first folder that has it wins.

    Raises TemplateError (file, line, what is wrong) for one that is missing or can't be rendered,
    and for an unsubscribe or preferences page without its button.
    """
    environment = ImmutableSandboxedEnvironment(
        loader=_Loader([str(folder) for folder in folders]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    pages = Pages(environment)
    for name in SAMPLES:
        html = _tried(pages, name, folders)
        if name in ("unsubscribe", "preferences") and BUTTON not in html:
            raise TemplateError(f"web/{name}.html.j2: the page must have a {BUTTON} ...> button")
    return pages


def _tried(pages: Pages, name: str, folders: Sequence[Path]) -> str:
    try:
        return pages.render(name, look_of(PUBLICATION), **SAMPLES[name]).html
    except TemplateNotFound as error:
        places = ", ".join(str(folder) for folder in folders) or "no folder"
        raise TemplateError(f"The template {error.name} is missing; looked in {places}.") from error
    except TemplateError:
        raise
    except Exception as error:
        raise TemplateError(f"{_place(error, folders) or name}: {error}") from error


def _place(error: Exception, folders: Sequence[Path]) -> str:
    """ "file:line" of what failed: the innermost frame of a template (Jinja rewrites tracebacks so
    that these carry the template's own file and line); "" for none."""
    if isinstance(error, TemplateSyntaxError):
        return f"{error.filename}:{error.lineno}"
    own = tuple(str(folder / "web") for folder in folders)
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if frame.filename.startswith(own)]
    return f"{inside[-1].filename}:{inside[-1].lineno}" if inside else ""
