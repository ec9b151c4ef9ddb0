"""A row of a list to what it wishes for its reader: to be subscribed, or left alone. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType

from digest.model.readers import Consent, SuppressionReason, Wish
from digest.subscribe.address import BadAddress, read_address
from digest.subscribe.columns import Cells, Layout

FALSE = frozenset({"false", "0", "no", "f", "n"})
MAX_NAME = 200

# The words of all programs for how a reader stands; Buttondown's are its SubscriberType.
SUBSCRIBED = frozenset({
    "", "subscribed", "active", "enabled", "confirmed", "regular", "premium", "gifted", "trialed",
    "unpaid", "churning", "churned", "paused", "past_due", "free", "paid", "comped",
})  # fmt: skip
UNCONFIRMED = frozenset({
    "unconfirmed", "unactivated", "pending", "nonsubscribed", "non-subscribed", "transactional",
})  # fmt: skip
SUPPRESSED: Mapping[str, SuppressionReason] = MappingProxyType({
    **{reason.value: reason for reason in SuppressionReason},
    "removed": SuppressionReason.UNSUBSCRIBED, "inactive": SuppressionReason.DISABLED,
    "cleaned": SuppressionReason.BOUNCED, "undeliverable": SuppressionReason.BOUNCED,
    "unreachable": SuppressionReason.BOUNCED, "blocklisted": SuppressionReason.DISABLED,
    "blocked": SuppressionReason.DISABLED, "spammy": SuppressionReason.DISABLED,
    "archived": SuppressionReason.DISABLED,
})  # fmt: skip
# As Go prints an instant, and so listmonk: "2024-03-01 10:00:00.123456789 +0000 UTC".
GO_INSTANT = re.compile(r"(\S+ [0-9:]{8})(?:\.([0-9]{1,6})[0-9]*)? ([+-][0-9]{4})(?: \S+)?")
# Beyond these years stand what programs write for "never". PostgreSQL's driver can't give back
# what its time zone moves out of the years 1 to 9999.
YEARS = range(1970, 2101)
# What makes a spreadsheet take a cell for a formula.
FORMULA = ("=", "+", "-", "@")


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that can't be used: where it stands and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A row of somebody who never agreed, or has not yet: neither taken nor kept out."""

    line: int


def read_row(
    layout: Layout, row: list[str], *, line: int, source: str
) -> Wish | BadRow | Unconfirmed:
    """The row's wish. `line` is its number in the file, `source` goes into the record of consent.

    A status we do not know is a reason not to send: better one reader too few.
    """
    cells = layout.cells(row)
    address = read_address(cells.address)
    if isinstance(address, BadAddress):
        return BadRow(line, address.reason)
    status = layout.everybody or cells.status.strip().casefold()
    reason = SUPPRESSED.get(status) or _reason(cells)
    if reason is None and status in UNCONFIRMED:
        return Unconfirmed(line)
    if reason is None and status not in SUBSCRIBED:
        return BadRow(line, f'unknown status "{_clean(status)[:50]}"')
    return Wish(
        address=address.folded,
        as_given=address.as_given,
        name=_name(cells),
        topics=_topics(cells.topics),
        language=_language(cells.language),
        suppress=reason,
        evidence="" if reason is None else _evidence(cells, status),
        consent=_consent(cells, source),
    )


def _reason(cells: Cells) -> SuppressionReason | None:
    """What columns other than the status say against sending."""
    # A date stands there as well as a "true": whatever is no plain "no" counts.
    if cells.disabled.strip() and cells.disabled.strip().casefold() not in FALSE:
        return SuppressionReason.DISABLED
    if cells.left_at.strip() or (cells.enabled and cells.enabled.strip().casefold() in FALSE):
        return SuppressionReason.UNSUBSCRIBED
    return None


def _evidence(cells: Cells, status: str) -> str:
    """What the list itself says about it, for whoever asks later."""
    return _clean(" ".join(filter(None, (status, cells.left_at, cells.left_why))))[:200]


def guarded(name: str) -> str:
    """The name as a cell that no spreadsheet runs as a formula: readers choose their names.
    read_row() takes the apostrophe away again."""
    return f"'{name}" if _is_formula(name) else name


def _is_formula(name: str) -> bool:
    # With apostrophes before it as well: so that each one added is one taken away.
    return name.lstrip("'").startswith(FORMULA)


def _name(cells: Cells) -> str:
    given = cells.name or f"{cells.first_name.strip()} {cells.last_name.strip()}"
    name = _clean(given.strip())
    return (name.removeprefix("'") if _is_formula(name) else name)[:MAX_NAME]


@lru_cache(maxsize=1_000)
def _topics(text: str) -> tuple[str, ...]:
    """Separated by semicolons or commas; each once, in the order of the alphabet."""
    found = {_clean(topic.strip()).casefold() for topic in text.replace(",", ";").split(";")}
    return tuple(sorted(found - {""}))


@lru_cache(maxsize=1_000)
def _language(text: str) -> str | None:
    tag = text.strip().replace("_", "-")
    is_tag = tag.isascii() and tag.replace("-", "").isalnum() and len(tag) <= 35
    return tag if is_tag else None


def _consent(cells: Cells, source: str) -> Consent:
    """The proof that came with the row; a time that can't be read is kept in words."""
    at = _instant(cells.consent_at) if cells.consent_at else None
    confirmed_at = _instant(cells.confirmed_at) if cells.confirmed_at else None
    note = ""
    if (cells.consent_at and at is None) or (cells.confirmed_at and confirmed_at is None):
        given = "; ".join(filter(None, (cells.consent_at.strip(), cells.confirmed_at.strip())))
        note = _clean(f"as given: {given}")[:200] if given else ""
    return Consent(
        source=source,
        at=at,
        ip=_ip(cells.consent_ip) if cells.consent_ip else None,
        confirmed_at=confirmed_at,
        confirmed_ip=_ip(cells.confirmed_ip) if cells.confirmed_ip else None,
        note=note,
    )


def _ip(text: str) -> str | None:
    return _clean(text.strip())[:45] or None


def _instant(text: str) -> datetime | None:
    """ISO 8601, "2019-03-12 14:22:01", or as Go prints it; without a zone it is UTC. None for a
    time that can't be read, or is none."""
    try:
        found = datetime.fromisoformat(_as_iso(text.strip()))
        at = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if at.year in YEARS else None


def _as_iso(text: str) -> str:
    go = GO_INSTANT.fullmatch(text) if " +" in text or " -" in text else None
    return text if go is None else f"{go[1]}.{(go[2] or '').ljust(6, '0')}{go[3]}"


def _clean(text: str) -> str:
    if text.isprintable():
        return text
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
