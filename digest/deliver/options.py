"""The query of a relay's URL -> how it may be used: ?weight=3&connections=10&rate=50. Pure.

OPTIONS is the whole list; the README's table is written from it.
"""

import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from digest.deliver.offer import MOST_IN_FLIGHT

CONNECTIONS = 4
AUTO = "auto"
NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


@dataclass(frozen=True, slots=True)
class RelayOptions:
    """How one relay is used. None: without a limit; `in_flight` None: as the round trip asks for.

    `weight` 0: only when no other works. `rate` and `domain_rate` in messages a second. `ramp`:
    messages on its first day.
    """

    weight: float = 1
    connections: int = CONNECTIONS
    per_connection: int = 100
    rate: float | None = None
    domain_rate: float | None = None
    in_flight: int | None = None
    ramp: int | None = None


PLAIN = RelayOptions()


@dataclass(frozen=True, slots=True)
class Option:
    """What may stand in the query: a number from `least` to `most`, or AUTO where it `has_auto`."""

    name: str
    least: float
    most: float
    meaning: str
    is_whole: bool = True
    has_auto: bool = False

    @property
    def expected(self) -> str:
        """What it takes, in words."""
        kind = "a whole number" if self.is_whole else "a number"
        words = f"{kind} from {self.least:g} to {self.most:.0f}"
        return f"{AUTO} or {words}" if self.has_auto else words

    def read(self, text: str) -> float | int | None:
        """The number, None for AUTO. Raises ValueError with what is expected."""
        if self.has_auto and text == AUTO:
            return None
        if not NUMBER.fullmatch(text) or (self.is_whole and "." in text):
            raise ValueError(f"{self.name}: expected {self.expected}")
        number = int(text) if self.is_whole else float(text)
        if not self.least <= number <= self.most:
            raise ValueError(f"{self.name}: expected {self.expected}")
        return number


OPTIONS = (
    Option(
        "weight",
        0,
        1000,
        "its share of the messages, beside the other relays' weights; 0: only when no other works",
        is_whole=False,
    ),
    Option("connections", 1, 50, "to it at once; without it, `connections` of `[deliver]`"),
    Option("per_connection", 1, 100_000, "messages over one connection before it is made anew"),
    Option("rate", 0.001, 100_000, "messages a second", is_whole=False),
    Option("domain_rate", 0.001, 100_000, "messages a second to one recipient domain",
           is_whole=False),
    Option("in_flight", 1, MOST_IN_FLIGHT,
           "messages on their way over one connection; auto: as the round trip asks for",
           has_auto=True),
    Option("ramp", 1, 1_000_000,
           "warm-up of a new relay: messages on its first day, twice as many each further day"),
)  # fmt: skip
BY_NAME = {option.name: option for option in OPTIONS}


def read_options(query: str, *, connections: int = CONNECTIONS) -> RelayOptions:
    """The options of a URL's query, "" for none; `connections` where it names no number.

    Raises ValueError in plain words for an option that there is not or that stands twice, and for
    a value out of its range.
    """
    values: dict[str, Any] = {}
    for name, text in _pairs(query):
        if name not in BY_NAME:
            raise ValueError(f"no option {name!r}; there are {', '.join(BY_NAME)}")
        if name in values:
            raise ValueError(f"{name} stands twice")
        values[name] = BY_NAME[name].read(text)
    return replace(RelayOptions(connections=connections), **values)


def _pairs(query: str) -> list[tuple[str, str]]:
    if not query:
        return []
    try:
        return parse_qsl(query, keep_blank_values=True, strict_parsing=True, max_num_fields=50)
    except ValueError:
        raise ValueError("expected options as in ?weight=3&connections=10") from None
