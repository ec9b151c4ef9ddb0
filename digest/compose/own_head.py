"""The header lines that are one reader's: To, Message-ID and the list fields. Pure.

RFC 2369; RFC 8058 section 3.1: an HTTPS URI must be there for one click; over plain HTTP, on a
try-out, the promise is not made.
"""

import re
from urllib.parse import quote

from digest.compose.headers import mailbox, structured
from digest.compose.imprint import Imprint, Tokens
from digest.compose.personal import Personal
from digest.compose.plain import tidy
from digest.model.message import Recipient

# Most readers' addresses and tokens are such that nothing must be escaped, folded inside or
# refused, and each fits a line: for them the lines are written straight away. The others go the
# long way round (compose/headers.py). One search over all of them.
_PLAIN = re.compile(
    r"[A-Za-z0-9_+-][A-Za-z0-9._+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\n"
    r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,74}\n[A-Za-z0-9_-][A-Za-z0-9._-]{0,74}"
)
# Many names are not so plain, and cost no more than their own line.
_PLAIN_NAME = re.compile(r"(?:(?!.{61})[A-Za-z0-9'-]+(?: [A-Za-z0-9'-]+)*)?")
_LINE = 76
_TO_ROOM = _LINE - len("To:  <>")


def is_plain(recipient: Recipient, imprint: Imprint, tokens: Tokens) -> bool:
    """Whether this reader's values, but for the name, can stand as they are, in headers, text and
    HTML."""
    address = recipient.address
    return (
        imprint.is_plain
        and len(address) <= _TO_ROOM
        and _PLAIN.fullmatch(f"{address}\n{tokens.unsubscribe}\n{tokens.preferences}") is not None
    )


def plain_head(recipient: Recipient, imprint: Imprint, *, tokens: Tokens, message_id: str) -> bytes:
    """What own_head() comes to for a plain reader, faster."""
    token = tokens.unsubscribe
    fold = "" if imprint.unsubscribe_room >= 2 * len(token) else "\r\n"
    return (
        f"To: {_to(recipient.name, recipient.address)}\r\nMessage-ID: {message_id}\r\n"
        f"List-Unsubscribe: <{imprint.base_url}/u/{token}>,{fold} "
        f"<{imprint.mailto}?subject=unsubscribe%20{token}>\r\n{imprint.list_lines}"
    ).encode("ascii")


def _to(name: str, address: str) -> str:
    """The value of To for a plain address; folded where it must be."""
    if len(name) + len(address) <= _TO_ROOM and _PLAIN_NAME.fullmatch(name):
        return f"{name} <{address}>" if name else address
    value = mailbox(tidy(name), address)
    if len("To: ") + len(value) <= _LINE:
        return value
    return structured("To", value).decode("ascii").removeprefix("To: ").removesuffix("\r\n")


def own_head(
    values: Personal, imprint: Imprint, *, address: str, tokens: Tokens, message_id: str
) -> bytes:
    """The lines, each closed by CRLF, and the empty line after a header. Raises ValueError for
    what can't stand there."""
    subject = quote(f"unsubscribe {tokens.unsubscribe}")
    lines = (
        structured("To", mailbox(values.name, address)),
        structured("Message-ID", message_id),
        structured(
            "List-Unsubscribe",
            f"<{values.unsubscribe_url}>, <{imprint.mailto}?subject={subject}>",
        ),
    )
    return b"".join(lines) + imprint.list_lines.encode("ascii")
