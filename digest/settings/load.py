"""Everything that is set, as one frozen value; or every problem, a line each. I/O: files.

The project folder is the one that holds config/digest.toml: the current folder, or the one that
DIGEST_CONFIG leads to. Relative paths of the settings are taken from it.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from digest.errors import SettingsError, UsageError
from digest.model.newsroom import FeedSource, Publication
from digest.settings.environment import Environment, read_environment
from digest.settings.newsroom import (
    DeliverTable,
    GatherTable,
    KeepTable,
    NewsroomFile,
    WebTable,
)

CONFIG = Path("config") / "digest.toml"


@dataclass(frozen=True, slots=True)
class Settings:
    """What is set. The database and relay URLs hold passwords: they must not be printed.

    `dkim_key` is the private key, PEM.
    """

    folder: Path
    config_file: Path
    database_url: str = field(repr=False)
    smtp_url: str = field(repr=False)
    base_url: str | None
    secret_key: bytes | None = field(repr=False)
    publications: tuple[Publication, ...]
    feeds: tuple[FeedSource, ...]
    gather: GatherTable
    deliver: DeliverTable
    keep: KeepTable
    web: WebTable
    dkim_key: str | None = field(default=None, repr=False)

    def publication(self, slug: str | None) -> Publication:
        """The publication of that slug; None means the only one. Raises UsageError."""
        slugs = ", ".join(publication.slug for publication in self.publications)
        if slug is None and len(self.publications) == 1:
            return self.publications[0]
        if slug is None:
            raise UsageError(f"Which publication? Add --publication with one of: {slugs}")
        for publication in self.publications:
            if publication.slug == slug:
                return publication
        raise UsageError(f'There is no publication "{slug}". There are: {slugs}')

    @property
    def var(self) -> Path:
        """The folder for what digest writes."""
        return self.folder / "var"


def load_settings(folder: Path) -> Settings:
    """Read .env and the TOML of the project at `folder`.

    Raises SettingsError with every problem found: file, key, what is expected.
    """
    environment = _environment(folder / ".env")
    project = _project_of(folder / (environment.config or CONFIG))
    if project != folder and (project / ".env").is_file():
        environment = _environment(project / ".env")
    return settings_from(environment, folder)


def settings_from(environment: Environment, folder: Path) -> Settings:
    """The settings of the project at `folder` with this environment, whatever the real one is."""
    config_file = folder / (environment.config or CONFIG)
    project = _project_of(config_file)
    newsroom = _newsroom(config_file)
    return Settings(
        folder=project,
        config_file=config_file,
        database_url=_rooted(environment.database_url.get_secret_value(), "sqlite:///", project),
        smtp_url=_rooted(environment.smtp_url.get_secret_value(), "maildir:", project),
        base_url=environment.base_url,
        secret_key=_key(environment),
        publications=tuple(table.to_publication() for table in newsroom.publications),
        feeds=tuple(table.to_feed() for table in newsroom.feeds),
        gather=newsroom.gather,
        deliver=newsroom.deliver,
        keep=newsroom.keep,
        web=newsroom.web,
        dkim_key=environment.dkim_key.get_secret_value() if environment.dkim_key else None,
    )


def _project_of(config_file: Path) -> Path:
    folder = config_file.resolve().parent
    return folder.parent if folder.name == "config" else folder


def _environment(env_file: Path) -> Environment:
    try:
        return read_environment(env_file)
    except ValidationError as error:
        raise SettingsError(tuple(_environment_problems(error))) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError((f"{env_file}: can't be read ({error})",)) from error


def _newsroom(path: Path) -> NewsroomFile:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(
            (
                f"{path}: not found. Run digest in the folder of your newsroom, "
                "or make one with `digest init NAME`.",
            )
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError((f"{path}: can't be read ({error})",)) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError((f"{path}: not valid TOML: {error}",)) from error
    try:
        return NewsroomFile.model_validate(tables)
    except ValidationError as error:
        raise SettingsError(tuple(_toml_problems(path, error, tables))) from error


def _key(environment: Environment) -> bytes | None:
    return environment.secret_key.get_secret_value().encode() if environment.secret_key else None


def _rooted(url: str, scheme: str, folder: Path) -> str:
    """A path after `scheme` taken from `folder`; other URLs as they are."""
    if not url.startswith(scheme) or not url.removeprefix(scheme):
        return url
    return f"{scheme}{folder / url.removeprefix(scheme)}"


def _environment_problems(error: ValidationError) -> Iterable[str]:
    for problem in error.errors(include_url=False, include_input=False):
        name = "DIGEST_" + str(problem["loc"][0]).upper() + ": " if problem["loc"] else ""
        yield f".env or environment: {name}{_words(problem)}"


def _toml_problems(path: Path, error: ValidationError, tables: object) -> Iterable[str]:
    for problem in error.errors(include_url=False, include_input=False):
        key = _key_path(problem["loc"], tables)
        yield f"{path}: {key}{': ' if key else ''}{_words(problem)}"


def _key_path(loc: tuple[int | str, ...], tables: object) -> str:
    """`publications[harbour].theme.accent`: items of a list by their slug or name, if any."""
    path, here = "", tables
    for step in loc:
        here = _step_into(here, step)
        if isinstance(step, int):
            name = here.get("slug") or here.get("name") if isinstance(here, dict) else None
            path += f"[{name or step + 1}]"
        else:
            path += f".{step}" if path else step
    return path


def _step_into(here: object, step: int | str) -> object:
    if isinstance(here, list) and isinstance(step, int) and step < len(here):
        return here[step]
    return here.get(step) if isinstance(here, dict) else None


_WORDS = {
    "extra_forbidden": "unknown key; expected one of those in the settings table of the README",
    "missing": "missing; expected a value",
    "int_type": "expected an integer, such as 24",
    "int_from_float": "expected an integer, such as 24",
    "float_type": "expected a number, such as 1.5",
    "bool_type": "expected true or false, without quotes",
    "string_type": 'expected a text in quotes, such as "news"',
    "tuple_type": 'expected a list, such as ["news", "arts"]',
    "model_type": "expected a table",
}


def _words(problem: Any) -> str:
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "value_error":
        return str(context.get("error", problem["msg"]))
    return _WORDS.get(kind) or str(problem["msg"]).replace("Input should be", "expected")
