"""DIGEST_SMTP_URL: what is understood, what is refused and in which words."""

import pytest

from digest.deliver.options import RelayOptions
from digest.deliver.relay import Maildir, Relay, Security, parse_relay, parse_relays


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
    [
        "smtps://user:s3cr3t/more@host",
        "smtps://user:s3cr3t#more@host",
        "smtps://user:s3cr3t?more@host",
        "smtps://user:12?s3cr3t=3@host",
        "smtps://user:12?s3cr3t/3@host",
        "smtp://user:s3cr3t@host",
    ],
)
def test_a_refusal_never_quotes_the_password(url: str) -> None:
    with pytest.raises(ValueError, match=r"percent-encode|in clear") as caught:
        parse_relay(url)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "smtps://user:s3cr3t more@host",
        "smtps://user:12 s3cr3t@host",
        "smtps://a.example smtps://user:12?s3cr3t=3@host",
        "smtps://a.example smtp://user:s3cr3t@host",
        "smtps://a:s3cr3t@a.example smtps://a:s3cr3t@a.example",
        "smtps://user:s3cr3t@a.example?wieght=1",
    ],
)
def test_nor_does_the_refusal_of_a_list(text: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_relays(text)
    assert "s3cr3t" not in str(caught.value)


def test_label_and_repr_hold_no_password() -> None:
    relay = parse_relay("smtps://user:s3cr3t@h.example")
    assert relay.label == "smtps://h.example:465"
    assert "s3cr3t" not in repr(relay)
    assert parse_relay("smtp://[::1]").label == "smtp://[::1]:25"
    assert parse_relay("maildir:out").label == "maildir:out"


def test_every_option() -> None:
    query = (
        "weight=2.5&connections=10&per_connection=20&rate=50&domain_rate=0.5&in_flight=16&ramp=500"
    )
    relay = parse_relay(f"smtps://user:p%40@h.example:4650?{query}")
    assert relay == Relay(
        "h.example",
        4650,
        Security.TLS,
        "user",
        "p@",
        RelayOptions(2.5, 10, 20, rate=50, domain_rate=0.5, in_flight=16, ramp=500),
    )
    assert relay.label == "smtps://h.example:4650"


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("", RelayOptions()),
        ("?", RelayOptions()),
        ("/?weight=0", RelayOptions(weight=0)),
        ("?in_flight=auto", RelayOptions(in_flight=None)),
        ("?in_flight=1", RelayOptions(in_flight=1)),
    ],
)
def test_options_that_are_left_out(query: str, options: RelayOptions) -> None:
    assert parse_relay(f"smtp://h.example{query}") == Relay(
        "h.example", 25, Security.NONE, options=options
    )


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("wieght=3", "no option 'wieght'; there are weight, connections, per_connection, rate,"),
        ("weight=1001", "weight: expected a number from 0 to 1000$"),
        ("weight=-1", "weight: expected a number from 0 to 1000$"),
        ("weight=nan", "weight: expected a number"),
        ("weight=1e2", "weight: expected a number"),
        ("weight=", "weight: expected a number"),
        ("weight", "expected options as in"),
        ("weight=1&weight=2", "weight stands twice"),
        ("connections=0", "connections: expected a whole number from 1 to 50$"),
        ("connections=2.5", "connections: expected a whole number"),
        ("connections=\u0663", "connections: expected a whole number"),
        ("connections=" + "9" * 5000, "connections: expected a whole number"),
        ("per_connection=0", "per_connection: expected a whole number from 1 to 100000$"),
        ("rate=0", "^rate: expected a number from 0.001 to 100000$"),
        ("domain_rate=fast", "domain_rate: expected a number from"),
        ("in_flight=17", "in_flight: expected auto or a whole number from 1 to 16$"),
        ("ramp=0", "ramp: expected a whole number from 1 to 1000000$"),
        ("ramp=auto", "ramp: expected a whole number"),
    ],
)
def test_options_refused_in_plain_words(query: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        parse_relay(f"smtps://user:s3cr3t@h.example?{query}")
    assert "s3cr3t" not in str(caught.value)


def test_several_relays() -> None:
    found = parse_relays(
        """
        smtps://one.example?weight=3&connections=20
        smtps://u:p@two.example  smtps://v:p@two.example
        """,
        connections=7,
    )
    assert found == (
        Relay("one.example", 465, Security.TLS, options=RelayOptions(3, 20)),
        Relay("two.example", 465, Security.TLS, "u", "p", RelayOptions(connections=7)),
        Relay("two.example", 465, Security.TLS, "v", "p", RelayOptions(connections=7)),
    )


def test_one_relay() -> None:
    assert parse_relays(" smtp://h.example\n", connections=9) == (
        Relay("h.example", 25, Security.NONE, options=RelayOptions(connections=9)),
    )


@pytest.mark.parametrize("path", ["var/outbox", "/home/Jane Doe/my news/var/outbox"])
def test_a_maildir_stands_alone(path: str) -> None:
    assert parse_relays(f"maildir:{path}\n") == (Maildir(path),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected smtp://host"),
        (" \n", "expected smtp://host"),
        ("maildir:out smtp://h.example", "stands alone"),
        ("maildir:out maildir:in", "stands alone"),
        ("maildir:out SMTPS://h.example", "stands alone"),
        ("smtp://h.example\nmaildir:out", "stands alone"),
        ("smtp://h.example smtp://", "^URL 2 of 2: no host"),
        ("smtp://h.example http://h.example", "^URL 2 of 2: expected smtp://host"),
        ("smtp://h.example?rate=x smtp://g.example", "^URL 1 of 2: rate: expected"),
        ("smtp://h.example smtp://g.example smtp://H.example:25?weight=2", "^URL 3 is URL 1"),
        ("smtps://u:a@h.example:587 smtp+starttls://u:b@h.example", "^URL 2 is URL 1"),
    ],
)
def test_lists_refused_in_plain_words(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_relays(text)
