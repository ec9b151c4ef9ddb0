"""What a relay offers in its EHLO, and how many messages may be on their way because of it. Pure.

SIZE: RFC 1870; PIPELINING: RFC 2920; CHUNKING: RFC 3030; SMTPUTF8: RFC 6531; 8BITMIME: RFC 6152.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

# As many messages, or bytes, may be on their way over one connection, however long the way is.
MOST_IN_FLIGHT = 16
MOST_BYTES_IN_FLIGHT = 2_000_000
# A round trip shorter than this leaves no time that a second message could use.
NEAR_S = 0.002


@dataclass(frozen=True, slots=True)
class Offer:
    """`size_limit` in bytes, None where the relay names none."""

    has_pipelining: bool = False
    has_chunking: bool = False
    has_8bitmime: bool = False
    has_smtputf8: bool = False
    has_size: bool = False
    size_limit: int | None = None


def read_offer(extensions: Mapping[str, str]) -> Offer:
    """The offer of the last EHLO: extension names in lower case, each with its parameters."""
    return Offer(
        has_pipelining="pipelining" in extensions,
        has_chunking="chunking" in extensions,
        has_8bitmime="8bitmime" in extensions,
        has_smtputf8="smtputf8" in extensions,
        has_size="size" in extensions,
        size_limit=_size_limit(extensions.get("size", "")),
    )


def in_flight(offer: Offer, *, round_trip_s: float, wanted: int | None) -> int:
    """How many messages may be on their way, each without its outcome in the ledger: as many a
    kill can leave unknown. `wanted` None: one on a near relay, one more for each millisecond of
    the way to it, at most MOST_IN_FLIGHT.

    Without CHUNKING and PIPELINING both it is one: a body needs the relay's 354 first.
    """
    if not (offer.has_pipelining and offer.has_chunking):
        return 1
    if wanted is not None:
        return max(1, min(wanted, MOST_IN_FLIGHT))
    if round_trip_s < NEAR_S:
        return 1
    return min(ceil(round_trip_s * 1000), MOST_IN_FLIGHT)


def _size_limit(words: str) -> int | None:
    """Of at most 20 digits; "SIZE 0" and "SIZE" alone set no limit (RFC 1870 section 3)."""
    limit = words.strip()
    is_number = limit.isascii() and limit.isdigit() and len(limit) <= 20
    return (int(limit) or None) if is_number else None
