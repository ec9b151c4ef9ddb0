"""A body joined for one reader as text, to look at: previews, the public page, the trial of a
template. Pure.

`merge()` does the same with encoded pieces, and faster; tests hold both to the same result.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from digest.compose.marks import ANY_BRIEF, ANY_SECTION, FIRST, LAST, seed_of
from digest.compose.personal import Personal, quoted
from digest.compose.topics import brief_of, selection_of
from digest.compose.tree import Each, If, Nodes, Text, Value, tree_of
from digest.model.edition import Edition
from digest.model.message import Body, Over, Selection

_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
# A section's number in the edition, and the numbers of its stories.
_Chosen = tuple[int, tuple[int, ...]]


def body_for(body: Body, edition: Edition, selection: Selection, values: Personal) -> Body:
    """The body as one reader gets it."""
    html = "".join(text for _, text in spliced(body.html, edition, selection, values))
    text = "".join(text for _, text in spliced(body.text, edition, selection, values))
    return Body(body.subject, html, text)


def page_of(body: Body, edition: Edition, *, view_url: str) -> str:
    """The edition as a page for everybody: every story, and nothing that is one reader's own."""
    everything = selection_of(edition, frozenset())
    neutral = Personal(view_url, view_url, view_url, name="", address="", greeting="")
    parts = spliced(body.html, edition, everything, neutral, is_public=True)
    return _with_landmark("".join(text for _, text in parts))


def _with_landmark(html: str) -> str:
    """The page's content as its main part, which a mail has none of, for those who jump to it."""
    opened, closed = _BODY.search(html), html.rfind("</body>")
    if opened is None or closed < opened.end():
        return html
    start = opened.end()
    return f"{html[:start]}<main>{html[start:closed]}</main>{html[closed:]}"


def spliced(
    part: str, edition: Edition, selection: Selection, values: Personal, *, is_public: bool = False
) -> Iterator[tuple[int, str]]:
    """A sealed part's pieces for a reader, each with the number of its site.

    Raises TornError for a damaged part, KeyError for a selection of another edition.
    """
    frame = _Frame(_chosen(edition, selection), values, is_public)
    return _written(tree_of(part, seed_of(edition)), frame)


@dataclass(frozen=True, slots=True)
class _Frame:
    chosen: tuple[_Chosen, ...]
    values: Personal
    is_public: bool
    stories: tuple[int, ...] = ()
    is_first: bool = False
    is_last: bool = False


def _chosen(edition: Edition, selection: Selection) -> tuple[_Chosen, ...]:
    numbers = {section.slug: number for number, section in enumerate(edition.sections)}
    chosen = []
    for slug, ids in selection.sections:
        stories = edition.sections[numbers[slug]].stories
        held = {story.id: number for number, story in enumerate(stories)}
        chosen.append((numbers[slug], tuple(held[story_id] for story_id in ids)))
    return tuple(chosen)


def _written(nodes: Nodes, frame: _Frame) -> Iterator[tuple[int, str]]:
    for node in nodes:
        if isinstance(node, Text):
            yield node.site, node.text
        elif isinstance(node, Value):
            value = getattr(frame.values, node.spot.name)
            yield node.site, quoted(value, node.spot.quoting)
        elif isinstance(node, If):
            yield from _written(node.then if _holds(node.asked, frame) else node.otherwise, frame)
        else:
            yield from _each(node, frame)


def _each(node: Each, frame: _Frame) -> Iterator[tuple[int, str]]:
    sections = brief_of(frame.chosen) if node.over is Over.BRIEF else frame.chosen
    rows = (
        [(number, frame.stories) for number in frame.stories]
        if node.over is Over.STORIES
        else sections
    )
    for at, (number, stories) in enumerate(rows):
        inner = replace(
            frame, stories=stories, is_first=at == 0, is_last=at == len(rows) - 1
        )  # fmt: skip
        yield from _written(node.items[number], inner)


def _holds(asked: str, frame: _Frame) -> bool:
    return {
        FIRST: frame.is_first,
        LAST: frame.is_last,
        ANY_SECTION: bool(frame.chosen),
        ANY_BRIEF: bool(brief_of(frame.chosen)),
    }.get(asked, not frame.is_public)
