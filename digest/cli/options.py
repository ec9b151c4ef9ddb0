"""What options mean, where several commands have them. I/O: the clock."""

from datetime import UTC, date, datetime

from digest.errors import UsageError


def now() -> datetime:
    """The clock that commands give to what they call."""
    return datetime.now(UTC)


def local_date(text: str | None) -> date | None:
    """The value of --day. Raises UsageError for anything but YYYY-MM-DD."""
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--day {text}: expected a date such as 2026-03-12") from error
