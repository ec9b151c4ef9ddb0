"""What the newsroom chose: its publications and feeds. Pure."""

from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class FeedSource:
    """One feed of the configuration. `publications` empty = every publication."""

    name: str
    url: str
    title: str = ""
    section: str | None = None
    weight: float = 1.0
    is_own: bool = False
    publications: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What a reader is shown as the source."""
        return self.title or self.name

    def feeds_into(self, publication: str) -> bool:
        """Whether the publication takes this feed's stories."""
        return not self.publications or publication in self.publications


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the wrap; `match` are the feed categories (any case) that fall into it."""

    slug: str
    title: str
    max_stories: int = 6
    weight: float = 1.0
    match: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as #rrggbb; `logo_width` in px as shown."""

    accent: str = "#0b5563"
    ink: str = "#1d2327"
    paper: str = "#ffffff"
    ground: str = "#eef1f2"
    logo_url: str | None = None
    logo_width: int = 180


@dataclass(frozen=True, slots=True)
class Limits:
    """How much goes into an edition. Fewer than `min_stories`: the night is skipped."""

    min_stories: int = 3
    max_stories: int = 30
    lookback_h: int = 24


class Canonicalization(StrEnum):
    """What a relay may change of headers/body without breaking a signature (RFC 6376 section
    3.4)."""

    RELAXED_SIMPLE = "relaxed/simple"
    RELAXED_RELAXED = "relaxed/relaxed"


@dataclass(frozen=True, slots=True)
class Dkim:
    """How a publication's mail is signed; the public key is at selector._domainkey.domain."""

    selector: str
    domain: str
    canonicalization: Canonicalization = Canonicalization.RELAXED_SIMPLE


@dataclass(frozen=True, slots=True)
class Publication:
    """A newsletter: a place's nightly wrap. `days` are 0 (Monday) to 6 (Sunday). `dkim` None: the
    relay signs. `noindex` keeps search engines away from the editions' pages."""

    slug: str
    title: str
    timezone: str
    send_at: time
    from_name: str
    from_address: str
    postal_address: str
    contact: str
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    reply_to: str | None = None
    language: str = "en"
    site_url: str | None = None
    tagline: str = ""
    subject: str = "{{ lead.title }}"
    sections: tuple[Section, ...] = ()
    limits: Limits = field(default_factory=Limits)
    theme: Theme = field(default_factory=Theme)
    dkim: Dkim | None = None
    noindex: bool = True
