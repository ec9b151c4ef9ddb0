"""DIGEST_SMTP_URL -> whom messages are handed to: relays over SMTP, or a folder.

smtp:// is RFC 5321 in clear (port 25), smtp+starttls:// is RFC 3207 with STARTTLS required (587),
smtps:// is implicit TLS (RFC 8314 section 3.3, port 465). Pure.
"""

from dataclasses import dataclass, field
from enum import Enum
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit

from digest.deliver.options import CONNECTIONS, PLAIN, RelayOptions, read_options


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
ESCAPE = (
    "percent-encode the special characters of user and password (/ is %2F, @ is %40, a space %20)"
)
MAILDIR = "maildir:"
SCHEMES = {security.value for security in Security}


@dataclass(frozen=True, slots=True)
class Relay:
    """A server that takes our messages. `username` None: no AUTH."""

    host: str
    port: int
    security: Security
    username: str | None = None
    password: str = field(default="", repr=False)
    options: RelayOptions = PLAIN

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


def parse_relays(text: str, *, connections: int = CONNECTIONS) -> tuple[Relay | Maildir, ...]:
    """The relays behind URLs that white space parts, in their order; or one Maildir, alone.

    `connections` is for those that name no number. Raises ValueError as parse_relay() does, with
    the URL's place in the list, and for a relay that stands twice.
    """
    urls = text.split()
    if text.strip().startswith(MAILDIR) and not any(map(_is_target, urls[1:])):
        return (parse_relay(text.strip()),)  # a folder's name may hold spaces
    if len(urls) < 2:
        return (parse_relay(text.strip(), connections=connections),)
    relays = []
    for place, url in enumerate(urls, start=1):
        try:
            relays.append(parse_relay(url, connections=connections))
        except ValueError as error:
            raise ValueError(f"URL {place} of {len(urls)}: {error}") from None
    _refuse_twins(relays)
    return tuple(relays)


def parse_relay(url: str, *, connections: int = CONNECTIONS) -> Relay | Maildir:
    """The value behind one URL; `connections` is for a relay that names no number.

    Raises ValueError in plain words, never with the password, for anything else than EXPECTED, for
    a wrong option and for a password that would cross the network in clear.
    """
    if url.startswith(MAILDIR):
        return _maildir(url.removeprefix(MAILDIR))
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
        options=read_options(parts.query, connections=connections),
    )
    if relay.username and security is Security.NONE and not _is_loopback(relay.host):
        raise ValueError(
            f"{relay.label} would send the password in clear: use smtp+starttls:// or smtps://"
        )
    return relay


def _refuse_twins(relays: list[Relay | Maildir]) -> None:
    seen: dict[tuple[str, int, str | None], int] = {}
    for place, relay in enumerate(relays, start=1):
        if isinstance(relay, Maildir):
            raise ValueError("a maildir: stands alone: it takes the place of every relay")
        first = seen.setdefault((relay.host, relay.port, relay.username), place)
        if first != place:
            raise ValueError(f"URL {place} is URL {first} once more: host, port and user agree")


def _maildir(path: str) -> Maildir:
    path = path.removeprefix("//")
    if not path:
        raise ValueError("maildir: names no folder: expected maildir:folder")
    return Maildir(path)


def _host(parts: SplitResult) -> str:
    # An @ there means that user and password are not over yet: nothing of it may be quoted.
    if parts.path.strip("/") or "@" in parts.query or parts.fragment:
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


def _is_target(word: str) -> bool:
    return word.startswith(MAILDIR) or word.partition("://")[0].lower() in SCHEMES


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
