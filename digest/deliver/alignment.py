"""Whether DMARC takes a signature as the sender's own (RFC 9989; relaxed, the default). Pure.

Both domains must belong to one organization. Which part of a name that is, the list of public
suffixes or the DNS would know: two neighbours may be one newsroom's, or as strange as a.co.uk and
b.co.uk. Strict alignment (adkim=s) is not covered.
"""

from enum import Enum


class Alignment(Enum):
    """How sure it is."""

    SURE = "sure"
    OPEN = "open"
    NONE = "none"


def alignment(one: str, other: str) -> Alignment:
    """Of two domains; of a parent and a child it is sure."""
    ours, theirs = _labels(one), _labels(other)
    n_shared = min(len(ours), len(theirs))
    if ours[:n_shared] == theirs[:n_shared]:
        return Alignment.SURE
    # No organization's own domain has fewer than two labels.
    return Alignment.OPEN if ours[:2] == theirs[:2] else Alignment.NONE


def _labels(domain: str) -> list[str]:
    return domain.lower().split(".")[::-1]
