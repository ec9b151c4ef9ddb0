"""Domains as DMARC sees them: surely one organization's, surely not, or not to be told here."""

import pytest

from digest.deliver.alignment import Alignment, alignment


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("tide.example", "tide.example", Alignment.SURE),
        ("Tide.Example", "tide.example", Alignment.SURE),
        ("news.tide.example", "tide.example", Alignment.SURE),
        ("a.b.tide.example", "tide.example", Alignment.SURE),
        ("news.tide.example", "mail.tide.example", Alignment.OPEN),
        ("a.co.uk", "b.co.uk", Alignment.OPEN),
        ("a.news.tide.example", "b.news.tide.example", Alignment.OPEN),
        ("tide.example", "gull.example", Alignment.NONE),
        ("tide.example", "ebbtide.example", Alignment.NONE),
        ("tide.example", "tide.test", Alignment.NONE),
        ("news.tide.example", "tide.mailer.example", Alignment.NONE),
    ],
)
def test_alignment(one: str, other: str, expected: Alignment) -> None:
    assert alignment(one, other) is expected
    assert alignment(other, one) is expected
