"""A relay that can't be used: the sentence for each cause."""

import socket
import ssl

import pytest

from digest.deliver.refusal import explain


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (caused(OSError("x"), ConnectionRefusedError(111, "refused")), "refuses the connection"),
        (OSError("Multiple exceptions: [Errno 111] Connect call failed"), "refuses the connection"),
        (caused(OSError("x"), socket.gaierror(-2, "unknown")), "can't be found"),
        (TimeoutError(), "does not answer within 7 s"),
        (ssl.SSLError(1, "wrong version number"), "does not speak TLS"),
        (OSError("odd"), "can't be used: odd"),
    ],
)
def test_sentence(error: Exception, words: str) -> None:
    said = explain(error, "smtp://h.example:25", 7.0)
    assert words in said
    assert "smtp://h.example:25" in said
