"""What sending needs from the settings, checked before a reader gets a mail. Pure."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from digest.deliver.relay import Maildir, Relay, parse_relay
from digest.errors import SettingsError


@dataclass(frozen=True, slots=True)
class SendingTerms:
    """What sending needs from the settings, checked."""

    target: Relay | Maildir
    base_url: str
    key: bytes


def sending_terms(smtp_url: str, base_url: str | None, secret_key: bytes | None) -> SendingTerms:
    """Raises SettingsError with all that is missing: nobody gets a mail that they can't leave."""
    problems = []
    target: Relay | Maildir | None = None
    try:
        target = parse_relay(smtp_url)
    except ValueError as error:
        problems.append(f".env or environment: DIGEST_SMTP_URL: {error}")
    if base_url is None:
        problems.append("DIGEST_BASE_URL: missing; readers' unsubscribe links begin with it")
    elif isinstance(target, Relay) and urlsplit(base_url).scheme != "https":
        problems.append(
            "DIGEST_BASE_URL: expected https:// to send over a relay: mail programs offer "
            "one-click unsubscribing only then (RFC 8058)"
        )
    if secret_key is None:
        problems.append("DIGEST_SECRET_KEY: missing; `digest init` makes one")
    if problems or target is None or base_url is None or secret_key is None:
        raise SettingsError(tuple(problems))
    return SendingTerms(target, base_url, secret_key)
