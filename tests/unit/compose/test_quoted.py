"""Quoted-printable pieces join to legal quoted-printable of their texts joined."""

import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.compose.quoted import check_piece, encode_piece

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
LINES = st.text("ab .=é\n", max_size=300)


def normal(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@given(st.lists(TEXT | LINES, max_size=6))
def test_any_pieces_join(texts: list[str]) -> None:
    coded = b"".join(encode_piece(text) for text in texts)
    assert all(len(line) <= 76 for line in coded.split(b"\r\n"))
    assert coded.isascii()
    assert b"\n" not in coded.replace(b"\r\n", b"")
    assert b"\r" not in coded.replace(b"\r\n", b"")
    assert not any(line.endswith((b" ", b"\t")) for line in coded.split(b"\r\n"))
    assert not any(line.startswith(b".") for line in coded.split(b"\r\n"))
    assert check_piece(coded) == coded
    back = quopri.decodestring(coded).replace(b"\r\n", b"\n").decode()
    assert back == "".join(map(normal, texts))


def test_a_full_last_line_makes_room_for_the_soft_break() -> None:
    for length in range(70, 160):
        for tail in ("x", "é", "xé", "éx", "="):
            piece = encode_piece("x" * length + tail)
            assert max(map(len, piece.split(b"\r\n"))) <= 76
            assert quopri.decodestring(piece).decode() == "x" * length + tail


def test_a_blank_at_the_end_of_a_full_line_does_not_make_it_longer() -> None:
    for length in range(60, 160):
        text = "x" * length + " \n" + "é" * 5 + "\t\nend"
        piece = encode_piece(text)
        assert max(map(len, piece.split(b"\r\n"))) <= 76
        assert quopri.decodestring(piece).replace(b"\r\n", b"\n").decode() == text


def test_empty_is_empty() -> None:
    assert encode_piece("") == b""


def test_no_line_begins_with_a_dot_however_long_it_is() -> None:
    for length in range(60, 160):
        for text in ("." * length, "a" * length + "." * 40, "." + "é" * length, ".\n" * length):
            piece = encode_piece(text)
            lines = piece.split(b"\r\n")
            assert max(map(len, lines)) <= 76
            assert not [line for line in lines if line.startswith(b".")]
            assert quopri.decodestring(piece).replace(b"\r\n", b"\n").decode() == text


@pytest.mark.parametrize(
    "piece",
    [
        b"a",
        b"a\n",
        b"a\rb\r\n",
        b"\xe9\r\n",
        b"\0\r\n",
        b".\r\n",
        b"a\r\n.b\r\n",
        b"a" * 999 + b"\r\n",
    ],
)
def test_what_may_not_stand_in_a_message(piece: bytes) -> None:
    with pytest.raises(ValueError, match="message"):
        check_piece(piece)
