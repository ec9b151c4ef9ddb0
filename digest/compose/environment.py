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
from digest.compose.references import HTML_SUFFIX, unescaped
from digest.compose.rules import COUNTERS, Rules
from digest.compose.writers import Writers

HTML, TEXT = "wrap/wrap.html.j2", "wrap/wrap.txt.j2"
CSS, KEPT_CSS = "wrap/wrap.css", "wrap/kept.css"
# Nothing else renders these; other files are run wherever they are taken in.
PAGES = (HTML, TEXT, CSS, KEPT_CSS)


class WrapEnvironment(ImmutableSandboxedEnvironment):
    """Compiles `files` (text and path, by the name templates include them by): plain, or, where it
    is told which of them write something personal, marked; `sites` grows by every such place."""

    def __init__(
        self, files: Mapping[str, tuple[str, object]], *, writers: Writers | None = None
    ) -> None:
        def found(name: str) -> tuple[str, str, None] | None:
            held = files.get(name)
            return (held[0], str(held[1]), None) if held else None

        super().__init__(
            loader=FunctionLoader(found),
            autoescape=lambda name: name is not None and name.endswith(HTML_SUFFIX),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
            auto_reload=False,
        )
        self.writers = writers
        self.sites: list[Site] = []
        self.filters["fill"] = fill
        # Every night must give the same bytes for the same stories.
        del self.filters["random"], self.globals["lipsum"]
        for name in COUNTERS:
            del self.globals[name]

    def join_path(self, template: str, parent: str) -> str:
        """Jinja's own hook where `parent` takes another file in: also by a name that it made up."""
        if words := unescaped(template, parent):
            raise ValueError(words)
        return template

    def getitem(self, obj: object, argument: object) -> Any:
        """A subscript, by a name that may have been made up: rules.py sees plain ones."""
        if argument == "stories":
            raise ValueError(
                "a section's stories can't be looked up by a made-up name: each reader has their "
                "own. Loop over them: {% for story in section.stories %}"
            )
        return super().getitem(obj, argument)

    def _generate(
        self,
        source: nodes.Template,
        name: str | None,
        filename: str | None,
        defer_init: bool = False,
    ) -> Any:
        """Jinja's own hook between reading a template and making Python of it."""
        if self.writers is None:
            source = without_fences(source)
        else:
            rules = Rules(filename or name or "template", self.writers)
            marking = Marking(rules, self.sites)
            source = marking.marked(source, self, is_page=name in PAGES)
        return super()._generate(source, name, filename, defer_init)
