"""The templates of letters: found, compiled, and tried before a reader waits for one.
I/O: reads template files.

A folder holds `mail/KIND.html.j2` and `mail/KIND.txt.j2` for each kind of letter, and what they
take in. Both are given `publication`, `words`, `palette`, `address`, `links`, `latest`, and the
lines of the sender's identity.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined, TemplateNotFound
from jinja2 import TemplateError as JinjaError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from digest.compose.colour import palette
from digest.compose.letter import LetterText
from digest.compose.letter_words import letter_words_for
from digest.compose.plain import fill, tidy
from digest.compose.render import contact_href, place_of, postal_line
from digest.compose.specimen import PUBLICATION
from digest.errors import TemplateError
from digest.model.newsroom import Publication
from digest.model.signup import LetterKind


@dataclass(frozen=True, slots=True)
class Links:
    """Where a letter leads; "" where it has no such link."""

    confirm: str = ""
    preferences: str = ""
    unsubscribe: str = ""


@dataclass(frozen=True, slots=True)
class LatestEdition:
    """What a welcome offers to read."""

    subject: str
    url: str


SAMPLE_LINKS = Links("https://x.example/c/t", "https://x.example/p/t", "https://x.example/u/t")


class LetterTemplates:
    """The compiled templates."""

    def __init__(self, environment: ImmutableSandboxedEnvironment) -> None:
        self._environment = environment

    def render(
        self,
        kind: LetterKind,
        publication: Publication,
        *,
        address: str,
        language: str | None,
        links: Links,
        latest: LatestEdition | None = None,
    ) -> LetterText:
        """The letter in its reader's language, else the publication's. Raises TemplateError."""
        words = letter_words_for(language or publication.language)
        values = {
            "publication": publication,
            "words": words,
            "palette": palette(publication.theme),
            "address": tidy(address),
            "links": links,
            "latest": latest,
            "postal_address": postal_line(publication.postal_address),
            "contact_href": contact_href(publication.contact),
        }
        html, text = (
            self._written(f"mail/{kind.value}.{suffix}.j2", values) for suffix in ("html", "txt")
        )
        subject = words.subjects[kind.value].format(title=publication.title)
        return LetterText(tidy(subject), html, text, words.language)

    def _written(self, name: str, values: dict[str, object]) -> str:
        try:
            template = self._environment.get_template(name)
        except TemplateNotFound as error:
            raise TemplateError(f"The template {error.name} is missing.") from error
        except JinjaError as error:
            raise TemplateError(f"{name}: {error}") from error
        try:
            return template.render(values)
        except Exception as error:
            raise TemplateError(f"{place_of(error, template)}: {error}") from error


def load_letters(folders: Sequence[Path]) -> LetterTemplates:
    """The letters' templates; for each file the first folder that has it wins.

    Raises TemplateError for one that is missing or can't be rendered, and for a letter to confirm
    without its link.
    """
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader([str(folder) for folder in folders]),
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters["fill"] = fill
    templates = LetterTemplates(environment)
    for kind in LetterKind:
        text = templates.render(
            kind, PUBLICATION, address="ada@readers.example", language=None, links=SAMPLE_LINKS
        )
        _check(kind, text)
    return templates


def _check(kind: LetterKind, text: LetterText) -> None:
    must = SAMPLE_LINKS.confirm if kind is LetterKind.CONFIRM else SAMPLE_LINKS.unsubscribe
    for suffix, content in (("html", text.html), ("txt", text.text)):
        if must not in content:
            raise TemplateError(f"mail/{kind.value}.{suffix}.j2: the letter must have its link")
        if postal_line(PUBLICATION.postal_address) not in content:
            raise TemplateError(f"mail/{kind.value}.{suffix}.j2: the postal address is missing")
