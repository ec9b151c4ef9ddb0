"""Jinja as a wrap's templates know it: sandboxed, strict about undefined names. Pure.

Marked, it puts the marks of compose/marks.py into every file it compiles and refuses what
compose/rules.py forbids; plain, it compiles what the author wrote.
"""

from collections.abc import Mapping
from typing import Any

from jinja2 import FunctionLoader, StrictUndefined, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from digest.compose.marking import Marking, without_fences
from digest.compose.marks import Site
from digest.compose.plain import fill


class WrapEnvironment(ImmutableSandboxedEnvironment):
    """Compiles `files` (text and path, by the name templates include them by); `sites` grows by
    every personal place in those that are marked."""

    def __init__(self, files: Mapping[str, tuple[str, object]], *, is_marked: bool) -> None:
        def found(name: str) -> tuple[str, str, None] | None:
            held = files.get(name)
            return (held[0], str(held[1]), None) if held else None

        super().__init__(
            loader=FunctionLoader(found),
            autoescape=lambda name: name is not None and name.endswith(".html.j2"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
            auto_reload=False,
        )
        self.is_marked = is_marked
        self.sites: list[Site] = []
        self.filters["fill"] = fill
        # Every night must give the same bytes for the same stories.
        del self.filters["random"], self.globals["lipsum"]

    def _generate(
        self,
        source: nodes.Template,
        name: str | None,
        filename: str | None,
        defer_init: bool = False,
    ) -> Any:
        """Jinja's own hook between reading a template and making Python of it."""
        if self.is_marked:
            source = Marking(filename or name or "template", self.sites).marked(source, self)
        else:
            source = without_fences(source)
        return super()._generate(source, name, filename, defer_init)
