"""A line to wherever messages go, relay or Maildir, behind one face. I/O: network or folder."""

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Protocol

from digest.deliver.maildir import MaildirLine
from digest.deliver.relay import Maildir, Relay, Security
from digest.deliver.smtp import FINAL_TIMEOUT_S, MAX_MESSAGES, Terms, connect
from digest.model.ledger import Reply
from digest.model.message import Envelope


class Line(Protocol):
    """Takes messages from `n_slots` tasks at a time."""

    @property
    def n_slots(self) -> int:
        """How many tasks keep it busy."""

    async def send(self, envelope: Envelope) -> Reply:
        """The last word on the message, to be followed by settle() or drop(): others wait for it.
        Raises RelayError: nothing was sent, nothing can be."""

    def settle(self, envelope: Envelope) -> None:
        """What became of the message is in the ledger: until then no further body may leave."""

    def drop(self) -> None:
        """Send no body that has not left yet; the next message begins anew."""

    def hang_up(self) -> None:
        """As drop(), and for good: send() raises RelayError from now on."""


OpenLine = Callable[[], AbstractAsyncContextManager[Line]]


def line_opener(
    target: Relay | Maildir,
    *,
    local_hostname: str,
    timeout_s: float,
    tls_context: ssl.SSLContext | None = None,
    final_timeout_s: float = FINAL_TIMEOUT_S,
    max_messages: int = MAX_MESSAGES,
    in_flight: int | None = None,
) -> OpenLine:
    """What opens a line to the target, as often as called. Opening raises RelayError.

    `local_hostname` is said in EHLO: the sender's domain. Without `tls_context` the system's
    trusted issuers count; certificates are always verified. The rest as in smtp.Terms.
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
        max_messages=max_messages,
        in_flight=in_flight,
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
