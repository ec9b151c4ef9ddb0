"""Header fields: encoded, folded or refused."""

import re
from base64 import b64encode
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.compose.headers import ascii_address, mailbox, phrase, structured, unstructured

ENGLISH = "Council trims the library's hours & the rink's ice to keep the tax rate flat; " * 4
FRENCH = "Le conseil réduit les heures d’ouverture de la bibliothèque « pour l’été » ; " * 4
ENCODED_WORD = re.compile(rb"=\?utf-8\?[qb]\?[^? ]*\?=")
# What tidy() lets through: no controls.
TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=200)


def decoded(field: bytes) -> str:
    value = message_from_bytes(field + b"\r\n")[field.partition(b":")[0].decode()]
    return str(make_header(decode_header(value.replace("\r\n", ""))))


@pytest.mark.parametrize("text", [ENGLISH[:250], FRENCH[:250], (ENGLISH[:125] + FRENCH)[:250]])
def test_a_long_subject_comes_back_and_has_no_joined_words(text: str) -> None:
    text = text.strip()
    field = unstructured("Subject", text)
    assert b"?==?" not in field
    assert decoded(field) == text
    assert all(len(line) <= 76 for line in field.split(b"\r\n"))
    assert all(len(word) <= 75 for word in ENCODED_WORD.findall(field))


@given(TEXT)
def test_any_subject_comes_back(text: str) -> None:
    field = unstructured("Subject", text)
    message = message_from_bytes(field + b"\r\n")
    assert b"?==?" not in field
    assert field.isascii()
    assert max(map(len, field.split(b"\r\n"))) <= 998
    assert decoded(field) == text
    assert message.keys() == ["Subject"]


@given(st.text(st.sampled_from("aZ '=?_é–水😀"), min_size=1, max_size=120) | TEXT)
def test_a_word_is_as_long_as_it_may_be_and_no_character_is_cut(text: str) -> None:
    words = ENCODED_WORD.findall(phrase(text).encode())
    parts = [decode_header(word.decode())[0][0].decode() for word in words]
    if not words:
        return
    assert "".join(parts) == text
    assert all(len(word) <= 64 for word in words)
    for word, part, following in zip(words, parts, parts[1:], strict=False):
        assert len(spelt(part + following[0], like=word)) > 64, "the next would have fitted"
        assert spelt(part, like=word) == word


def spelt(text: str, *, like: bytes) -> bytes:
    """The text in one encoded-word, octet by octet, with the mark of that one."""
    octets = text.encode()
    if like.startswith(b"=?utf-8?b?"):
        return b"=?utf-8?b?" + b64encode(octets) + b"?="
    safe = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/"
    found = ("_" if o == 0x20 else chr(o) if o in safe else f"={o:02X}" for o in octets)
    return f"=?utf-8?q?{''.join(found)}?=".encode()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Zoë d'Entremont", "=?utf-8?q?Zo=C3=AB_d=27Entremont?="),
        ("山田太郎", "=?utf-8?b?5bGx55Sw5aSq6YOO?="),
        ("aé", "=?utf-8?q?a=C3=A9?="),
        ("aéé", "=?utf-8?b?YcOpw6k=?="),
        ("é" * 20, f"=?utf-8?b?{'w6nDqcOp' * 6}w6k=?= =?utf-8?b?w6k=?="),
    ],
)
def test_a_name_in_encoded_words(name: str, words: str) -> None:
    assert phrase(name) == words


def test_plain_ascii_stays_readable() -> None:
    assert unstructured("Subject", "Two bids, one wharf") == b"Subject: Two bids, one wharf\r\n"


def test_what_looks_encoded_is_encoded() -> None:
    field = unstructured("Subject", "=?utf-8?q?Free?= money")
    assert decoded(field) == "=?utf-8?q?Free?= money"


@pytest.mark.parametrize("bad", ["a\rb", "a\nb", "a\r\nBcc: x@y.example", "a\0b", "a\x1bb"])
@pytest.mark.parametrize("write", [structured, unstructured])
def test_controls_are_refused(write: object, bad: str) -> None:
    with pytest.raises(ValueError, match="control"):
        write("Subject", bad)  # type: ignore[operator]


def test_a_name_with_controls_is_refused() -> None:
    with pytest.raises(ValueError, match="control"):
        phrase("Ada\r\nBcc: x")


@pytest.mark.parametrize("length", [10, 85, 200, 800])
def test_a_uri_is_neither_encoded_nor_folded(length: int) -> None:
    uri = "https://wrap.porttide.example/u/" + "T" * length
    field = structured("List-Unsubscribe", f"<{uri}>, <mailto:a@b.example?subject=unsubscribe>")
    assert b"=?" not in field
    assert f"<{uri}>".encode() in field
    assert field.replace(b"\r\n", b"").count(b"<") == 2


def test_no_fold_in_quotes_or_angles() -> None:
    value = '"' + "a b " * 12 + '" <list.example> ' + "c" * 60
    for line in structured("List-Id", value).decode().split("\r\n"):
        assert line.count('"') % 2 == 0
        assert line.count("<") == line.count(">")


def test_a_token_longer_than_a_line_is_refused() -> None:
    with pytest.raises(ValueError, match="longer"):
        structured("List-Unsubscribe", f"<https://a.example/{'x' * 1000}>")


def test_structured_takes_ascii_only() -> None:
    with pytest.raises(ValueError, match="ASCII"):
        structured("List-Help", "<https://é.example>")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Ada Fraser", "Ada Fraser <a@b.example>"),
        ("Fraser, Ada", '"Fraser, Ada" <a@b.example>'),
        ('Ada "Fog" Fraser', '"Ada \\"Fog\\" Fraser" <a@b.example>'),
        ("", "a@b.example"),
        ("Zoé", "=?utf-8?q?Zo=C3=A9?= <a@b.example>"),
    ],
)
def test_mailboxes(name: str, value: str) -> None:
    assert mailbox(name, "a@b.example") == value


@given(TEXT.filter(lambda name: name.strip() == name and "  " not in name))
def test_any_name_comes_back_with_one_address(name: str) -> None:
    message = message_from_bytes(
        structured("To", mailbox(name, "ada@readers.example")) + b"\r\n", policy=default
    )
    assert [a.addr_spec for a in message["To"].addresses] == ["ada@readers.example"]


@pytest.mark.parametrize(
    ("given_", "shown"),
    [("zoe@dépêche.example", "zoe@xn--dpche-bsai.example"), ("a+b@c.example", "a+b@c.example")],
)
def test_domains_become_a_labels(given_: str, shown: str) -> None:
    assert ascii_address(given_) == shown


@pytest.mark.parametrize("bad", ["", "ada", "a@b@c", "a b@c.example", "zoë@c.example", "<a@b>"])
def test_what_is_no_address_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match=r"address|ASCII"):
        ascii_address(bad)
