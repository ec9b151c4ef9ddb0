"""The shipped templates, loaded once, and the shortcuts that tests of messages share."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from digest.compose.compile import compile_message
from digest.compose.merge import merge
from digest.compose.render import WrapTemplates, render
from digest.compose.templates import load_wrap
from digest.model.edition import Edition
from digest.model.message import Body, Envelope
from digest.model.newsroom import Publication
from tests.unit.compose.editions import EDITION, IMPRINT, PUBLICATION, READER, TOKENS

SHIPPED = Path(__file__).parents[3] / "templates"
CREATED_AT = datetime(2026, 3, 12, 21, 0, 5, tzinfo=UTC)


@cache
def templates() -> WrapTemplates:
    return load_wrap([SHIPPED])


def body_of(edition: Edition = EDITION, publication: Publication = PUBLICATION) -> Body:
    return render(edition, publication, templates())


def envelope_of(edition: Edition = EDITION, publication: Publication = PUBLICATION) -> Envelope:
    compiled = compile_message(
        body_of(edition, publication), publication, edition=edition, created_at=CREATED_AT
    )
    return merge(compiled, READER, imprint=IMPRINT, tokens=TOKENS)
