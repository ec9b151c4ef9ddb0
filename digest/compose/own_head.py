"""The header lines that are one reader's: To, Message-ID and the list fields. Pure.

RFC 2369; RFC 8058 section 3.1: an HTTPS URI must be there for one click; over plain HTTP, on a
try-out, the promise is not made.
"""

import re
from urllib.parse import quote

from digest.compose.headers import mailbox, structured
from digest.compose.imprint import Imprint, Tokens
from digest.compose.personal import Personal
from digest.model.message import Recipient

# Most readers' names, addresses and tokens are such that nothing must be escaped, folded inside or
# refused, and each fits a line: for them the lines are written straight away. The others go the
# long way round (compose/headers.py). One search over all of a reader's values.
_PLAIN = re.compile(
    r"(?:[A-Za-z0-9-]+(?: [A-Za-z0-9-]+)*)?\n"
    r"[A-Za-z0-9_+-][A-Za-z0-9._+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\n"
    r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,74}\n[A-Za-z0-9_-][A-Za-z0-9._-]{0,74}"
)
_LINE = 76
_TO_ROOM = _LINE - len("To:  <>")


def is_plain(recipient: Recipient, imprint: Imprint, tokens: Tokens) -> bool:
    """Whether this reader's values can stand as they are, in headers, text and HTML."""
    name, address = recipient.name, recipient.address
    return (
        imprint.is_plain
        and len(name) + len(address) <= _TO_ROOM
        and _PLAIN.fullmatch(f"{name}\n{address}\n{tokens.unsubscribe}\n{tokens.preferences}")
        is not None
    )


def plain_head(recipient: Recipient, imprint: Imprint, *, tokens: Tokens, message_id: str) -> bytes:
    """What own_head() comes to for a plain reader, faster."""
    name, address, token = recipient.name, recipient.address, tokens.unsubscribe
    to = f"{name} <{address}>" if name else address
    fold = "" if imprint.unsubscribe_room >= 2 * len(token) else "\r\n"
    return (
        f"To: {to}\r\nMessage-ID: {message_id}\r\n"
        f"List-Unsubscribe: <{imprint.base_url}/u/{token}>,{fold} "
        f"<{imprint.mailto}?subject=unsubscribe%20{token}>\r\n{imprint.list_lines}"
    ).encode("ascii")


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
