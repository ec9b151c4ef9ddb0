"""Why a relay can't be used, in words that say what to do. Pure.

It reads the kinds of the errors that aiosmtplib, ssl and the system raise by their fields, so that
only smtp.py needs to know the libraries.
"""

from errno import ECONNREFUSED


def explain(error: BaseException, label: str, timeout_s: float) -> str:
    """One or two sentences for the person who set DIGEST_SMTP_URL; never with the password."""
    chain = tuple(_causes(error))
    kinds = {kind.__name__ for link in chain for kind in type(link).__mro__}
    detail = _first_line(chain[-1])
    if "SSLCertVerificationError" in kinds:
        why = next((link.verify_message for link in chain if hasattr(link, "verify_message")), "")
        return (
            f"The certificate of the relay {label} is not to be trusted: {why or detail}. Use the "
            "name on its certificate, or make its issuer known to this machine."
        )
    if "SSLError" in kinds:
        return f"The relay {label} does not speak TLS as expected: {detail}. Is the port right?"
    if "SMTPAuthenticationError" in kinds:
        return (
            f"The relay {label} does not accept the user and password of DIGEST_SMTP_URL: "
            f"{_reply(error)}."
        )
    # A host with several addresses gives one error that only quotes those of each.
    if "ConnectionRefusedError" in kinds or f"[Errno {ECONNREFUSED}]" in str(chain[-1]):
        return f"The relay {label} refuses the connection. Is it running, and is the port right?"
    if "gaierror" in kinds:
        return f"The name of the relay {label} can't be found. Is it spelled right?"
    if "TimeoutError" in kinds:
        return f"The relay {label} does not answer within {timeout_s:g} s."
    if "STARTTLS extension not supported" in detail:
        return f"The relay {label} does not offer STARTTLS. Is the port right, or is it smtps://?"
    if "AUTH extension is not supported" in detail:
        return f"The relay {label} offers no AUTH: leave user and password out, or use TLS."
    if hasattr(error, "code"):
        return f"The relay {label} turned us away: {_reply(error)}."
    return f"The relay {label} can't be used: {detail}"


def is_lasting(error: BaseException) -> bool:
    """Whether the relay would say the same in a minute: 5xx (a wrong password, for one), a
    certificate, what is not offered. A restart, a moment's load or a lost packet passes."""
    chain = tuple(_causes(error))
    kinds = {kind.__name__ for link in chain for kind in type(link).__mro__}
    if "SSLCertVerificationError" in kinds or "extension" in _first_line(chain[-1]):
        return True
    code = getattr(error, "code", None)
    return isinstance(code, int) and 500 <= code <= 599


def _causes(error: BaseException) -> list[BaseException]:
    chain = [error]
    while (cause := chain[-1].__cause__) is not None and cause not in chain:
        chain.append(cause)
    return chain


def _reply(error: BaseException) -> str:
    message = " ".join(str(getattr(error, "message", "")).split())
    return f"{getattr(error, 'code', '')} {message}".strip().rstrip(".")


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
