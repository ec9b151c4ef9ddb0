"""Quoted-printable pieces join to legal quoted-printable of their texts joined."""

import quopri

from hypothesis import given
from hypothesis import strategies as st

from digest.compose.quoted import encode_piece

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
    back = quopri.decodestring(coded).replace(b"\r\n", b"\n").decode()
    assert back == "".join(map(normal, texts))


def test_a_full_last_line_makes_room_for_the_soft_break() -> None:
    for length in range(70, 160):
        for tail in ("x", "é", "xé", "éx", "="):
            piece = encode_piece("x" * length + tail)
            assert max(map(len, piece.split(b"\r\n"))) <= 76
            assert quopri.decodestring(piece).decode() == "x" * length + tail


def test_empty_is_empty() -> None:
    assert encode_piece("") == b""
