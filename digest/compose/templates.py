"""The wrap's templates: found, compiled and tried before a night depends on them.
I/O: reads template files.

A folder holds `wrap/wrap.html.j2`, `wrap/wrap.txt.j2`, `wrap/wrap.css` (inlined) and
`wrap/kept.css` (kept in a style block). The CSS files may use `{{ palette.* }}`.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Template, TemplateNotFound, TemplateSyntaxError, meta

from digest.compose.environment import WrapEnvironment
from digest.compose.marks import CONTROLS
from digest.compose.render import WrapTemplates
from digest.compose.specimen import PUBLICATIONS
from digest.compose.trial import try_out
from digest.errors import TemplateError
from digest.model.newsroom import Publication

_HTML, _TEXT = "wrap/wrap.html.j2", "wrap/wrap.txt.j2"
_CSS, _KEPT_CSS = "wrap/wrap.css", "wrap/kept.css"
_IMPORT = re.compile(r"@\s*import", re.IGNORECASE)


def load_wrap(folders: Sequence[Path], publications: Sequence[Publication] = ()) -> WrapTemplates:
    """The templates of a wrap, tried on what these publications may send (on two made up, where
    there are none); for each file the first folder that has it wins.

    Raises TemplateError (file, line, what is wrong) for a file that is missing or not UTF-8, a
    syntax error, a name that does not exist, CSS with @import, or a wrap that lacks what the law
    asks for: the unsubscribe link and the postal address, in both parts, for every reader.
    """
    files = _read_all(folders)
    for name in (_CSS, _KEPT_CSS):
        _refuse_import(files, name, folders)
    templates = wrap_of(files, folders)
    try_out(templates, publications or PUBLICATIONS)
    return templates


def wrap_of(files: Mapping[str, tuple[str, Path]], folders: Sequence[Path] = ()) -> WrapTemplates:
    """The templates of these files (text and path, by name), every rule checked, not yet tried."""
    marking, plain = (WrapEnvironment(files, is_marked=is_marked) for is_marked in (True, False))
    templates = WrapTemplates(
        html=_compiled(marking, _HTML, folders),
        text=_compiled(marking, _TEXT, folders),
        css=_compiled(marking, _CSS, folders),
        kept_css=_compiled(marking, _KEPT_CSS, folders),
        sites=marking.sites,
        plain_html=_compiled(plain, _HTML, folders),
        plain_text=_compiled(plain, _TEXT, folders),
        environment=plain,
    )
    for name in _reached(marking, files):
        _compiled(marking, name, folders)
    return templates


def _reached(environment: WrapEnvironment, files: Mapping[str, tuple[str, Path]]) -> set[str]:
    """The pages and every file that one reached includes or imports; all that there are where a
    name is made up while rendering."""
    done: set[str] = set()
    waiting = [_HTML, _TEXT]
    while waiting:
        name = waiting.pop()
        if name in done or name not in files:
            continue
        done.add(name)
        for other in meta.find_referenced_templates(environment.parse(files[name][0], name)):
            waiting += [other] if other else [each for each in files if each.endswith(".j2")]
    return done


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
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(f"{path}: can't be read as UTF-8 text: {error}") from error
    found = CONTROLS.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        raise TemplateError(f"{path}:{line}: control characters may not stand in a template")
    return text


def _compiled(environment: WrapEnvironment, name: str, folders: Sequence[Path]) -> Template:
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
