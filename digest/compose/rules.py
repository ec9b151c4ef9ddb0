"""What a wrap's template may do with what is the reader's own; all else is refused. Pure.

A mail is rendered once for all readers, so nothing may depend on one of them but what can be
joined afterwards: spots, loops over the reader's own sections and stories, and conditions on an
item's position or on having any. docs/templates.md says the same to authors.
"""

from dataclasses import dataclass, replace
from typing import NoReturn

from jinja2 import nodes

from digest.compose.expressions import asked_in, is_name, names_in, names_stories, own_iterable
from digest.compose.marks import NAMES, RESERVED
from digest.compose.writers import Writers, name_of
from digest.errors import TemplateError

# Jinja's own functions that count calls: they would count the stories of all readers.
COUNTERS = ("cycler", "joiner")
_POSITION_WORDS = (
    "Write {% if loop.first %}, {% if not loop.first %}, {% if loop.last %} or "
    "{% if not loop.last %} as a condition of its own"
)
_SURROUNDINGS: tuple[tuple[type[nodes.Node] | tuple[type[nodes.Node], ...], str], ...] = (
    (nodes.Filter, "a filter"),
    (nodes.Test, "a test"),
    (nodes.Call, "a call"),
    ((nodes.Getitem, nodes.Slice), "a subscript"),
    ((nodes.CondExpr, nodes.Compare, nodes.Not, nodes.And, nodes.Or), "a condition"),
    ((nodes.Concat, nodes.BinExpr), "a concatenation"),
    ((nodes.List, nodes.Tuple, nodes.Dict), "a list"),
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Where in a file we are. `loop`: the loop that `loop` speaks of is "none" known in this file,
    a "plain" one, or one over the reader's "own". `sections`: the names that stand for a section
    of the reader's. `is_kept`: what is written here goes into a value, not into the page.
    `is_chosen`: inside a condition on the reader's selection. `is_called`: this may be run from
    within a loop that is written elsewhere."""

    loop: str = "none"
    sections: frozenset[str] = frozenset()
    is_in_stories: bool = False
    is_kept: bool = False
    is_chosen: bool = False
    is_called: bool = False

    @property
    def is_own(self) -> bool:
        """Whether what happens here happens for some readers only."""
        return self.is_in_stories or self.is_chosen or bool(self.sections)

    def inside(self, over: str, target: str) -> "Scope":
        """The body of a loop over the reader's own."""
        if over == "stories":
            left = self.sections - {target}
            return replace(self, loop="own", sections=left, is_in_stories=True, is_chosen=False)
        return replace(self, loop="own", sections=self.sections | {target}, is_chosen=False)


class Rules:
    """The rules, for one file. Every method raises TemplateError: file, line, what to do."""

    def __init__(self, file: str, writers: Writers) -> None:
        self.file = file
        self._writers = writers

    def refuse(self, node: nodes.Node, words: str) -> NoReturn:
        """Say no."""
        raise TemplateError(f"{self.file}:{node.lineno}: {words}")

    def spot(self, node: nodes.Expr, scope: Scope) -> str:
        """The name of a spot that is written as it should be; "" for any other expression."""
        if not (isinstance(node, nodes.Getattr) and is_name(node.node, "subscriber")):
            return ""
        if node.attr not in NAMES:
            self.refuse(node, f"subscriber has no {node.attr!r}; it has {', '.join(NAMES)}")
        self._refuse_kept(node, scope, f"{{{{ subscriber.{node.attr} }}}}")
        return node.attr

    def own_loop(self, node: nodes.For, scope: Scope) -> str:
        """ "sections", "brief" or "stories" for a loop over the reader's own; "" for others."""
        over = own_iterable(node.iter, scope.sections)
        if not over:
            return ""
        shown = f"{{% for ... in {'section.stories' if over == 'stories' else over} %}}"
        self._refuse_kept(node, scope, shown)
        if node.test is not None:
            self.refuse(node, f"{shown} can't have an if: put {{% if %}} inside the loop")
        if node.else_:
            self.refuse(node, f"{shown} can't have an else: write {{% if not sections %}} after it")
        if node.recursive or not isinstance(node.target, nodes.Name):
            self.refuse(node, f"{shown} takes one name and no more")
        if scope.is_in_stories if over == "stories" else scope.sections:
            self.refuse(node, f"{shown} can't stand inside another loop of its kind")
        self._free(node.target, scope)
        return over

    def plain_loop(self, node: nodes.For, scope: Scope) -> None:
        """Any other loop: its head must have nothing of the reader's."""
        self.expression(node.iter, scope, "a loop")
        self.expression(node.target, scope, "a loop")
        if node.test is not None:
            self.expression(node.test, scope, "a condition")

    def own_condition(self, node: nodes.If, scope: Scope) -> tuple[str, bool] | None:
        """("first" | "last" | "sections" | "brief", is it negated) for a condition that is
        decided reader by reader; None for others."""
        is_negated = isinstance(node.test, nodes.Not)
        test = node.test.node if isinstance(node.test, nodes.Not) else node.test
        asked = asked_in(test, is_own_loop=scope.loop == "own")
        if not asked:
            return None
        self._refuse_kept(node, scope, "A condition on the reader's selection")
        if node.elif_:
            self.refuse(node.elif_[0], "no elif here: write {% else %} and an {% if %} within it")
        return asked, is_negated

    def statement(self, node: nodes.Node, scope: Scope) -> None:
        """Every other statement: its expressions and the names it gives."""
        if isinstance(node, nodes.Assign | nodes.AssignBlock | nodes.Macro | nodes.Import
                      | nodes.FromImport) and scope.is_chosen:  # fmt: skip
            self.refuse(
                node, "nothing can be set or defined inside a condition on the reader's selection: "
                "do it before, or write the words out on both sides",
            )  # fmt: skip
        if isinstance(node, nodes.Macro) and scope.is_own:
            self.refuse(node, "define the macro outside of the loop over the reader's own")
        self._refuse_kept_writer(node, scope)
        where = "an assignment" if isinstance(node, nodes.Assign | nodes.With) else "a call"
        for field, value in node.iter_fields():
            for child in value if isinstance(value, list) else [value]:
                if field == "call":
                    self.written(child, scope)
                elif isinstance(child, nodes.Expr):
                    self.expression(child, scope, where)
                elif field in ("target", "names") and isinstance(child, str | tuple):
                    name = child if isinstance(child, str) else child[-1]
                    self._free(nodes.Name(name, "store", lineno=node.lineno), scope)

    def within(self, node: nodes.Node, scope: Scope) -> Scope:
        """The scope of a statement's body."""
        if isinstance(node, nodes.For):
            left = scope.sections - {name.name for name in names_in(node.target)}
            return replace(scope, loop="plain", sections=left, is_chosen=False)
        if isinstance(node, nodes.Macro):
            return Scope(is_called=True)
        if isinstance(node, nodes.Block):
            return replace(scope, is_called=True)
        if isinstance(node, nodes.CallBlock | nodes.FilterBlock | nodes.AssignBlock):
            return replace(scope, is_kept=True, is_chosen=False)
        return replace(scope, is_chosen=False) if isinstance(node, nodes.With) else scope

    def written(self, node: nodes.Node, scope: Scope) -> None:
        """An expression that stands alone in `{{ }}`, or what `{% call %}` calls: this may be a
        macro or block that writes something personal."""
        if not (isinstance(node, nodes.Call) and name_of(node.node) in self._writers.calls):
            self.expression(node, scope, "an expression")
            return
        self._refuse_kept(node, scope, f"{name_of(node.node)}(), which writes what is personal,")
        told = [*node.args, *(pair.value for pair in node.kwargs), node.dyn_args, node.dyn_kwargs]
        for argument in told:
            if argument is not None:
                self.expression(argument, scope, "a call")

    def expression(self, node: nodes.Node, scope: Scope, where: str) -> None:
        """An expression that is worked out before there are readers."""
        if isinstance(node, nodes.Name):
            self._name(node, scope, where)
        if isinstance(node, nodes.NSRef):
            self._refuse_counting(node, scope)
        if isinstance(node, nodes.Call):
            self._refuse_writer(node, name_of(node.node), where)
        if names_stories(node):
            self.refuse(
                node, f"a section's stories can't stand in {where}: each reader has their own. "
                "Loop over them: {% for story in section.stories %}, inside the loop over "
                "sections and in the same file",
            )  # fmt: skip
        inside = next((words for kind, words in _SURROUNDINGS if isinstance(node, kind)), where)
        if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
            self._name(node.node, scope, inside, attr=node.attr)
            return
        for child in node.iter_child_nodes():
            self.expression(child, scope, inside)

    def _name(self, node: nodes.Name, scope: Scope, where: str, *, attr: str = "") -> None:
        if node.ctx != "load":
            self._free(node, scope)
            return
        shown = f"{node.name}.{attr}" if attr else node.name
        self._refuse_writer(node, shown, where)
        if node.name in COUNTERS:
            self.refuse(
                node, f"{node.name} is not there: it would count the stories of all readers. "
                f"{_POSITION_WORDS}",
            )  # fmt: skip
        if node.name == "subscriber":
            self.refuse(
                node, f"{shown} can't stand in {where}: it is filled in after the page is made. "
                f"Write {{{{ subscriber.{attr or 'name'} }}}} alone, the words around it as text",
            )  # fmt: skip
        if node.name in RESERVED:
            self.refuse(
                node, f"{shown} can't stand in {where}: each reader has their own. Use "
                f"{{% for section in {node.name} %}} or {{% if {node.name} %}}",
            )  # fmt: skip
        if node.name == "loop" and scope.loop == "own":
            self.refuse(
                node, f"{shown} can't stand in {where}: each reader has their own order. "
                f"{_POSITION_WORDS}",
            )  # fmt: skip
        if node.name == "loop" and scope.loop == "none":
            self.refuse(node, f"{shown}: there is no loop in this file that it could speak of")

    def _free(self, node: nodes.Name, scope: Scope) -> None:
        if node.name in RESERVED or node.name in scope.sections or node.name == "loop":
            self.refuse(node, f"the name {node.name!r} is taken: choose another")

    def _refuse_counting(self, node: nodes.NSRef, scope: Scope) -> None:
        if scope.is_own or scope.is_called:
            where = "a loop over the reader's own" if scope.is_own else (
                "a macro, a block or a file that is taken in, which such a loop may run"
            )  # fmt: skip
            self.refuse(
                node, f"a namespace can't be changed in {where}: what it holds would depend on "
                "the stories before",
            )  # fmt: skip

    def _refuse_writer(self, node: nodes.Node, shown: str, where: str) -> None:
        if shown in self._writers.calls:
            self.refuse(
                node, f"{shown}() writes what is personal and can't stand in {where}: that is "
                f"filled in after the page is made. Write {{{{ {shown}() }}}} alone",
            )  # fmt: skip
        if shown in self._writers.modules:
            self.refuse(
                node, f"{shown} can't stand in {where}: what it holds may write what is personal. "
                f"Call that alone: {{{{ {shown}.name() }}}}",
            )  # fmt: skip

    def _refuse_kept_writer(self, node: nodes.Node, scope: Scope) -> None:
        """A file or block whose words would go through a filter, or into a name."""
        if isinstance(node, nodes.Include) and self._writers.has(node):
            self._refuse_kept(node, scope, "A file that writes what is personal")
        if isinstance(node, nodes.Block) and f"self.{node.name}" in self._writers.calls:
            self._refuse_kept(node, scope, "A block that writes what is personal")

    def _refuse_kept(self, node: nodes.Node, scope: Scope, shown: str) -> None:
        if scope.is_kept:
            self.refuse(
                node, f"{shown} can't stand inside {{% set %}}, {{% filter %}} or {{% call %}}: "
                "write it straight into the page",
            )  # fmt: skip
