"""The shipped templates, loaded once, and the shortcuts that tests of messages share."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from digest.compose.compile import compile_message
from digest.compose.imprint import personal_values
from digest.compose.marks import SPOT, Mark, cut_up, seed_of
from digest.compose.merge import merge
from digest.compose.pick import pick
from digest.compose.render import WrapTemplates, render
from digest.compose.splice import body_for
from digest.compose.templates import load_wrap
from digest.compose.topics import selection_of
from digest.model.edition import Edition
from digest.model.message import Body, Envelope, Selection
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
    everything = everything_of(edition)
    return merge(pick(compiled, everything), READER, imprint=IMPRINT, tokens=TOKENS)


def seen_by_reader(edition: Edition = EDITION, publication: Publication = PUBLICATION) -> Body:
    """The body as READER gets it."""
    values = personal_values(READER, imprint=IMPRINT, tokens=TOKENS)
    return body_for(body_of(edition, publication), edition, everything_of(edition), values)


def spots_of(part: str, edition: Edition = EDITION) -> list[Mark]:
    """The spots of a marked part, in order."""
    marks = (mark for mark in cut_up(part, seed_of(edition)) if isinstance(mark, Mark))
    return [mark for mark in marks if mark.code == SPOT]


def everything_of(edition: Edition = EDITION) -> Selection:
    return selection_of(edition, frozenset())
