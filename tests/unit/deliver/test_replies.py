"""A relay's bytes to its replies, however they are cut; nonsense is found, never raised."""

from collections.abc import Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.deliver.replies import MAX_LINE, MAX_REPLY, ReplyReader, Said

codes = st.integers(200, 599)
# Whatever a line may hold; a blank at its end would be lost with the line's end.
words = st.binary(max_size=30).map(lambda b: b.replace(b"\n", b"").replace(b"\r", b"").rstrip())
replies = st.tuples(codes, st.lists(words, min_size=1, max_size=4), st.booleans())
cuts = st.lists(st.integers(1, 20), min_size=1)


def as_sent(code: int, lines: list[bytes], is_bare: bool) -> bytes:
    """The lines of one reply; `is_bare`: no blank after the last code where no words follow."""
    *firsts, last = lines
    sep = b"" if is_bare and not last else b" "
    return b"".join(b"%d-%b\r\n" % (code, line) for line in firsts) + b"%d%b%b\r\n" % (
        code,
        sep,
        last,
    )


def packets(stream: bytes, sizes: Iterable[int]) -> list[bytes]:
    """The stream in packets of these sizes, over and over."""
    found: list[bytes] = []
    sizes = list(sizes)
    while stream:
        size = sizes[len(found) % len(sizes)]
        found.append(stream[:size])
        stream = stream[size:]
    return found


def read(*data: bytes) -> tuple[list[Said], str]:
    reader = ReplyReader()
    found = [said for packet in data for said in reader.feed(packet)]
    return found, reader.nonsense


@given(st.lists(replies), cuts)
@example([(250, [b""], True), (250, [b"a", b"", b"b"], False)], [1])
def test_the_same_replies_however_they_are_cut(
    sent: list[tuple[int, list[bytes], bool]], sizes: list[int]
) -> None:
    stream = b"".join(as_sent(*reply) for reply in sent)
    expected = [(code, " ".join(b" ".join(lines).decode("utf-8", "replace").split()))
                for code, lines, _ in sent]  # fmt: skip
    whole = read(stream)
    assert [(said.code, said.text) for said in whole[0]] == expected
    assert whole == read(*packets(stream, sizes)) == read(*packets(stream, [1]))
    assert whole[1] == ""


SOUND = b"250 2.0.0 taken\r\n"


@pytest.mark.parametrize(
    "bad",
    [
        b"What?\r\n",
        b"199 low\r\n",
        b"600 high\r\n",
        b"25 short\r\n",
        b"2500 long\r\n",
        b"250_joined\r\n",
        b" 250 late\r\n",
        b"\r\n",
        b"250-one\r\n251 two\r\n",
        b"250-one\r\n550-two\r\n",
        b"250-one\r\nwhat?\r\n",
        b"250 " + b"x" * MAX_LINE + b"\r\n",
        b"250-" + b"x" * MAX_LINE + b"\r\n",
        b"2" * (MAX_LINE + 1),
        (b"250-" + b"x" * 1000 + b"\r\n") * (MAX_REPLY // 1000 + 1),
        b"250-\r\n" * (MAX_REPLY // 4 + 1),
        b"250-\r\n" * (MAX_REPLY // 4) + SOUND,
    ],
    ids=lambda bad: bad[:20].decode().strip() or "empty",
)
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_nonsense_is_found_and_ends_the_replies(bad: bytes, size: int) -> None:
    found, nonsense = read(*packets(SOUND + bad + SOUND * 2, [size]))
    assert found == [Said(250, b"2.0.0 taken\r")]
    assert nonsense
    assert len(nonsense) <= 400


def test_what_is_held_back_has_a_bound() -> None:
    """A relay that never ends its line, or its reply, is cut off and not kept in memory."""
    for endless in (b"x" * 1000, b"250-\r\n" * 100):
        reader = ReplyReader()
        n_fed = 0
        while not reader.nonsense:
            reader.feed(endless)
            n_fed += len(endless)
        assert n_fed <= 3 * MAX_REPLY


@given(st.lists(st.binary(max_size=200)))
def test_random_bytes_never_raise(data: list[bytes]) -> None:
    found, _ = read(*data)
    assert all(200 <= said.code < 600 and isinstance(said.text, str) for said in found)


@given(
    st.lists(st.sampled_from([b"2", b"5", b"0", b"-", b" ", b"\r", b"\n", b"\xff"]), max_size=60)
)
def test_almost_replies_never_raise_and_are_read_alike(parts: list[bytes]) -> None:
    assert read(b"".join(parts)) == read(*parts)
