"""What a value of the newsroom's file may be, and what is said of one that is not. Pure."""

import re
from datetime import time
from ipaddress import ip_network
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,27}")
# First parts of addresses that are pages of every install.
OWN_PAGES = frozenset({"api", "assets", "embed", "healthz", "metrics", "static", "subscribe"})
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]+\.)+[A-Za-z0-9-]{2,}")
# RFC 6376 section 3.1: names as hosts have them.
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
SELECTOR = re.compile(rf"(?=.{{1,63}}$){_LABEL}(?:\.{_LABEL})*")
DOMAIN = re.compile(rf"(?=.{{1,180}}$)(?:{_LABEL}\.)+{_LABEL}")
LANGUAGE = re.compile(r"(en|fr)(-[A-Z]{2})?")


def _matches(pattern: re.Pattern[str], expected: str) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(f"expected {expected}")
        return value

    return AfterValidator(check)


def _one_line(value: str) -> str:
    if not value.strip():
        raise ValueError("expected some text")
    if any(ord(char) < 32 or ord(char) == 127 for char in value):
        raise ValueError("expected one line without control characters")
    return value.strip()


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError('expected an IANA time zone such as "America/Halifax"') from error
    return value


def _clock_time(value: object) -> time:
    if isinstance(value, time):
        return value
    if isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        return time.fromisoformat(value)
    raise ValueError('expected a local time such as "18:00"')


def _week_days(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or not value or not all(day in DAYS for day in value):
        raise ValueError(f"expected a list of {', '.join(DAYS)}")
    return tuple(sorted({DAYS.index(day) for day in value}))


def _web_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("expected an address that begins with https:// or http://")
    return value


def _feed_url(value: str) -> str:
    if value.startswith("file:") and len(value) > len("file:"):
        return value
    try:
        return _web_url(value)
    except ValueError as error:
        raise ValueError(
            "expected an address that begins with https://, http:// or file:"
        ) from error


def is_reserved(word: str) -> bool:
    """Whether an address that begins with it is, or may become, a page of every install."""
    return len(word) == 1 or word in OWN_PAGES


def _not_reserved(value: str) -> str:
    if is_reserved(value):
        raise ValueError("expected another name: pages of every publication are kept under this")
    return value


def _network(value: str) -> str:
    try:
        ip_network(value)
    except ValueError as error:
        raise ValueError(
            'expected an IP address or a network, such as "127.0.0.1" or "10.0.0.0/8"'
        ) from error
    return value


def _as_tuple(value: object) -> object:
    """TOML's arrays are lists; values never change, so ours are tuples."""
    return tuple(value) if isinstance(value, list) else value


def _not_empty(values: tuple[Any, ...]) -> tuple[Any, ...]:
    # Not min_length: pydantic would count items that it has refused for another reason.
    if not values:
        raise ValueError("expected at least one")
    return values


AS_TUPLE = BeforeValidator(_as_tuple)
NOT_EMPTY = AfterValidator(_not_empty)
Line = Annotated[str, AfterValidator(_one_line)]
Slug = Annotated[str, _matches(SLUG, "at most 28 lower-case letters, digits and hyphens")]
PublicationSlug = Annotated[Slug, AfterValidator(_not_reserved)]
Colour = Annotated[str, _matches(COLOUR, "a colour as #rrggbb")]
MailAddress = Annotated[str, _matches(ADDRESS, "a mail address such as wrap@news.example")]
Selector = Annotated[
    str, _matches(SELECTOR, 'lower-case letters, digits, hyphens and dots, such as "wrap2026"')
]
Domain = Annotated[str, _matches(DOMAIN, "a domain in lower case, such as news.example")]
Language = Annotated[str, _matches(LANGUAGE, '"en" or "fr", or with a country such as "en-CA"')]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
ClockTime = Annotated[time, BeforeValidator(_clock_time)]
WeekDays = Annotated[tuple[int, ...], BeforeValidator(_week_days)]
Network = Annotated[str, AfterValidator(_network)]
WebUrl = Annotated[str, AfterValidator(_web_url)]
FeedUrl = Annotated[str, AfterValidator(_feed_url)]
