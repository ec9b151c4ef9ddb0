"""Signed links that say whose subscription is meant, without a personal word in them. Pure.

`mac.id.publication`: 22 characters of HMAC-SHA256 (128 bits) over purpose, id and publication;
the id in base 36. At most 60 characters for a publication's slug of up to 28. A token does not
expire: an unsubscribe link must work for at least 60 days (CASL section 11 (2)).
"""

import hmac
import re
from base64 import urlsafe_b64encode

from digest.model.mac import StartedMac

_SLUG = re.compile(r"[A-Za-z0-9_-]+")
_ID = re.compile(r"[0-9a-z]{1,13}")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_MAC_OCTETS = 16
_MAC_LETTERS = 22  # of those octets in base64, without its padding


class TokenMaker:
    """Makes the tokens of one purpose for the readers of one publication.

    Raises ValueError for an empty key or a publication that is no slug.
    """

    def __init__(self, key: bytes, *, purpose: str, publication: str) -> None:
        if not key or not _SLUG.fullmatch(publication):
            raise ValueError("a token needs a key and a publication's slug")
        self._mac = StartedMac(key, f"digest token\0{purpose}\0".encode())
        self._publication = publication
        self._rest = f"\0{publication}".encode()

    def token(self, subscriber_id: int) -> str:
        """The token of one subscription, URL-safe as it is. Raises ValueError for a negative id."""
        mac = self._mac.digest(b"%d%b" % (subscriber_id, self._rest))[:_MAC_OCTETS]
        signed = urlsafe_b64encode(mac)[:_MAC_LETTERS].decode("ascii")
        # The slug stands last: mail programs that find links in plain text leave a final - or _
        # out.
        return f"{signed}.{_base36(subscriber_id)}.{self._publication}"


def make_token(key: bytes, *, purpose: str, subscriber_id: int, publication: str) -> str:
    """One token. Raises ValueError as TokenMaker does."""
    return TokenMaker(key, purpose=purpose, publication=publication).token(subscriber_id)


def read_token(key: bytes, text: str, *, purpose: str) -> tuple[int, str] | None:
    """(subscriber id, publication) of a token made with this key for this purpose, else None.
    Takes the same time whatever is wrong with the signature."""
    _, _, claimed = text.partition(".")
    number, _, publication = claimed.partition(".")
    if not text.isascii() or not _ID.fullmatch(number) or not _SLUG.fullmatch(publication):
        return None
    subscriber_id = int(number, 36)
    expected = make_token(
        key, purpose=purpose, subscriber_id=subscriber_id, publication=publication
    )
    return (subscriber_id, publication) if hmac.compare_digest(expected, text) else None


def _base36(number: int) -> str:
    if number < 0:
        raise ValueError("a token needs an id that is not negative")
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits or "0"
