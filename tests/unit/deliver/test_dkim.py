"""Signatures, as dkimpy sees them: what is ours verifies, what was touched does not."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import dkim
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from digest.deliver.dkim import (
    OVERSIGNED,
    Signer,
    is_signed_with,
    parse_key,
    public_key_of,
    sign,
    signer_of,
)
from digest.deliver.dkim_record import record_text
from digest.errors import SettingsError, SigningError
from digest.model.newsroom import Canonicalization, Dkim
from tests.unit.compose.editions import FRENCH, PUBLICATION
from tests.unit.compose.wrap import envelope_of
from tests.unit.deliver.keys import pem, signer

AT = datetime(2024, 3, 12, 21, 0, tzinfo=UTC)  # dkimpy refuses what was signed in the future
FORMS = tuple(Canonicalization)
SIMPLE, RELAXED = FORMS
MESSAGE = envelope_of().message
HEAD = b"From: a@news.example\r\nSubject: x\r\n"


def verifies(message: bytes, key: Signer | None = None) -> bool:
    """What dkimpy says, asked as a mailbox would, with our record in its DNS."""

    def record(name: bytes, timeout: int = 5) -> bytes:
        assert name == b"wrap2026._domainkey.news.porttide.example."
        return record_text(key or signer()).encode()

    return bool(dkim.verify(message, dnsfunc=record))


def signed(message: bytes = MESSAGE, form: Canonicalization = SIMPLE) -> bytes:
    return sign(signer(form), message, at=AT)


def signature_of(message: bytes) -> bytes:
    return re.split(rb"\r\n(?![ \t])", message, maxsplit=1)[0]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("publication", [PUBLICATION, FRENCH], ids=lambda one: str(one.slug))
def test_our_messages_verify(form: Canonicalization, publication: object) -> None:
    message = MESSAGE if publication is PUBLICATION else envelope_of(publication=FRENCH).message
    done = signed(message, form)
    assert done.endswith(message), "the signature is put in front, the message is as it was"
    assert verifies(done)
    assert is_signed_with(public_key_of(signer()), done)


def test_the_signature_says_what_it_must() -> None:
    lines = signature_of(signed()).split(b"\r\n")
    assert max(map(len, lines)) <= 76
    tags = dict(
        tag.strip().split("=", 1) for tag in b"".join(lines).decode().split(":", 1)[1].split(";")
    )
    assert {name: tags[name] for name in "vacdst"} == {
        "v": "1", "a": "rsa-sha256", "c": "relaxed/simple", "d": "news.porttide.example",
        "s": "wrap2026", "t": str(int(AT.timestamp())),
    }  # fmt: skip
    assert set(tags) == {"v", "a", "c", "d", "s", "t", "bh", "h", "b"}, "no l= above all"
    named = [name.strip() for name in tags["h"].split(":")]
    assert {name: named.count(name) for name in named} == dict.fromkeys(OVERSIGNED, 2)


def test_the_same_message_at_the_same_time_is_signed_the_same() -> None:
    assert signed() == signed()


def test_absent_fields_are_named_once() -> None:
    names = re.sub(rb"\s", b"", signature_of(signed(HEAD + b"\r\nbody\r\n")))
    assert b"h=From:From:To:Subject:Subject:Date:Message-ID:" in names
    assert b":List-Unsubscribe:List-Unsubscribe-Post:List-Id:Feedback-ID;" in names


HOSTILE = {
    "folded": HEAD + b"To: a\r\n\tb,\r\n   c\r\n\td\r\n\r\nbody\r\n",
    "folded at once": HEAD + b"To:\r\n a@b.example\r\n\r\nbody\r\n",
    "a fold with nothing on it": HEAD + b"To: a\r\n \r\n\r\nbody\r\n",
    "tabs and blanks": HEAD + b"To:\t a \t b\t\t\r\n\r\na\tb  c \t\r\n\t\r\n",
    "no value": HEAD + b"To:\r\nReply-To: \r\n\r\nbody\r\n",
    "any case": HEAD + b"tO: a\r\nMESSAGE-id: <x@y>\r\n\r\nbody\r\n",
    "twice": HEAD + b"Subject: y\r\nSubject: z\r\n\r\nbody\r\n",
    "no body": HEAD + b"\r\n",
    "no empty line": HEAD,
    "only empty lines": HEAD + b"\r\n\r\n\r\n\r\n",
    "only blanks": HEAD + b"\r\n  \r\n\t\r\n \r\n",
    "blanks at the end": HEAD + b"\r\nbody  \r\nmore\t\r\n \r\n",
    "empty lines at the end": HEAD + b"\r\nbody\r\n\r\n\r\n\r\n",
    "empty lines first": HEAD + b"\r\n\r\n\r\nbody\r\n",
    "a line of its own": HEAD + b"\r\n b=x\r\n",
    "dots": HEAD + b"\r\n.\r\n..\r\n.body\r\n",
    "looks signed": HEAD + b"X: a;\r\n b=1; bh=2\r\n\r\nbody\r\n",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("message", HOSTILE.values(), ids=HOSTILE)
def test_hostile_messages_verify(message: bytes, form: Canonicalization) -> None:
    assert verifies(signed(message, form))
    assert is_signed_with(public_key_of(signer()), signed(message, form))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("body", [b"body", b"two\r\nlines", b"blanks at its end \t"])
def test_a_body_without_an_end_gets_it_on_the_way(form: Canonicalization, body: bytes) -> None:
    """SMTP closes the last line (RFC 5321 section 4.1.1.4); the mailbox sees it closed. Simple
    canonicalization alone keeps the blanks before it, so it is the same there."""
    assert verifies(signed(HEAD + b"\r\n" + body, form) + b"\r\n")


TEXT = st.text(st.sampled_from("aZ09 \t.:;=<>@\"~!"), max_size=40).map(str.encode)  # fmt: skip
VALUE = st.lists(TEXT, min_size=1, max_size=4).map(
    lambda lines: b"\r\n".join((lines[0], *(b"\t" + line for line in lines[1:])))
)
NAME = st.sampled_from((*OVERSIGNED, "X-Other", "DKIM-Signature")).map(str.encode)
FIELDS = st.lists(st.tuples(NAME, VALUE), max_size=12)
BODY = st.lists(st.one_of(TEXT, st.sampled_from((b"", b" ", b"\t"))), max_size=12)


@settings(max_examples=200, phases=(Phase.explicit, Phase.generate), deadline=None)
@given(fields=FIELDS, lines=BODY, form=st.sampled_from(FORMS))
def test_any_message_verifies(
    fields: list[tuple[bytes, bytes]], lines: list[bytes], form: Canonicalization
) -> None:
    head = b"".join(name + b":" + value + b"\r\n" for name, value in (*fields, (b"From", b"a")))
    message = b"\r\n".join((head, *lines, b""))
    done = signed(message, form)
    assert verifies(done)
    assert is_signed_with(public_key_of(signer()), done)


def test_what_relays_may_do_breaks_nothing() -> None:
    done = signed(form=RELAXED)
    assert verifies(b"Received: from a by b\r\n" + done)
    assert verifies(done.replace(b"\r\nSubject: ", b"\r\nsubject:\t "))
    assert verifies(done.replace(b"\r\nPrecedence: bulk\r\n", b"\r\n"))
    assert verifies(done.replace(b"=\r\n", b"= \r\n") + b"\r\n\r\n")
    assert verifies(signed() + b"\r\n\r\n")
    assert not verifies(signed().replace(b"=\r\n", b"= \r\n"))


PRESENT = [name for name in OVERSIGNED if f"\r\n{name}: ".encode() in b"\r\n" + MESSAGE]


def test_our_messages_have_all_that_is_over_signed() -> None:
    assert tuple(PRESENT) == OVERSIGNED


@pytest.mark.parametrize("name", OVERSIGNED)
def test_no_over_signed_field_can_be_touched(name: str) -> None:
    done, field = signed(), f"\r\n{name}: ".encode()
    assert done.count(field) >= 1
    assert not verifies(done.replace(field, field + b"x", 1)), "changed"
    assert not verifies(re.sub(field + rb".*?\r\n(?![ \t])", b"\r\n", done, count=1, flags=re.S))
    assert not verifies(field[2:] + b"x\r\n" + done), "a second one on top"
    start, end = done.split(b"\r\n\r\n", 1)
    assert not verifies(start + field + b"x\r\n\r\n" + end), "a second one below"


@pytest.mark.parametrize("name", OVERSIGNED[1:])
def test_no_absent_field_can_be_added(name: str) -> None:
    done = signed(b"From: a@news.example\r\n\r\nbody\r\n")
    assert verifies(done)
    assert not verifies(f"{name}: x\r\n".encode() + done)
    assert not verifies(done.replace(b"From", f"{name}: x\r\nFrom".encode(), 1))


@pytest.mark.parametrize("form", FORMS)
def test_no_body_can_be_touched(form: Canonicalization) -> None:
    done = signed(form=form)
    assert not verifies(done.replace(b"Ferry", b"Fairy"))
    assert not verifies(done + b"more\r\n")
    assert not is_signed_with(public_key_of(signer()), done + b"more\r\n")


def test_another_key_does_not_verify() -> None:
    other = Signer("news.porttide.example", "wrap2026", parse_key(pem("genrsa", "1024")))
    assert not verifies(signed(), other)
    assert not is_signed_with(public_key_of(other), signed())
    assert not is_signed_with(b"no key", signed())
    assert not is_signed_with(public_key_of(signer()), MESSAGE)
    assert not is_signed_with(public_key_of(signer()), b"")


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (HEAD + "\r\ncafé\r\n".encode(), "7 bit"),
        (b"To: a\r\n\r\nbody\r\n", "must have a From"),
        (b"\r\nFrom: a\r\n", "begin with its header fields"),
        (b"", "begin with its header fields"),
        (HEAD + b"no field\r\n\r\nbody\r\n", "begin with its header fields"),
        (b" folded: x\r\n" + HEAD, "begin with its header fields"),
    ],
)
def test_what_is_not_signed(message: bytes, words: str) -> None:
    with pytest.raises(SigningError, match=words):
        signed(message)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("genrsa", "512"), "expected 2048 bits, at least 1024 and at most 4096, not 512"),
        (("genrsa", "1016"), "not 1016: mailboxes ignore such signatures"),
        (("genpkey", "-algorithm", "ed25519"), "Gmail, Outlook and Yahoo do not verify Ed25519"),
        (("ecparam", "-genkey", "-noout", "-name", "prime256v1"), "expected an RSA private key"),
        (("genrsa", "-aes128", "-passout", "pass:x", "2048"), "the key has a passphrase"),
        (("genrsa", "-traditional", "-aes128", "-passout", "pass:x", "2048"), "has a passphrase"),
    ],
)
def test_keys_that_are_refused(words: tuple[str, ...], expected: str) -> None:
    with pytest.raises(ValueError, match=expected) as caught:
        parse_key(pem(*words))
    assert pem(*words).splitlines()[1] not in str(caught.value)


@pytest.mark.parametrize("text", ["", "hunter22", "-----BEGIN PRIVATE KEY-----", "clé"])
def test_what_is_no_key(text: str) -> None:
    with pytest.raises(ValueError, match=r"^expected an RSA private key, the whole of what"):
        parse_key(text)


def test_the_public_key_is_not_the_private_one(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(pem())
    with pytest.raises(ValueError, match="this is the public key"):
        parse_key(pem("rsa", "-pubout", "-in", str(tmp_path / "key.pem")))


@pytest.mark.parametrize("words", [("genrsa", "1024"), ("genrsa", "-traditional", "2048")])
def test_keys_that_are_taken(words: tuple[str, ...]) -> None:
    key = parse_key(f"\n{pem(*words)}\n".replace("\n", "\r\n"))
    ours = Signer("news.porttide.example", "wrap2026", key)
    assert verifies(sign(ours, MESSAGE, at=AT), ours)


def test_the_publication_says_who_signs() -> None:
    publication = replace(PUBLICATION, dkim=Dkim("wrap2026", "porttide.example", RELAXED))
    ours = signer_of(publication, pem())
    assert ours is not None
    assert (ours.domain, ours.selector) == ("porttide.example", "wrap2026")
    assert ours.canonicalization is RELAXED
    assert "key" not in repr(ours).lower()
    assert signer_of(PUBLICATION, pem()) is None, "the relay signs"
    with pytest.raises(SettingsError, match=r"DIGEST_DKIM_KEY: missing; publications\[evening"):
        signer_of(publication, None)
    with pytest.raises(SettingsError, match="DIGEST_DKIM_KEY: expected an RSA private key"):
        signer_of(publication, "hunter22")
