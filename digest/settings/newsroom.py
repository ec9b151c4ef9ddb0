"""The newsroom's choices: the tables of config/digest.toml, checked. Pure.

Field descriptions are the settings table of the README (tests/settings_table.py).
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from digest.model.newsroom import (
    Canonicalization,
    Dkim,
    FeedSource,
    Limits,
    Publication,
    Section,
    Theme,
)
from digest.settings.kinds import (
    AS_TUPLE,
    DAYS,
    NOT_EMPTY,
    ClockTime,
    Colour,
    Domain,
    FeedUrl,
    Language,
    Line,
    MailAddress,
    Network,
    PublicationSlug,
    Selector,
    Slug,
    TimeZone,
    WebUrl,
    WeekDays,
)

LOOPBACK = ("127.0.0.1", "::1")


class Table(BaseModel):
    """A TOML table: unknown keys are refused, values never change, and are not bent into a type:
    `max_stories = "24"` is a slip to be told of."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def values(self) -> dict[str, Any]:
        """The fields as they are, for building the model's value of the same fields."""
        return {name: getattr(self, name) for name in type(self).model_fields}


class SectionTable(Table):
    """One [[publications.sections]]."""

    slug: Slug = Field(description="its short name; readers' topics and feeds refer to it")
    title: Line = Field(description="its heading in the mail")
    max_stories: int = Field(default=6, ge=1, le=100, description="most stories in it")
    weight: float = Field(default=1.0, ge=0, le=10, description="how much its stories count")
    match: Annotated[tuple[str, ...], AS_TUPLE] = Field(
        default=(), description="feed categories that belong to it, in any case of letters"
    )


class ThemeTable(Table):
    """[publications.theme]."""

    accent: Colour = Field(default="#0b5563", description="links, rules and the masthead")
    ink: Colour = Field(default="#1d2327", description="text")
    paper: Colour = Field(default="#ffffff", description="behind the stories")
    ground: Colour = Field(default="#eef1f2", description="around the mail")
    logo_url: WebUrl | None = Field(default=None, description="picture in the masthead")
    logo_width: int = Field(default=180, ge=40, le=560, description="its width in px")


class LimitsTable(Table):
    """[publications.limits]."""

    min_stories: int = Field(
        default=3,
        ge=1,
        le=100,
        description="with fewer the night is skipped and they are held over",
    )
    max_stories: int = Field(default=30, ge=1, le=300, description="most stories in an edition")
    lookback_h: int = Field(
        default=24,
        ge=1,
        le=336,
        description="hours the first night looks back, and a late story may be dated back",
    )


class DkimTable(Table):
    """[publications.dkim]."""

    selector: Selector = Field(description="the public key is at SELECTOR._domainkey.DOMAIN")
    domain: Domain | None = Field(
        default=None, description="signs for it; else for the domain of from_address"
    )
    canonicalization: Canonicalization = Field(
        default=Canonicalization.RELAXED_SIMPLE,
        strict=False,  # TOML has no enums
        description='or "relaxed/relaxed", where a relay changes blanks in the body',
    )


class PublicationTable(Table):
    """One [[publications]]."""

    slug: PublicationSlug = Field(description="its short name, in addresses and commands")
    title: Line = Field(description="its name, as readers see it")
    tagline: str = Field(default="", description="a line under the title")
    timezone: TimeZone = Field(description="IANA time zone of its readers")
    send_at: ClockTime = Field(description='local hour of the edition, such as "18:00"')
    days: WeekDays = Field(
        default=(0, 1, 2, 3, 4, 5, 6), description=f"nights it is sent, of {', '.join(DAYS)}"
    )
    from_name: Line = Field(description="sender's name")
    from_address: MailAddress = Field(description="sender's address, on your own domain")
    reply_to: MailAddress | None = Field(default=None, description="where replies go")
    postal_address: Line = Field(description="street address; the law asks for it in each mail")
    contact: Line = Field(description="phone, address or page where readers reach you")
    language: Language = Field(default="en", description="of the mail's own words: en or fr")
    site_url: WebUrl | None = Field(default=None, description="the newsroom's site")
    subject: Line = Field(
        default="{{ lead.title }}",
        description="Jinja template with lead, day, publication and count",
    )
    sections: Annotated[tuple[SectionTable, ...], AS_TUPLE, NOT_EMPTY] = Field(
        description="in the mail's order"
    )
    noindex: bool = Field(
        default=True, description="false: search engines may show the editions' pages"
    )
    limits: LimitsTable = Field(default_factory=LimitsTable, description="see below")
    theme: ThemeTable = Field(default_factory=ThemeTable, description="see below")
    dkim: DkimTable | None = Field(default=None, description="see below; else the relay signs")

    @model_validator(mode="after")
    def _sections_differ(self) -> "PublicationTable":
        _all_different("sections", [section.slug for section in self.sections])
        return self

    def to_publication(self) -> Publication:
        """The same as the value that the stages know."""
        fields = self.values()
        fields["sections"] = tuple(Section(**section.values()) for section in self.sections)
        fields["limits"] = Limits(**self.limits.values())
        fields["theme"] = Theme(**self.theme.values())
        fields["dkim"] = self._dkim()
        return Publication(**fields)

    def _dkim(self) -> Dkim | None:
        if self.dkim is None:
            return None
        domain = self.dkim.domain or self.from_address.rpartition("@")[2].lower()
        return Dkim(self.dkim.selector, domain, self.dkim.canonicalization)


