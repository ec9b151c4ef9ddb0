"""A line to wherever messages go, relay or Maildir, behind one face. I/O: network or folder."""

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Protocol

from digest.deliver.maildir import MaildirLine
from digest.deliver.relay import Maildir, Relay, Security
from digest.deliver.smtp import FINAL_TIMEOUT_S, Terms, connect
from digest.model.ledger import Reply
from digest.model.message import Envelope


class Line(Protocol):
    """Takes one message at a time."""

    async def send(self, envelope: Envelope) -> Reply:
        """The last word on the message. Raises RelayError: nothing was sent, nothing can be."""


OpenLine = Callable[[], AbstractAsyncContextManager[Line]]


def line_opener(
    target: Relay | Maildir,
    *,
    local_hostname: str,
    timeout_s: float,
    tls_context: ssl.SSLContext | None = None,
    final_timeout_s: float = FINAL_TIMEOUT_S,
) -> OpenLine:
    """What opens a line to the target, as often as called. Opening raises RelayError.

    `local_hostname` is said in EHLO: the sender's domain. Without `tls_context` the system's
    trusted issuers count; certificates are always verified.
    """
    if isinstance(target, Maildir):
        return partial(_maildir_line, target)
    if tls_context is None and target.security is not Security.NONE:
        tls_context = ssl.create_default_context()
    terms = Terms(
        local_hostname=local_hostname,
        tls_context=tls_context,
        timeout_s=timeout_s,
        final_timeout_s=max(timeout_s, final_timeout_s),
    )
    return partial(_smtp_line, target, terms)


@asynccontextmanager
async def _smtp_line(relay: Relay, terms: Terms) -> AsyncIterator[Line]:
    async with connect(relay, terms) as line:
        yield line


@asynccontextmanager
async def _maildir_line(maildir: Maildir) -> AsyncIterator[Line]:
    line = MaildirLine(maildir)
    line.open()
    yield line
