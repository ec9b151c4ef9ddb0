"""The wrap's templates: found, compiled and tried before a night depends on them.
I/O: reads template files.

A folder holds `wrap/wrap.html.j2`, `wrap/wrap.txt.j2`, `wrap/wrap.css` (inlined) and
`wrap/kept.css` (kept in a style block). The CSS files may use `{{ palette.* }}`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from jinja2 import Template, TemplateSyntaxError, nodes

from digest.compose.environment import CSS, HTML, KEPT_CSS, PAGES, TEXT, WrapEnvironment
from digest.compose.marks import CONTROLS
from digest.compose.references import reached
from digest.compose.render import WrapTemplates
from digest.compose.specimen import PUBLICATIONS
from digest.compose.trial import try_out
from digest.compose.writers import writers_in
from digest.errors import TemplateError
from digest.model.newsroom import Publication

T = TypeVar("T")
_IMPORT = re.compile(r"@\s*import", re.IGNORECASE)


def load_wrap(folders: Sequence[Path], publications: Sequence[Publication] = ()) -> WrapTemplates:
    """The templates of a wrap, tried on what these publications may send (on two made up, where
    there are none); for each file the first folder that has it wins.

    Raises TemplateError (file, line, what is wrong) for a file that is missing or not UTF-8, a
    syntax error, a name that does not exist, CSS with @import, or a wrap that lacks what the law
    asks for: the unsubscribe link and the postal address, in both parts, for every reader.
    """
    files = _read_all(folders)
    for name in (CSS, KEPT_CSS):
        _refuse_import(files, name, folders)
    templates = wrap_of(files, folders)
    try_out(templates, publications or PUBLICATIONS)
    return templates


def wrap_of(files: Mapping[str, tuple[str, Path]], folders: Sequence[Path] = ()) -> WrapTemplates:
    """The templates of these files (text and path, by name), every rule checked, not yet tried."""
    plain = WrapEnvironment(files)

    def parsed(name: str) -> nodes.Template:
        if name not in files:
            raise _missing(name, folders)
        text, path = files[name]
        return _sound(lambda: plain.parse(text, name, str(path)))

    trees = reached(PAGES, parsed, {name: path for name, (_, path) in files.items()})
    marked = WrapEnvironment(files, writers=writers_in(trees))
    for name in trees:
        _compiled(marked, name)
    return WrapTemplates(
        html=_compiled(marked, HTML),
        text=_compiled(marked, TEXT),
        css=_compiled(marked, CSS),
        kept_css=_compiled(marked, KEPT_CSS),
        sites=marked.sites,
        plain_html=_compiled(plain, HTML),
        plain_text=_compiled(plain, TEXT),
        environment=plain,
    )


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


def _compiled(environment: WrapEnvironment, name: str) -> Template:
    return _sound(lambda: environment.get_template(name))


def _sound(read: Callable[[], T]) -> T:
    try:
        return read()
    except TemplateSyntaxError as error:
        raise TemplateError(f"{error.filename}:{error.lineno}: {error.message}") from error


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
