"""CSS selectors that must not be inlined: what they match is another thing for each reader. Pure.

A wrap is inlined once, with every story in it and every reader's value left open. So a style can't
hang on what stands before or after an element, nor on the words of an attribute with a reader's
own. In kept.css both work: there each reader's mail program does the matching.
"""

import re

_BRACKETS = re.compile(r"\[[^\]]*\]")
_SIBLINGS = re.compile(r"[+~]")
_CHILDREN = re.compile(r":(?:first|last)-child\b")
# The attributes that a reader's values may stand in (compose/contexts.py).
_VALUED = re.compile(r"\[\s*(?:href|title|alt|aria-label)\s*[~|^$*]?=", re.IGNORECASE)


class UnsteadySelectorError(ValueError):
    """`selector` as cssutils writes it; `words` say why, and what to do."""

    def __init__(self, selector: str, words: str) -> None:
        super().__init__(f"{selector}: {words}")
        self.selector = selector
        self.words = words


def refuse_unsteady(selector: str) -> None:
    """Raises UnsteadySelectorError."""
    shape = _BRACKETS.sub("", selector)
    if _SIBLINGS.search(shape) or _CHILDREN.search(shape):
        raise UnsteadySelectorError(
            selector, "a selector with +, ~, :first-child or :last-child can't be inlined: what "
            "stands before or after depends on the reader. Write {% if not loop.first %} and a "
            "class, or move the rule to kept.css",
        )  # fmt: skip
    if _VALUED.search(selector):
        raise UnsteadySelectorError(
            selector, "a selector can't ask for the words of href, title, alt or aria-label when "
            "it is inlined: what is a reader's own there is filled in afterwards. Use a class, or "
            "move the rule to kept.css",
        )  # fmt: skip


def line_of(selector: str, source: str) -> int:
    """The line it stands on, whatever blanks and quotes it is written with; 0 if it doesn't."""
    words = re.findall(r"[+~>]|[^\s+~>]+", selector)
    pattern = r"\s*".join(map(re.escape, words)).replace('"', "[\"']")
    found = re.search(pattern, source)
    return source.count("\n", 0, found.start()) + 1 if found else 0
