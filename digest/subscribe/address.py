"""Addresses as people type them, folded to one form to know them by. Pure.

Folded: local part and domain in lower case, an international domain as A-labels (RFC 5890), so it
is ASCII and fits an envelope as it stands. Case may matter in a local part (RFC 5321 section
2.4), but no provider of note makes use of it, and readers type theirs in any.
"""

import re
from dataclasses import dataclass

ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# Dot-string "@" Domain (RFC 5321 section 4.1.2); a last label of digits would be an IP address.
FITS = re.compile(rf"{ATEXT}(?:\.{ATEXT})*@(?:{LABEL}\.)+(?=..)(?![0-9]+\Z){LABEL}")
# What fits and has this still needs the library's look: A-labels (xn--...) have their own rules.
UNUSUAL = "--"
# At either end of a pasted address, nobody means them: zero-width marks, the byte order mark.
INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
MAX_LOCAL, MAX_ADDRESS = 64, 254  # RFC 5321 section 4.5.3.1, RFC 3696 erratum 1690


@dataclass(frozen=True, slots=True)
class Address:
    """`folded` is how it is known and used; `as_given` is kept as proof of what was typed."""

    folded: str
    as_given: str


@dataclass(frozen=True, slots=True)
class BadAddress:
    """Why a text is not an address we can send to, in a few plain words."""

    reason: str


def read_address(text: str) -> Address | BadAddress:
    """The address in a text, white space around it ignored. A name beside it is refused."""
    given = text.strip()
    if UNUSUAL not in given and _fits(given):
        return Address(given.lower(), given)
    return _read_unusual(given.strip(INVISIBLE).strip())


def _read_unusual(given: str) -> Address | BadAddress:
    if not given:
        return BadAddress("no address")
    if "@" not in given:
        return BadAddress("no @ in the address")
    if len(given) > MAX_ADDRESS:
        return BadAddress(f"longer than {MAX_ADDRESS} characters")
    if "<" in given or " " in given:
        return BadAddress("more than an address: expected name@place alone")
    if not given.isprintable():
        return BadAddress("a control character or line break in the address")
    if not given.rpartition("@")[0].isascii():
        return BadAddress("letters beyond ASCII before the @ can't be sent to yet (SMTPUTF8)")
    return _ask_library(given)


def _ask_library(given: str) -> Address | BadAddress:
    # Imported late: a list of a million plain addresses never needs it.
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(given, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        return BadAddress(_short(str(error)))
    folded = (found.ascii_email or "").lower()
    if not _fits(folded):
        return BadAddress("not an address that mail servers take")
    return Address(folded, given)


def _fits(text: str) -> bool:
    return (
        len(text) <= MAX_ADDRESS
        and FITS.fullmatch(text) is not None
        and text.index("@") <= MAX_LOCAL
    )


def _short(reason: str) -> str:
    """The library's first sentence, without a full stop."""
    return " ".join(reason.split()).split(". ")[0].rstrip(".")
