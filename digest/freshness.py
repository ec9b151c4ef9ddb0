"""Whether an edition is still news: an old one goes to nobody any more. Pure."""

from datetime import datetime, timedelta

from digest.errors import UsageError
from digest.model.ledger import EditionRecord


def is_stale(record: EditionRecord, *, stale_after_h: float, now: datetime) -> bool:
    """Whether it is old news, as the ledger sees it."""
    return now >= record.created_at + timedelta(hours=stale_after_h)


def refuse_stale(record: EditionRecord, *, stale_after_h: float, now: datetime) -> None:
    """Raise UsageError for old news: whoever were tried again would only expire, and what the
    ledger says of them be lost."""
    if is_stale(record, stale_after_h=stale_after_h, now=now):
        raise UsageError(
            f"{record.publication}, {record.day}: this edition is older than {stale_after_h:g} "
            "hours and goes to nobody any more. If it still should, raise stale_after_h of "
            "[deliver] first"
        )
