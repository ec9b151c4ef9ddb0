"""The `digest` command: runs the app and turns errors into words. I/O: the terminal."""

import sys


def main() -> None:
    """The `digest` command. Errors that a person can act on are sentences, never tracebacks."""
    from digest.cli.app import app
    from digest.errors import DigestError

    try:
        app()
    except DigestError as error:
        sys.stderr.write(f"digest: {error}\n")
        raise SystemExit(error.exit_code) from None
    except BrokenPipeError:
        # `digest ... | head` has seen enough.
        sys.stderr.close()
        raise SystemExit(0) from None
    except OSError as error:
        if error.filename is None:
            raise
        sys.stderr.write(f"digest: {error.filename}: {error.strerror}\n")
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        sys.stderr.write("digest: stopped\n")
        raise SystemExit(130) from None
