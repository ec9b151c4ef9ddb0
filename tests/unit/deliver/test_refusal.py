"""A relay that can't be used: the sentence for each cause."""

import socket
import ssl

import pytest

from digest.deliver.refusal import explain, is_lasting


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


class SaidError(Exception):
    """What aiosmtplib raises for a reply."""

    def __init__(self, code: int) -> None:
        super().__init__(code, "words")
        self.code = code


@pytest.mark.parametrize(
    ("error", "lasts"),
    [
        (SaidError(535), True),
        (SaidError(554), True),
        (caused(OSError("x"), ssl.SSLCertVerificationError(1, "self-signed")), True),
        (OSError("STARTTLS extension not supported by server."), True),
        (SaidError(421), False),
        (SaidError(454), False),
        (TimeoutError(), False),
        (caused(OSError("x"), ConnectionRefusedError(111, "refused")), False),
        (caused(OSError("x"), socket.gaierror(-2, "unknown")), False),
    ],
)
def test_what_passes_is_tried_again(error: Exception, lasts: bool) -> None:
    assert is_lasting(error) == lasts
