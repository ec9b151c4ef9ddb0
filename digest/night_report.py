"""What came of a night, in words for people and numbers for programs. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum

from digest.model.ledger import DeliveryReport, EditionRecord, EditionState


class Ending(Enum):
    """How a night ended."""

    SENT = "sent"
    ALREADY_SENT = "already sent"
    NOTHING_TO_SEND = "nothing to send"
    INCOMPLETE = "incomplete"
    PAUSED = "paused"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class NightReport:
    """`counts` are by the name of DeliveryState in lower case; `n_uncertain` messages may or may
    not have been taken; `n_parked` batches wait for somebody to run `digest send`."""

    publication: str
    day: date
    ending: Ending
    reason: str = ""
    subject: str = ""
    n_recipients: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    n_uncertain: int = 0
    n_parked: int = 0
    retry_at: datetime | None = None

    @property
    def n_expired(self) -> int:
        """Readers whose turn did not come before the edition was old news."""
        return self.counts.get("expired", 0)

    @property
    def n_held(self) -> int:
        """Readers who may have got it, and do not get it again unless somebody says so."""
        return self.counts.get("held", 0)

    @property
    def is_ok(self) -> bool:
        """Whether nobody who could have got it is left without it."""
        is_over = self.ending in (Ending.SENT, Ending.ALREADY_SENT, Ending.NOTHING_TO_SEND)
        return is_over and not self.n_expired and not self.n_held


ENDINGS = {
    EditionState.READY: Ending.INCOMPLETE,
    EditionState.SENDING: Ending.INCOMPLETE,
    EditionState.PAUSED: Ending.PAUSED,
    EditionState.SENT: Ending.ALREADY_SENT,
    EditionState.SKIPPED: Ending.NOTHING_TO_SEND,
    EditionState.CANCELLED: Ending.CANCELLED,
}


def without_delivery(record: EditionRecord) -> NightReport:
    """Of an edition that there was nothing to do for."""
    return NightReport(
        record.publication,
        record.day,
        ENDINGS[record.state],
        reason=record.reason,
        subject=record.subject,
        n_recipients=record.n_total,
        counts=record.counts,
    )


def after_delivery(record: EditionRecord, report: DeliveryReport) -> NightReport:
    """Of an edition that was just worked on."""
    reached_nobody = report.state is EditionState.CANCELLED
    return NightReport(
        record.publication,
        record.day,
        Ending.SENT if report.state is EditionState.SENT else ENDINGS[report.state],
        reason=report.stopped_because or ("it reached nobody" if reached_nobody else ""),
        subject=record.subject,
        n_recipients=report.n_total,
        counts=report.counts,
        n_uncertain=report.n_uncertain,
        n_parked=report.n_parked,
        retry_at=report.retry_at,
    )
