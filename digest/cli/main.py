"""The `digest` command: runs the app and turns errors into words. I/O: the terminal."""

import io
import os
import sys
from typing import NoReturn


def main() -> None:
    """The `digest` command. Errors that a person can act on are sentences, never tracebacks."""
    from digest.cli.app import app
    from digest.errors import DigestError

    if isinstance(sys.stdout, io.TextIOWrapper):
        # What the terminal's encoding has no character for is no reason to stop.
        sys.stdout.reconfigure(errors="replace")
    try:
        try:
            app()
        finally:
            # What could not be written down must be known before the exit code is.
            sys.stdout.flush()
    except DigestError as error:
        _end(str(error), error.exit_code)
    except BrokenPipeError:
        # `digest ... | head` has seen enough.
        _forget_output()
        raise SystemExit(0) from None
    except OSError as error:
        _forget_output()
        words = error.strerror or str(error) or type(error).__name__
        _end(words if error.filename is None else f"{error.filename}: {words}", 1)
    except KeyboardInterrupt:
        _end("stopped", 130)


def _end(words: str, code: int) -> NoReturn:
    sys.stderr.write(f"digest: {words}\n")
    raise SystemExit(code) from None


def _forget_output() -> None:
    """Python flushes standard output once more at its end and must not fail at that."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
