"""The hash of a forgotten address."""

import hmac

import pytest

from digest.subscribe.forgotten import Forgetter

KEY = b"a key that is long enough"
ADA = "ada.fraser@readers.example"


def test_it_is_an_hmac_of_the_address() -> None:
    expected = hmac.digest(KEY, b"digest forgotten\0" + ADA.encode(), "sha256").hex()
    assert Forgetter(KEY).hash(ADA) == expected


def test_another_key_or_address_has_another_hash() -> None:
    assert Forgetter(KEY).hash(ADA) != Forgetter(b"another").hash(ADA)
    assert Forgetter(KEY).hash(ADA) != Forgetter(KEY).hash("bda.fraser@readers.example")


def test_no_key_no_hash() -> None:
    with pytest.raises(ValueError, match="needs a key"):
        Forgetter(b"")
