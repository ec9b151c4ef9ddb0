"""Editions as readers find them on the web. Pure."""

from dataclasses import dataclass
from datetime import date, datetime

from digest.model.edition import Edition


@dataclass(frozen=True, slots=True)
class SentEdition:
    """An edition that readers have. `changed_at` is when it last began to leave: at first, or
    when somebody had it go on after a pause."""

    day: date
    subject: str
    created_at: datetime
    changed_at: datetime
    edition: Edition
