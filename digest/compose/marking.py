"""A wrap's template, as its author wrote it, with the marks put in where readers differ. Pure.

Works on Jinja's syntax tree, after every rule of compose/rules.py was kept: a spot becomes its
mark, a loop over the reader's own gets one before, after and at each item, and of a condition on
their position or selection both sides are written, each behind its mark.
"""

import re
from dataclasses import replace

from jinja2 import Environment, nodes

from digest.compose.marks import (
    ANY_BRIEF,
    ANY_SECTION,
    ELSE,
    END,
    END_FENCE,
    END_IF,
    FENCE,
    FIRST,
    ITEM,
    LAST,
    OWN,
    SPOT,
    Site,
    raw,
)
from digest.compose.rules import Rules, Scope
from digest.model.message import Over

_FENCES = re.compile(f"{FENCE}|{END_FENCE}")
_OVER = {"sections": Over.SECTIONS, "brief": Over.BRIEF, "stories": Over.STORIES}
_CONDITIONS = {"first": FIRST, "last": LAST, "sections": ANY_SECTION, "brief": ANY_BRIEF}


def without_fences(tree: nodes.Template) -> nodes.Template:
    """The template without the comments that mark what is personal, otherwise as it was."""
    for data in tree.find_all(nodes.TemplateData):
        data.data = data.data.replace(FENCE, "").replace(END_FENCE, "")
    return tree


class Marking:
    """Marks one file; `sites` grows by every personal place found in it. Raises TemplateError."""

    def __init__(self, rules: Rules, sites: list[Site]) -> None:
        self._rules = rules
        self._sites = sites

    def marked(
        self, tree: nodes.Template, environment: Environment, *, is_page: bool
    ) -> nodes.Template:
        """The same tree, changed. `is_page`: no other file takes it in."""
        tree.body = self._body(tree.body, Scope(is_called=not is_page))
        tree.set_environment(environment)
        return tree

    def _body(self, body: list[nodes.Node], scope: Scope) -> list[nodes.Node]:
        return [new for node in body for new in self._statement(node, scope)]

    def _statement(self, node: nodes.Node, scope: Scope) -> list[nodes.Node]:
        if isinstance(node, nodes.Output):
            return [self._output(node, scope)]
        if isinstance(node, nodes.For):
            return self._for(node, scope)
        if isinstance(node, nodes.If):
            return self._if(node, scope)
        self._rules.statement(node, scope)
        inner = self._rules.within(node, scope)
        for field, value in list(node.iter_fields()):
            if isinstance(value, list) and field == "body":
                setattr(node, field, self._body(value, inner))
        return [node]

    def _output(self, node: nodes.Output, scope: Scope) -> nodes.Output:
        written: list[nodes.Expr] = []
        for child in node.nodes:
            if isinstance(child, nodes.TemplateData):
                child.data = self._fenced(child.data, child.lineno)
                written.append(child)
            elif name := self._rules.spot(child, scope):
                site = self._site(child, f"{{{{ subscriber.{name} }}}}")
                written.append(_data(raw(SPOT, name, site), child))
            else:
                self._rules.written(child, scope)
                written.append(child)
        node.nodes = written
        return node

    def _fenced(self, data: str, line: int) -> str:
        def mark(found: re.Match[str]) -> str:
            at = line + data.count("\n", 0, found.start())
            self._sites.append(Site(self._rules.file, at, found[0]))
            return raw(OWN if found[0] == FENCE else END_IF, "", len(self._sites) - 1)

        return _FENCES.sub(mark, data)

    def _for(self, node: nodes.For, scope: Scope) -> list[nodes.Node]:
        over = self._rules.own_loop(node, scope)
        if not over:
            self._rules.plain_loop(node, scope)
            node.body = self._body(node.body, self._rules.within(node, scope))
            node.else_ = self._body(node.else_, scope)
            return [node]
        site = self._site(node, "this loop")
        target = node.target.name if isinstance(node.target, nodes.Name) else ""
        inner = scope.inside(over, target)
        index = nodes.Getattr(nodes.Name("loop", "load"), "index0", "load")
        item = nodes.Output([_data(f"\x02{ITEM}", node), index, _data(f".{site}\x03", node)])
        node.body = [item.set_lineno(node.lineno), *self._body(node.body, inner)]
        return [
            self._mark(_OVER[over].value, site, node), node, self._mark(END, site, node),
        ]  # fmt: skip

    def _if(self, node: nodes.If, scope: Scope) -> list[nodes.Node]:
        asked = self._rules.own_condition(node, scope)
        if not asked:
            self._rules.expression(node.test, scope, "a condition")
            node.body = self._body(node.body, scope)
            for other in node.elif_:
                self._rules.expression(other.test, scope, "a condition")
                other.body = self._body(other.body, scope)
            node.else_ = self._body(node.else_, scope)
            return [node]
        what, is_negated = asked
        site = self._site(node, "this condition")
        chosen = replace(scope, is_chosen=True)
        sides = [self._body(node.body, chosen), self._body(node.else_, chosen)]
        yes, no = reversed(sides) if is_negated else sides
        return [
            self._mark(_CONDITIONS[what], site, node), *yes,
            self._mark(ELSE, site, node), *no, self._mark(END_IF, site, node),
        ]  # fmt: skip

    def _site(self, node: nodes.Node, what: str) -> int:
        self._sites.append(Site(self._rules.file, node.lineno, what))
        return len(self._sites) - 1

    def _mark(self, code: str, site: int, node: nodes.Node) -> nodes.Output:
        output = nodes.Output([_data(raw(code, "", site), node)])
        output.set_lineno(node.lineno)
        return output


def _data(text: str, node: nodes.Node) -> nodes.TemplateData:
    return nodes.TemplateData(text, lineno=node.lineno)