class FeedTable(Table):
    """One [[feeds]]."""

    name: Slug = Field(description="its short name; keep it, stories are known by it")
    url: FeedUrl = Field(
        description="RSS, Atom, JSON Feed or WordPress /wp-json/wp/v2/posts?_embed; or file:path"
    )
    title: str = Field(default="", description="what readers see as the source; else the name")
    section: Slug | None = Field(
        default=None, description="section of stories whose categories match none"
    )
    weight: float = Field(default=1.0, ge=0, le=10, description="how much its stories count")
    is_own: bool = Field(default=False, description="your own reporting: goes before others'")
    publications: Annotated[tuple[Slug, ...], AS_TUPLE] = Field(
        default=(), description="which take it; empty: all"
    )

    def to_feed(self) -> FeedSource:
        """The same as the value that the stages know."""
        return FeedSource(**self.values())


class GatherTable(Table):
    """[gather]."""

    contact: Line = Field(description="page or address in the User-Agent, for feed owners")
    poll_every_min: int = Field(default=15, ge=1, le=1440, description="minutes between polls")
    timeout_s: float = Field(default=20, gt=0, le=300, description="most seconds for one feed")
    max_mb: float = Field(default=5, gt=0, le=100, description="largest feed in MB")
    max_redirects: int = Field(default=5, ge=0, le=20, description="most redirects followed")
    allow_private_addresses: bool = Field(
        default=False, description="also fetch feeds from this machine and private networks"
    )


class DeliverTable(Table):
    """[deliver]."""

    connections: int = Field(
        default=4, ge=1, le=50, description="to a relay at once, when its URL names no number"
    )
    timeout_s: float = Field(default=60, gt=0, le=600, description="for one reply of a relay")
    stale_after_h: float = Field(
        default=12, gt=0, le=72, description="after that many hours an edition is old news"
    )
    catch_up_h: float = Field(
        default=6, ge=0, le=24, description="a night missed is still sent within these hours"
    )
    uncertain: Literal["resend", "hold"] = Field(
        default="resend",
        description='where the reply was lost: send again; "hold": wait for `digest deliveries`',
    )


class KeepTable(Table):
    """[keep]."""

    deliveries_days: int = Field(default=90, ge=1, description="rows of who got what")
    stories_days: int = Field(default=30, ge=2, description="stories that feeds brought")


class WebTable(Table):
    """[web]."""

    host: Line = Field(default="127.0.0.1", description="where `digest run` serves its pages")
    port: int = Field(default=8025, ge=1, le=65535, description="its port")
    trusted_proxies: Annotated[tuple[Network, ...], AS_TUPLE] = Field(
        default=LOOPBACK,
        description="your web servers in front; X-Forwarded-For is believed from these alone",
    )
    metrics_from: Annotated[tuple[Network, ...], AS_TUPLE] = Field(
        default=LOOPBACK, description="who may read /metrics: addresses or networks"
    )


class NewsroomFile(Table):
    """The whole of config/digest.toml."""

    gather: GatherTable = Field(description="how feeds are fetched")
    deliver: DeliverTable = Field(default_factory=DeliverTable, description="how mail leaves")
    keep: KeepTable = Field(default_factory=KeepTable, description="what `digest purge` keeps")
    web: WebTable = Field(default_factory=WebTable, description="readers' pages")
    publications: Annotated[tuple[PublicationTable, ...], AS_TUPLE, NOT_EMPTY] = Field(
        description="newsletters"
    )
    feeds: Annotated[tuple[FeedTable, ...], AS_TUPLE, NOT_EMPTY] = Field(
        description="where stories come from"
    )

    @model_validator(mode="after")
    def _names_fit(self) -> "NewsroomFile":
        slugs = [publication.slug for publication in self.publications]
        _all_different("publications", slugs)
        _all_different("feeds", [feed.name for feed in self.feeds])
        for feed in self.feeds:
            self._check_feed(feed, slugs)
        return self

    def _check_feed(self, feed: FeedTable, slugs: list[str]) -> None:
        for slug in feed.publications:
            if slug not in slugs:
                raise ValueError(
                    f'feeds "{feed.name}": no publication "{slug}"; expected one of '
                    f"{', '.join(slugs)}"
                )
        sections = {section.slug for table in self.publications for section in table.sections}
        if feed.section and feed.section not in sections:
            raise ValueError(
                f'feeds "{feed.name}": no section "{feed.section}"; expected one of '
                f"{', '.join(sorted(sections))}"
            )


def _all_different(what: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f'{what}: "{name}" stands twice; expected each name once')
