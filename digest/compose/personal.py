"""A reader's own values, as templates name them (`subscriber.*`), and their escaping. Pure.

Values are escaped so that one that is filled in after inlining reads as if it had been rendered
before. In text they stand as premailer's serialiser (libxml2) writes them; in attributes both kinds
of quotes are escaped, because it encloses a value in those that the template's words have not.
"""

from dataclasses import dataclass
from urllib.parse import quote

from digest.model.message import Quoting

# libxml2 percent-encodes blanks and what is not ASCII in a link, and nothing else.
_LINK_SAFE = "".join(chr(octet) for octet in range(0x21, 0x7F))


@dataclass(frozen=True, slots=True)
class Personal:
    """One value per spot; every value is one line. `name` may be empty."""

    unsubscribe_url: str
    preferences_url: str
    view_url: str
    name: str
    address: str
    greeting: str


def quoted(value: str, quoting: Quoting) -> str:
    """`value` as it must be written at such a place."""
    if quoting is Quoting.PLAIN:
        return value
    if quoting is Quoting.LINK:
        value = quote(value, safe=_LINK_SAFE)
    value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if quoting is Quoting.TEXT:
        return value
    return value.replace('"', "&quot;").replace("'", "&#39;")
