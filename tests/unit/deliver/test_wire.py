"""The message as it goes over the line: dots doubled, one final dot, nothing to smuggle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver.maildir import file_name
from digest.deliver.wire import check_line_ends, to_wire
from digest.model.message import Envelope


def an_envelope(message: bytes) -> Envelope:
    return Envelope("wrap@news.example", "reader@readers.example", "<1@news.example>", message)


lines = st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126)), min_size=1)


@given(lines | st.lists(st.sampled_from([".", "..", "", "a"]), min_size=1))
def test_a_server_reads_back_the_same_lines(content: list[str]) -> None:
    message = "".join(f"{line}\r\n" for line in content).encode()
    wire = to_wire(an_envelope(message))
    assert wire.endswith(b"\r\n.\r\n")
    received = wire.removesuffix(b".\r\n").split(b"\r\n")[:-1]
    assert b"." not in received  # nothing ends the message before its end
    undone = [line.removeprefix(b".") if line.startswith(b".") else line for line in received]
    assert b"".join(line + b"\r\n" for line in undone) == message


@pytest.mark.parametrize(
    "message",
    [b"a\nb\r\n", b"a\rb\r\n", b"a\r\n.\nb\r\n", b"a\n\r\n", b"a", b""],
)
def test_what_could_be_cut_in_two_is_refused(message: bytes) -> None:
    with pytest.raises(ValueError, match="a message must"):
        check_line_ends(an_envelope(message))


@given(st.text(), st.text())
def test_maildir_names_follow_the_message_id(one: str, other: str) -> None:
    assert (file_name(one) == file_name(other)) == (one == other)
    assert not set(file_name(one)) & set("/:\0")
