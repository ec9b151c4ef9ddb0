"""DIGEST_SMTP_URL -> whom messages are handed to: a relay over SMTP, or a folder.

smtp:// is RFC 5321 in clear (port 25), smtp+starttls:// is RFC 3207 with STARTTLS required (587),
smtps:// is implicit TLS (RFC 8314 section 3.3, port 465). Pure.
"""

from dataclasses import dataclass, field
from enum import Enum
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit


class Security(Enum):
    """How the line is protected; the value is the URL's scheme."""

    NONE = "smtp"
    STARTTLS = "smtp+starttls"
    TLS = "smtps"


DEFAULT_PORTS = {Security.NONE: 25, Security.STARTTLS: 587, Security.TLS: 465}
EXPECTED = (
    "expected smtp://host, smtp+starttls://user:password@host, smtps://user:password@host "
    "or maildir:folder"
)
ESCAPE = "percent-encode the special characters of user and password (/ is %2F, @ is %40)"


@dataclass(frozen=True, slots=True)
class Relay:
    """A server that takes our messages. `username` None: no AUTH."""

    host: str
    port: int
    security: Security
    username: str | None = None
    password: str = field(default="", repr=False)

    @property
    def label(self) -> str:
        """What logs and the ledger call it: never with user or password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.security.value}://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Maildir:
    """A folder that takes the messages instead of a relay: nothing is sent."""

    path: str

    @property
    def label(self) -> str:
        """What logs and the ledger call it."""
        return f"maildir:{self.path}"


def parse_relay(url: str) -> Relay | Maildir:
    """The value behind the URL.

    Raises ValueError in plain words, never with the password, for anything else than EXPECTED and
    for a password that would cross the network in clear.
    """
    if url.startswith("maildir:"):
        return _maildir(url.removeprefix("maildir:"))
    try:
        parts = urlsplit(url)
        security = Security(parts.scheme)
    except ValueError:
        raise ValueError(EXPECTED) from None
    relay = Relay(
        host=_host(parts),
        port=_port(parts) or DEFAULT_PORTS[security],
        security=security,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password or ""),
    )
    if relay.username and security is Security.NONE and not _is_loopback(relay.host):
        raise ValueError(
            f"{relay.label} would send the password in clear: use smtp+starttls:// or smtps://"
        )
    return relay


def _maildir(path: str) -> Maildir:
    path = path.removeprefix("//")
    if not path:
        raise ValueError("maildir: names no folder: expected maildir:folder")
    return Maildir(path)


def _host(parts: SplitResult) -> str:
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(f"something follows the host and port: {EXPECTED}; {ESCAPE}")
    if not parts.hostname:
        raise ValueError(f"no host: {EXPECTED}")
    return parts.hostname


def _port(parts: SplitResult) -> int | None:
    try:
        port = parts.port
    except ValueError:
        # The library's words would quote it, and it may be the half of a password.
        raise ValueError(f"the port is not a number from 1 to 65535; {ESCAPE}") from None
    if port == 0:
        raise ValueError(f"the port is not a number from 1 to 65535; {ESCAPE}")
    return port


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
