"""What sending needs from the settings, checked before a reader gets a mail. Pure."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from digest.deliver.options import CONNECTIONS
from digest.deliver.relay import Maildir, Relay, parse_relays
from digest.errors import SettingsError


@dataclass(frozen=True, slots=True)
class SendingTerms:
    """What sending needs from the settings, checked. `targets` is never empty; a Maildir is its
    only one."""

    targets: tuple[Relay | Maildir, ...]
    base_url: str
    key: bytes

    @property
    def target(self) -> Relay | Maildir:
        """The first one: it takes what is a single message."""
        return self.targets[0]


def sending_terms(
    smtp_url: str,
    base_url: str | None,
    secret_key: bytes | None,
    *,
    connections: int = CONNECTIONS,
) -> SendingTerms:
    """`connections` is for relays whose URL names no number.

    Raises SettingsError with all that is missing: nobody gets a mail that they can't leave.
    """
    problems = []
    targets: tuple[Relay | Maildir, ...] = ()
    try:
        targets = parse_relays(smtp_url, connections=connections)
    except ValueError as error:
        problems.append(f".env or environment: DIGEST_SMTP_URL: {error}")
    if base_url is None:
        problems.append("DIGEST_BASE_URL: missing; readers' unsubscribe links begin with it")
    elif any(isinstance(one, Relay) for one in targets) and urlsplit(base_url).scheme != "https":
        problems.append(
            "DIGEST_BASE_URL: expected https:// to send over a relay: mail programs offer "
            "one-click unsubscribing only then (RFC 8058)"
        )
    if secret_key is None:
        problems.append("DIGEST_SECRET_KEY: missing; `digest init` makes one")
    if problems or base_url is None or secret_key is None:
        raise SettingsError(tuple(problems))
    return SendingTerms(targets, base_url, secret_key)
