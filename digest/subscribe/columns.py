"""Which program wrote a list of subscribers, told by its columns, and what they mean. Pure.

The exports of Mailchimp, Substack, Ghost, Buttondown, listmonk and Keila are taken as they are,
and so is any list with a column for the address. Column names are compared without case. Tags and
labels are not taken for topics: they are the newsroom's notes about readers, not readers' wishes.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple

from digest.subscribe.address import Address, read_address


class Cells(NamedTuple):
    """A row's cells that mean something to us; "" where the list has no such column."""

    address: str
    name: str
    first_name: str
    last_name: str
    topics: str
    language: str
    status: str
    disabled: str  # true: gets no mail
    enabled: str  # false: gets no mail
    left_at: str  # any value: has left
    left_why: str
    consent_at: str
    consent_ip: str
    confirmed_at: str
    confirmed_ip: str


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things stand in the rows of one file: a place per field of Cells, -1 where there is
    none. `everybody` is the status of all in it, "" when each row says its own. `has_header`
    False: the first row is a reader already."""

    product: str
    places: tuple[int, ...]
    everybody: str = ""
    has_header: bool = True
    _pick: Any = field(init=False, repr=False, compare=False)
    _blanks: list[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_pick", itemgetter(*self.places))
        # One more than the columns, so that place -1 is always blank, in short and long rows.
        object.__setattr__(self, "_blanks", [""] * (max(self.places) + 2))

    def cells(self, row: list[str]) -> Cells:
        """The row's cells by their meaning; short and long rows are taken as far as they go."""
        return Cells._make(self._pick(row + self._blanks))


@dataclass(frozen=True, slots=True)
class Product:
    """A program's export: the columns that give it away, and its own that mean something to us,
    beside those of ANYWHERE. `everybody` as in Layout."""

    name: str
    tell_tale: frozenset[str]
    columns: Mapping[str, str]
    everybody: str = ""


ANYWHERE = {
    "email": "address", "email address": "address", "e-mail": "address",
    "e-mail address": "address", "email_address": "address", "mail": "address",
    "courriel": "address", "address": "address",
    "name": "name", "full name": "name", "first name": "first_name", "first_name": "first_name",
    "firstname": "first_name", "prénom": "first_name", "last name": "last_name",
    "last_name": "last_name", "lastname": "last_name", "nom": "last_name",
    "topics": "topics", "language": "language", "status": "status", "unsubscribed": "disabled",
    "subscribed": "enabled", "unsubscribed_at": "left_at", "deleted_at": "left_at",
    "consent_time": "consent_at", "consent_ip": "consent_ip", "confirm_time": "confirmed_at",
    "confirm_ip": "confirmed_ip", "created_at": "consent_at",
}  # fmt: skip
MAILCHIMP = {"optin_time": "consent_at", "optin_ip": "consent_ip", "unsub_time": "left_at",
             "unsub_reason": "left_why", "clean_time": "left_at"}  # fmt: skip

# The first that fits is taken, so those with more tell-tales stand first.
PRODUCTS = (
    Product("Mailchimp (unsubscribed)", frozenset({"email address", "unsub_time"}), MAILCHIMP,
            "unsubscribed"),
    Product("Mailchimp (cleaned)", frozenset({"email address", "clean_time"}), MAILCHIMP,
            "cleaned"),
    Product("Mailchimp", frozenset({"email address", "optin_time"}), MAILCHIMP),
    Product("Substack", frozenset({"email", "active_subscription"}),
            {"email_disabled": "disabled"}),
    Product("Ghost", frozenset({"email", "subscribed_to_emails"}),
            {"subscribed_to_emails": "enabled"}),
    Product("Buttondown", frozenset({"email", "subscription_date"}), {
        "type": "status", "subscriber_type": "status", "unsubscription_date": "left_at",
        "unsubscription_reason": "left_why", "subscription_date": "consent_at",
        "ip_address": "consent_ip"}),
    Product("listmonk", frozenset({"email", "attributes"}), {}),
    Product("Keila", frozenset({"email", "first name", "external id"}), {}),
)  # fmt: skip
# Some files tell who is in them by their name alone (Mailchimp's ZIP, Buttondown's unsubscribers).
FILE_NAMES = (
    (re.compile(r"non-?_?subscribed", re.IGNORECASE), "nonsubscribed"),
    (re.compile(r"unsubscribe", re.IGNORECASE), "unsubscribed"),
    # Not any "cleaned": of a list that somebody has tidied up, nobody has left.
    (re.compile(r"^cleaned_.+_export|bounce", re.IGNORECASE), "cleaned"),
    (re.compile(r"complain", re.IGNORECASE), "complained"),
    (re.compile(r"suppress", re.IGNORECASE), "disabled"),
)
EXPECTED = (
    'expected a first row with the columns\' names, one of them "email" or "Email Address", '
    "or an address in the first column"
)


def recognise(first_row: Sequence[str], *, file_name: str = "") -> Layout | str:
    """The layout of a file that begins with this row, or why it can't be told."""
    names = [" ".join(cell.replace("\ufeff", "").split()).casefold() for cell in first_row]
    told = next((status for name, status in FILE_NAMES if name.search(file_name)), "")
    if any(ANYWHERE.get(name) == "address" for name in names):
        found = next((one for one in PRODUCTS if one.tell_tale <= set(names)), None)
        product = found or Product("a list", frozenset(), {})
        places = _places(names, {**product.columns, **ANYWHERE})
        return Layout(product.name, places, product.everybody or told)
    if first_row and isinstance(read_address(first_row[0]), Address):
        places = _places(["email"], ANYWHERE)
        return Layout("addresses", places, told, has_header=False)
    return EXPECTED


def _places(names: Sequence[str], meanings: Mapping[str, str]) -> tuple[int, ...]:
    """For each field the place of its column: of several, that which `meanings` has first. So
    "Email Address" goes before "Address", which then is the postal one."""
    places = dict.fromkeys(Cells._fields, -1)
    for name, meaning in meanings.items():
        if places[meaning] < 0 and name in names:
            places[meaning] = names.index(name)
    return tuple(places.values())
