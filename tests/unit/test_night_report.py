"""Whether a night's report says that all is well."""

from datetime import date

import pytest

from digest.night_report import Ending, NightReport


@pytest.mark.parametrize(
    ("ending", "counts", "is_ok"),
    [
        (Ending.SENT, {"sent": 9}, True),
        (Ending.SENT, {"sent": 8, "failed": 1}, True),
        (Ending.SENT, {"sent": 8, "suppressed": 1}, True),
        (Ending.SENT, {"sent": 8, "expired": 1}, False),
        (Ending.SENT, {"sent": 8, "held": 1}, False),
        (Ending.ALREADY_SENT, {"sent": 9, "held": 0, "expired": 0}, True),
        (Ending.ALREADY_SENT, {"sent": 8, "expired": 1}, False),
        (Ending.NOTHING_TO_SEND, {}, True),
        (Ending.INCOMPLETE, {"sent": 8, "deferred": 1}, False),
        (Ending.PAUSED, {"sent": 8}, False),
        (Ending.CANCELLED, {"expired": 9}, False),
    ],
)
def test_all_is_well_when_nobody_is_left_without_it(
    ending: Ending, counts: dict[str, int], is_ok: bool
) -> None:
    assert NightReport("kestrel", date(2026, 3, 12), ending, counts=counts).is_ok is is_ok
