"""docs/ledger.md draws the states that the code has, and no others."""

import re
from enum import Enum
from pathlib import Path

import pytest

from digest.model.ledger import BatchState, DeliveryState, EditionState

DOC = (Path(__file__).parents[3] / "docs" / "ledger.md").read_text(encoding="utf-8")


def diagram(heading: str) -> set[str]:
    """The states of the diagram under the heading."""
    drawn = DOC.split(f"## {heading}\n")[1].split("```mermaid")[1].split("```")[0]
    arrows = re.findall(r"^ +(\S+) --> (\w+):", drawn, flags=re.MULTILINE)
    return {state for arrow in arrows for state in arrow} - {"[*]"}


@pytest.mark.parametrize(
    ("heading", "states"), [("Editions", EditionState), ("Batches", BatchState)]
)
def test_diagram_has_every_state(heading: str, states: type[Enum]) -> None:
    assert diagram(heading) == {state.value for state in states}


def test_outcomes_stand_in_the_order_in_which_they_rise() -> None:
    order = " < ".join(f"`{state.name.lower()}`" for state in sorted(DeliveryState))
    assert order in DOC
