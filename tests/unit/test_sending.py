"""What sending needs: every relay is read, and every gap is told at once."""

import pytest

from digest.deliver.relay import Maildir, Relay
from digest.errors import SettingsError
from digest.sending import sending_terms

KEY = b"k" * 32
URL = "https://wrap.news.example"


def test_all_relays_with_the_newsrooms_number_of_connections() -> None:
    terms = sending_terms(
        "smtps://a.example?connections=2 smtps://b.example", URL, KEY, connections=7
    )
    relays = [one for one in terms.targets if isinstance(one, Relay)]
    assert [one.options.connections for one in relays] == [2, 7]
    assert terms.target is terms.targets[0]


def test_a_folder_needs_no_https() -> None:
    terms = sending_terms("maildir:out", "http://localhost:8025", KEY)
    assert terms.targets == (Maildir("out"),)


def test_every_problem_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        sending_terms("smtps://a.example smtps://a.example", None, None)
    words = str(caught.value)
    assert "DIGEST_SMTP_URL: URL 2 is URL 1 once more" in words
    assert "DIGEST_BASE_URL: missing" in words
    assert "DIGEST_SECRET_KEY: missing" in words


def test_any_relay_needs_https() -> None:
    with pytest.raises(SettingsError, match="expected https://"):
        sending_terms("smtps://a.example smtps://b.example", "http://x.example", KEY)
