"""Signed links and form stamps that grow old: a token (token.py) with the instant of its issue.
Pure.

`mac.id.issued.publication`: 22 characters of HMAC-SHA256 (128 bits) over purpose, id, instant and
publication; the id and the instant (seconds since 1970) in base 36. Who reads one says how old it
may be, so that "too old" and "not ours" can be told apart.
"""

import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

_SLUG = re.compile(r"[A-Za-z0-9_-]+")
_NUMBER = re.compile(r"0|[1-9a-z][0-9a-z]{0,12}")
_INSTANT = re.compile(r"[1-9a-z][0-9a-z]{0,6}")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_MAC_OCTETS, _MAC_LETTERS = 16, 22
# Clocks of two machines may differ by so much.
_AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a genuine one says; `issued_at` in whole seconds."""

    subscriber_id: int
    publication: str
    issued_at: datetime

    def is_fresh(self, *, now: datetime, lives: timedelta) -> bool:
        """Whether it is no older than `lives`; one from the future is not."""
        return -_AHEAD <= now - self.issued_at <= lives


def make_ticket(
    key: bytes, *, purpose: str, subscriber_id: int, publication: str, issued_at: datetime
) -> str:
    """URL-safe as it is. Raises ValueError for an empty key, a publication that is no slug, and a
    negative id."""
    if not key or not _SLUG.fullmatch(publication) or subscriber_id < 0:
        raise ValueError("a ticket needs a key, a publication's slug and an id")
    claimed = f"{_base36(subscriber_id)}.{_base36(int(issued_at.timestamp()))}.{publication}"
    told = f"digest ticket\0{purpose}\0{claimed}".encode()
    mac = hmac.digest(key, told, sha256)[:_MAC_OCTETS]
    # The slug stands last: mail programs that find links in plain text leave a final - or _ out.
    return f"{urlsafe_b64encode(mac)[:_MAC_LETTERS].decode('ascii')}.{claimed}"


def read_ticket(key: bytes, text: str, *, purpose: str) -> Ticket | None:
    """What a ticket made with this key for this purpose says, however old; else None. Takes the
    same time whatever is wrong with the signature."""
    _, _, claimed = text.partition(".")
    number, _, rest = claimed.partition(".")
    instant, _, publication = rest.partition(".")
    if not text.isascii() or not _NUMBER.fullmatch(number):
        return None
    if not _INSTANT.fullmatch(instant) or not _SLUG.fullmatch(publication):
        return None
    issued_at = datetime.fromtimestamp(int(instant, 36), UTC)
    found = Ticket(int(number, 36), publication, issued_at)
    expected = make_ticket(
        key,
        purpose=purpose,
        subscriber_id=found.subscriber_id,
        publication=publication,
        issued_at=issued_at,
    )
    return found if hmac.compare_digest(expected, text) else None


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits or "0"
