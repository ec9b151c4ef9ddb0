"""Secrets and addresses of servers: the environment, .env, and *_FILE. I/O: both, and files.

A variable wins over .env. DIGEST_SECRET_KEY_FILE=/run/secrets/key gives DIGEST_SECRET_KEY the first
line of that file, DIGEST_SMTP_URL_FILE (a relay a line) and DIGEST_DKIM_KEY_FILE the whole of it;
giving both is refused.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from digest.errors import SettingsError
from digest.settings.value_file import value_in

SECRET_KEY_LENGTH = 32
CAN_BE_FILES = ("database_url", "smtp_url", "base_url", "secret_key", "dkim_key")
PREFIX = "digest_"
# Kubernetes and Docker put these into the environment where a service or container is called
# "digest", or "digest-" and more.
_OF_THE_PLATFORM = re.compile(
    PREFIX + r"(\w+_)?(service_host|service_port(_\w+)?|port(_\d+_(tcp|udp|sctp)(_\w+)?)?)"
)


class _WithFiles(PydanticBaseSettingsSource):
    """A source with each NAME_FILE replaced by NAME, what that file holds; names that mean nothing
    are refused."""

    def __init__(self, settings_cls: type[BaseSettings], inner: PydanticBaseSettingsSource) -> None:
        super().__init__(settings_cls)
        self._inner = inner

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return self._inner.get_field_value(field, field_name)

    def __call__(self) -> dict[str, Any]:
        values = dict(self._inner())
        if isinstance(self._inner, EnvSettingsSource):
            is_file = isinstance(self._inner, DotEnvSettingsSource)
            _refuse_unknown(self._inner.env_vars, ".env" if is_file else "environment")
        for name in CAN_BE_FILES:
            path = values.pop(f"{name}_file", None)
            if path is None:
                continue
            if values.get(name) is not None:
                raise SettingsError(
                    (f"DIGEST_{name.upper()} and DIGEST_{name.upper()}_FILE: expected only one",)
                )
            values[name] = value_in(Path(path), name)
        return values


class Environment(BaseSettings):
    """DIGEST_* variables. Descriptions are the settings table of the README."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX.upper(), env_file_encoding="utf-8", extra="ignore", frozen=True,
        hide_input_in_errors=True,
    )  # fmt: skip

    config: Path | None = Field(
        default=None, description="the newsroom's file, when not config/digest.toml"
    )
    database_url: SecretStr = Field(
        default=SecretStr("sqlite:///var/digest.db"),
        description="sqlite:///path or postgresql://user:password@host/name",
    )
    smtp_url: SecretStr = Field(
        default=SecretStr("maildir:var/outbox"),
        description=(
            "smtp://, smtp+starttls:// or smtps://user:password@host:port?option=number, several "
            "with white space between; or maildir:path"
        ),
    )
    base_url: str | None = Field(
        default=None, description="where readers reach `digest run`: their links begin with it"
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description=f"signs readers' links; at least {SECRET_KEY_LENGTH} characters, never change",
    )
    dkim_key: SecretStr | None = Field(
        default=None,
        description="RSA private key (PEM) of [publications.dkim]; as a file: the whole file",
    )
    database_url_file: Path | None = Field(default=None, description="a file that holds it")
    smtp_url_file: Path | None = Field(default=None, description="a file that holds it")
    base_url_file: Path | None = Field(default=None, description="a file that holds it")
    secret_key_file: Path | None = Field(default=None, description="a file that holds it")
    dkim_key_file: Path | None = Field(default=None, description="a file that holds it")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment, then .env; each with its files read, so that a variable that names a
        file wins over a value in .env."""
        del init_settings, file_secret_settings
        return tuple(_WithFiles(settings_cls, one) for one in (env_settings, dotenv_settings))

    @field_validator("base_url")
    @classmethod
    def _is_web_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise ValueError("expected an address such as https://wrap.news.example")
        return value.rstrip("/")

    @field_validator("secret_key")
    @classmethod
    def _is_long(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < SECRET_KEY_LENGTH:
            raise ValueError(
                f"expected at least {SECRET_KEY_LENGTH} characters; `digest init` makes one"
            )
        return value

    @field_validator("dkim_key")
    @classmethod
    def _is_rsa_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        # Here, since cryptography takes longer to import than most commands need it.
        from digest.deliver.dkim import parse_key

        # Where a value must be one line, as in an env-file of Docker's, \n stands for the ends.
        pem = value.get_secret_value().replace("\\n", "\n")
        parse_key(pem)
        return SecretStr(pem)


def read_environment(env_file: Path | None) -> Environment:
    """The DIGEST_* variables over those of `env_file`, where it exists."""
    return Environment(_env_file=env_file)


def _refuse_unknown(names: Iterable[str], place: str) -> None:
    """Raise SettingsError for names that begin as ours do: a misspelt one would go unnoticed."""
    known = [f"{PREFIX}{name}".upper() for name in Environment.model_fields]
    problems = []
    for name in sorted({name.lower() for name in names}):
        if not name.startswith(PREFIX) or _OF_THE_PLATFORM.fullmatch(name):
            continue
        if name.upper() not in known:
            near = get_close_matches(name.upper(), known, n=1)
            words = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(known)}"
            problems.append(f"{place}: {name.upper()}: unknown; {words}")
    if problems:
        raise SettingsError(tuple(problems))
