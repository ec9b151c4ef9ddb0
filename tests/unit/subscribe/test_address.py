"""Addresses: one form to know a reader by, and plain words for what is none."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest.subscribe.address import Address, BadAddress, read_address

ATOM = st.from_regex(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~]{1,20}", fullmatch=True)
LABEL = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9]{0,20}[A-Za-z0-9])?", fullmatch=True)
ORDINARY = st.builds(
    lambda atoms, labels: f"{'.'.join(atoms)}@{'.'.join(labels)}.example",
    st.lists(ATOM, min_size=1, max_size=3),
    st.lists(LABEL, min_size=1, max_size=3),
)
ALMOST = st.text("aZ9.-_+'\"@<> ,;é点。ßⅷ\u200b\u202e\ufeff\0\r\nxn", max_size=40)
WORDY = st.builds("{}@{}.example".format, ALMOST, ALMOST)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("reader1@porttide.example", "reader1@porttide.example"),
        ("Reader1@PortTide.Example", "reader1@porttide.example"),
        ("first.reader+wrap@porttide.example", "first.reader+wrap@porttide.example"),
        ("o'leary@porttide.example", "o'leary@porttide.example"),
        ("anne--marie@porttide.example", "anne--marie@porttide.example"),
        ("reader1@mail.port-tide.example", "reader1@mail.port-tide.example"),
        (f"{'a' * 64}@porttide.example", f"{'a' * 64}@porttide.example"),
        ("zoe@dépêche.example", "zoe@xn--dpche-bsai.example"),
        ("Zoe@DÉPÊCHE.example", "zoe@xn--dpche-bsai.example"),
        ("zoe@de\u0301pe\u0302che.example", "zoe@xn--dpche-bsai.example"),
        ("zoe@xn--dpche-bsai.example", "zoe@xn--dpche-bsai.example"),
        ("zoe@straße.example", "zoe@xn--strae-oqa.example"),
        ("zoe@porttide。example", "zoe@porttide.example"),
    ],
)
def test_folded(text: str, folded: str) -> None:
    assert read_address(text) == Address(folded, text)


@pytest.mark.parametrize(
    "text",
    [
        "  Reader1@porttide.example\t\r\n",
        "\ufeffReader1@porttide.example",
        "\u200bReader1@porttide.example\u200b",
        " \u200e Reader1@porttide.example \u2060 ",
        "Reader1@porttide.example\u00a0",
    ],
)
def test_what_nobody_sees_at_the_ends_is_ignored(text: str) -> None:
    expected = Address("reader1@porttide.example", "Reader1@porttide.example")
    assert read_address(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no address"),
        (" \u200b ", "no address"),
        ("reader1", "no @"),
        ("@porttide.example", "before the @"),
        ("reader1@", "after the @"),
        ("reader1@porttide", "after the @"),
        ("reader1@porttide.e", "mail servers"),
        ("reader1@192.0.2.1", "after the @"),
        ("reader1@[192.0.2.1]", "IP address"),
        ("reader1@@porttide.example", "invalid characters"),
        ("reader1@porttide.example.", "period"),
        (".reader1@porttide.example", "period"),
        ("reader..1@porttide.example", "two periods"),
        ("reader1@-porttide.example", "hyphen"),
        ("reader1@xn--zzzzzz.example", "IDNA"),
        ("Reader One <reader1@porttide.example>", "more than an address"),
        ("reader 1@porttide.example", "more than an address"),
        ("reader1@porttide.example,reader2@porttide.example", "invalid characters"),
        ("mailto:reader1@porttide.example", "invalid characters"),
        ('"reader1"@porttide.example', "Quoting"),
        ("rea\u200bder1@porttide.example", "control character"),
        ("reader1@port\u200btide.example", "control character"),
        ("reader1@port\ntide.example", "line break"),
        ("reader1@porttide.example\0", "control character"),
        ("zoé@porttide.example", "SMTPUTF8"),
        (f"{'a' * 65}@porttide.example", "mail servers"),
        (f"reader1@{'b' * 64}.example", "too many"),
        (f"reader1@{'b.' * 130}example", "longer than 254"),
    ],
)
def test_refused_with_a_reason(text: str, reason: str) -> None:
    found = read_address(text)
    assert isinstance(found, BadAddress)
    assert reason in found.reason
    assert not found.reason.endswith(".")


@given(ORDINARY)
def test_an_ordinary_address_is_known_in_any_case(text: str) -> None:
    assert read_address(text) == Address(text.lower(), text)
    assert read_address(text.swapcase()) == Address(text.lower(), text.swapcase())


# The library is imported with the first unusual address, which takes a while.
@settings(deadline=None)
@given(st.text() | ALMOST | WORDY)
@example("a@İ.example")
@example("a@" + "é" * 70 + ".example")
def test_whatever_is_read_fits_an_envelope(text: str) -> None:
    found = read_address(text)
    if isinstance(found, BadAddress):
        assert found.reason
        assert "\n" not in found.reason
        return
    local, _, domain = found.folded.rpartition("@")
    assert found.folded.isascii()
    assert found.folded == found.folded.lower()
    assert 1 <= len(local) <= 64
    assert "." in domain
    assert len(found.folded) <= 254
    assert not set(found.folded) & set(' <>\r\n\0,;"')
    assert found.as_given in text
    assert read_address(found.folded) == Address(found.folded, found.folded)
