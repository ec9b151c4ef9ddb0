"""The wrap's templates: found, compiled and tried before a night depends on them.
I/O: reads template files.

A folder holds `wrap/wrap.html.j2`, `wrap/wrap.txt.j2`, `wrap/wrap.css` (inlined) and
`wrap/kept.css` (kept in a style block). The CSS files may use `{{ palette.* }}`.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import FunctionLoader, StrictUndefined, Template, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from digest.compose.personal import markers_of
from digest.compose.plain import fill
from digest.compose.render import WrapTemplates, render
from digest.compose.specimen import EDITION, PUBLICATION
from digest.errors import TemplateError
from digest.model.message import Body

_HTML, _TEXT = "wrap/wrap.html.j2", "wrap/wrap.txt.j2"
_CSS, _KEPT_CSS = "wrap/wrap.css", "wrap/kept.css"
_IMPORT = re.compile(r"@\s*import", re.IGNORECASE)


def load_wrap(folders: Sequence[Path]) -> WrapTemplates:
    """The templates of a wrap; for each file the first folder that has it wins.

    Raises TemplateError (file, line, what is wrong) for a file that is missing or not UTF-8, a
    syntax error, a name that does not exist, CSS with @import, or a wrap that lacks what the law
    asks for: the unsubscribe link and the postal address, in both parts.
    """
    files = _read_all(folders)
    environment = _environment(files)
    for name in (_CSS, _KEPT_CSS):
        _refuse_import(files, name, folders)
    templates = WrapTemplates(
        html=_compiled(environment, _HTML, folders),
        text=_compiled(environment, _TEXT, folders),
        css=_compiled(environment, _CSS, folders),
        kept_css=_compiled(environment, _KEPT_CSS, folders),
        environment=environment,
    )
    _refuse_unlawful(render(EDITION, PUBLICATION, templates), templates)
    return templates


def _environment(files: Mapping[str, tuple[str, Path]]) -> ImmutableSandboxedEnvironment:
    def found(name: str) -> tuple[str, str, None] | None:
        held = files.get(name)
        return (held[0], str(held[1]), None) if held else None

    environment = ImmutableSandboxedEnvironment(
        loader=FunctionLoader(found),
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        auto_reload=False,
    )
    environment.filters["fill"] = fill
    return environment


def _read_all(folders: Sequence[Path]) -> dict[str, tuple[str, Path]]:
    """Every file under each folder's wrap/, by its name as templates include it."""
    files: dict[str, tuple[str, Path]] = {}
    for folder in folders:
        for path in sorted((folder / "wrap").rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and name not in files and path.suffix in (".j2", ".css"):
                files[name] = (_read(path), path)
    return files


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(f"{path}: can't be read as UTF-8 text: {error}") from error


def _compiled(
    environment: ImmutableSandboxedEnvironment, name: str, folders: Sequence[Path]
) -> Template:
    try:
        return environment.get_template(name)
    except TemplateSyntaxError as error:
        raise TemplateError(f"{error.filename}:{error.lineno}: {error.message}") from error
    except TemplateNotFound as error:
        raise _missing(name, folders) from error


def _missing(name: str, folders: Sequence[Path]) -> TemplateError:
    places = ", ".join(str(folder) for folder in folders) or "no folder"
    return TemplateError(f"The template {name} is missing; looked in {places}.")


def _refuse_import(
    files: Mapping[str, tuple[str, Path]], name: str, folders: Sequence[Path]
) -> None:
    if name not in files:
        raise _missing(name, folders)
    text, path = files[name]
    found = _IMPORT.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        raise TemplateError(f"{path}:{line}: @import is not followed; write the rules here")


def _refuse_unlawful(body: Body, templates: WrapTemplates) -> None:
    needed = {
        "{{ personal.unsubscribe_url }}": markers_of(EDITION).unsubscribe_url,
        "{{ postal_address }}": PUBLICATION.postal_address,
    }
    for part, template in ((body.html, templates.html), (body.text, templates.text)):
        for name, value in needed.items():
            if value not in part:
                raise TemplateError(f"{template.filename}:1: the wrap must show {name}")
