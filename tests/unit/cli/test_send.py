"""What came of a night, as the person at the keyboard reads it."""

from datetime import UTC, date, datetime

from digest.cli.send import report_line
from digest.night_report import Ending, NightReport
from tests.unit.choose.build import PUBLICATION


def test_the_next_attempt_is_said_by_the_publications_clock() -> None:
    report = NightReport(
        "kestrel", date(2026, 11, 25), Ending.INCOMPLETE, subject="Ferry stays", n_recipients=3,
        retry_at=datetime(2026, 11, 25, 22, 12, tzinfo=UTC),
    )  # fmt: skip
    line = report_line(report, PUBLICATION)
    assert line.startswith("kestrel, 2026-11-25: incomplete: “Ferry stays” to 3 readers; ")
    assert "; next attempt after 2026-11-25 18:12 AST. Run the same command again" in line
