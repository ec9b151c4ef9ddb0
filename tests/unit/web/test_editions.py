"""What an edition's address and a browser's conditions mean."""

from datetime import UTC, date, datetime

import pytest
from starlette.datastructures import Headers

from digest.web.editions import is_current
from digest.web.months import day_of

AT = datetime(2026, 3, 12, 21, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-12", date(2026, 3, 12)),
        ("2024-02-29", date(2024, 2, 29)),
        ("2026-02-29", None),
        ("0000-01-01", None),
        ("20260312", None),
        ("2026-W11-4", None),
        ("2026-03-12\n", None),
        (" 2026-03-12", None),
        ("２０２６-03-12", None),
        ("", None),
    ],
)
def test_an_edition_has_one_address(text: str, day: date | None) -> None:
    assert day_of(text) == day


@pytest.mark.parametrize(
    ("headers", "is_kept"),
    [
        ({}, False),
        ({"If-None-Match": '"a"'}, True),
        ({"If-None-Match": 'W/"a"'}, True),
        ({"If-None-Match": '"x", "a"'}, True),
        ({"If-None-Match": "*"}, True),
        ({"If-None-Match": '"x"'}, False),
        ({"If-None-Match": ""}, False),
        ({"If-Modified-Since": "Thu, 12 Mar 2026 21:00:00 GMT"}, True),
        ({"If-Modified-Since": "Thu, 12 Mar 2026 21:00:01 GMT"}, True),
        ({"If-Modified-Since": "Thu, 12 Mar 2026 20:59:59 GMT"}, False),
        ({"If-Modified-Since": "Thu, 12 Mar 2026 21:00:00 -0000"}, False),  # of no zone
        ({"If-Modified-Since": "yesterday"}, False),
        ({"If-Modified-Since": "99 99 99 99:99:99 GMT"}, False),
        # The tag goes before the date.
        ({"If-None-Match": '"x"', "If-Modified-Since": "Thu, 12 Mar 2026 21:00:00 GMT"}, False),
    ],
)
def test_a_browser_that_has_the_page_is_told_so(headers: dict[str, str], is_kept: bool) -> None:
    assert is_current(Headers(headers), etag='"a"', modified_at=AT) is is_kept
