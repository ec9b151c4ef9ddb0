"""What the bytes mean, whatever they are declared to be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.gather.charset import decode

XML = '<?xml version="1.0" encoding="{}"?><t>Été à l’île</t>'


@pytest.mark.parametrize(
    ("declared", "actual", "content_type", "is_wrong"),
    [
        ("UTF-8", "utf-8", "", False),
        ("UTF-8", "cp1252", "", True),
        ("ISO-8859-1", "utf-8", "", True),
        ("ISO-8859-1", "cp1252", "", False),
        ("windows-1252", "cp1252", "", False),
        ("UTF-8", "utf-8-sig", "", False),
        ("UTF-16", "utf-16", "", False),
        ("UTF-16", "utf-16-le", "", False),
        ("UTF-16", "utf-16-be", "", False),
        ("UTF-8", "utf-8", "text/xml; charset=ISO-8859-1", False),
        ("UTF-8", "cp1252", 'text/xml; charset="windows-1252"', False),
        ("x-nonsense", "cp1252", "", False),
        ("UTF-8", "cp1252", "text/xml; charset=zip_codec", True),
    ],
)
def test_decode(declared: str, actual: str, content_type: str, is_wrong: bool) -> None:
    text = XML.format(declared)
    found, complaint = decode(text.encode(actual), content_type=content_type)
    assert found == text
    assert (complaint is not None) is is_wrong


def test_japanese_in_seven_bits() -> None:
    text = '<?xml version="1.0" encoding="iso-2022-jp"?><t>港のニュース</t>'
    assert decode(text.encode("iso-2022-jp")) == (text, None)


@given(st.binary(), st.sampled_from(["", "text/xml; charset=utf-16", "x; charset=idna"]))
def test_never_raises(body: bytes, content_type: str) -> None:
    text, _ = decode(body, content_type=content_type)
    assert isinstance(text, str)
