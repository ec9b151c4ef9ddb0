"""Compressed bodies, opened in bounded steps."""

import gzip
import zlib

import pytest

from digest.gather.inflate import STEP_BYTES, Inflater

PLAIN = b"port kestrel " * 50_000


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("", PLAIN),
        ("identity", PLAIN),
        ("gzip", gzip.compress(PLAIN)),
        (" X-GZIP", gzip.compress(PLAIN)),
        ("deflate", zlib.compress(PLAIN)),
        ("deflate", raw_deflate(PLAIN)),
    ],
)
def test_round_trip(encoding: str, packed: bytes) -> None:
    inflater = Inflater(encoding)
    chunks = (packed[at : at + 1000] for at in range(0, len(packed), 1000))
    assert b"".join(piece for chunk in chunks for piece in inflater.feed(chunk)) == PLAIN


def test_a_bomb_comes_out_in_bounded_pieces() -> None:
    packed = gzip.compress(bytes(50_000_000))
    pieces = Inflater("gzip").feed(packed)
    assert all(len(next(pieces)) <= STEP_BYTES for _ in range(100))


def test_damaged() -> None:
    with pytest.raises(ValueError, match="damaged"):
        list(Inflater("gzip").feed(b"this is not gzip"))


def test_unknown() -> None:
    with pytest.raises(ValueError, match="'br'"):
        Inflater("br")
