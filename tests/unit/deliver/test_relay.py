"""DIGEST_SMTP_URL: what is understood, what is refused and in which words."""

import pytest

from digest.deliver.relay import Maildir, Relay, Security, parse_relay


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mx.example.ca", Relay("mx.example.ca", 25, Security.NONE)),
        ("smtp://127.0.0.1:2525", Relay("127.0.0.1", 2525, Security.NONE)),
        ("smtp://[::1]:2525/", Relay("::1", 2525, Security.NONE)),
        ("smtp+starttls://h.example", Relay("h.example", 587, Security.STARTTLS)),
        ("SMTPS://H.example", Relay("h.example", 465, Security.TLS)),
        (
            "smtps://wrap%40news.example:p%2Fw%23%3A%40@h.example:4650",
            Relay("h.example", 4650, Security.TLS, "wrap@news.example", "p/w#:@"),
        ),
        ("smtp://u:p@localhost", Relay("localhost", 25, Security.NONE, "u", "p")),
        ("smtp://u:p@127.8.9.1", Relay("127.8.9.1", 25, Security.NONE, "u", "p")),
        ("maildir:var/outbox", Maildir("var/outbox")),
        ("maildir:/srv/out", Maildir("/srv/out")),
    ],
)
def test_understood(url: str, expected: Relay | Maildir) -> None:
    assert parse_relay(url) == expected


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "expected smtp://host"),
        ("mx.example.ca:25", "expected smtp://host"),
        ("http://mx.example.ca", "expected smtp://host"),
        ("smtp://", "no host"),
        ("smtp://host:none", "port is not a number"),
        ("smtp://host:0", "port is not a number"),
        ("smtp://host:70000", "port is not a number"),
        ("smtp://host/path", "something follows"),
        ("smtp://[::1", "expected smtp://host"),
        ("maildir:", "names no folder"),
        ("smtp://u:secret@mx.example.ca", "would send the password in clear"),
    ],
)
def test_refused_in_plain_words(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_relay(url)


@pytest.mark.parametrize(
    "url",
    ["smtps://user:s3cr3t/more@host", "smtps://user:s3cr3t#more@host", "smtp://user:s3cr3t@host"],
)
def test_a_refusal_never_quotes_the_password(url: str) -> None:
    with pytest.raises(ValueError, match=r"percent-encode|in clear") as caught:
        parse_relay(url)
    assert "s3cr3t" not in str(caught.value)


def test_label_and_repr_hold_no_password() -> None:
    relay = parse_relay("smtps://user:s3cr3t@h.example")
    assert relay.label == "smtps://h.example:465"
    assert "s3cr3t" not in repr(relay)
    assert parse_relay("smtp://[::1]").label == "smtp://[::1]:25"
    assert parse_relay("maildir:out").label == "maildir:out"
