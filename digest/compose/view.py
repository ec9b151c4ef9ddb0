"""A story as the wrap prints it: time in the publication's zone, byline, credit, image size. Pure.

The last gate for foreign words and addresses: texts are tidied and cut, links are http(s) or None.
"""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from digest.compose.plain import cut, tidy
from digest.compose.topics import brief_of
from digest.compose.when import clock, plain_day, stamp
from digest.compose.words import Words, primary, words_for
from digest.model.edition import Edition, Source, Story
from digest.model.feeds import Image
from digest.model.newsroom import Publication

LEAD_WIDTH = 536
THUMB_WIDTH = 128
_TITLE_LIMIT = 220
_LEDE_LIMIT = 480
_ALT_LIMIT = 160
_URL_LIMIT = 1500  # longer ones are not addresses of stories
# An update sooner than this after the first publication is a correction nobody needs to be told.
_WORTH_TELLING = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class SourceView:
    """Who reported it; `url` http(s) or None."""

    label: str
    url: str | None


@dataclass(frozen=True, slots=True)
class ImageView:
    """An image at the width it is shown, in px; `height` None where the feed does not tell."""

    url: str
    alt: str
    width: int
    height: int | None


@dataclass(frozen=True, slots=True)
class StoryView:
    """Every text is one line and may be empty. `language` is empty where it is the wrap's own."""

    title: str
    url: str | None
    stamp: str
    updated: str
    byline: str
    source: str
    dateline: str
    lede: str
    credit: str
    also: tuple[SourceView, ...]
    image: ImageView | None
    read_more: str
    language: str

    @property
    def meta(self) -> tuple[str, ...]:
        """What stands under the headline: time, byline, source; only those there are."""
        time = f"{self.stamp} ({self.updated})" if self.updated else self.stamp
        return tuple(part for part in (time, self.byline, self.source) if part)


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section's heading and its stories, best first."""

    slug: str
    title: str
    stories: tuple[StoryView, ...]


@dataclass(frozen=True, slots=True)
class WrapView:
    """A whole edition, in the order of printing."""

    lead: StoryView
    sections: tuple[SectionView, ...]

    @property
    def brief(self) -> tuple[SectionView, ...]:
        """The sections that are named above them all."""
        return brief_of(self.sections)


def view_of(edition: Edition, publication: Publication) -> WrapView:
    """The edition as printed for the publication."""
    printer = _Printer(publication, words_for(publication.language), ZoneInfo(publication.timezone))
    return WrapView(
        lead=printer.story(edition.lead, LEAD_WIDTH),
        sections=tuple(
            SectionView(
                slug=section.slug,
                title=tidy(section.title),
                stories=tuple(printer.story(story, THUMB_WIDTH) for story in section.stories),
            )
            for section in edition.sections
        ),
    )


def web_address(url: str | None) -> str | None:
    """`url` if it is an http(s) address a mail can carry, else None."""
    if not url or len(url) > _URL_LIMIT or tidy(url).replace(" ", "") != url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme.lower() in ("http", "https") and parts.netloc else None


@dataclass(frozen=True, slots=True)
class _Printer:
    publication: Publication
    words: Words
    zone: ZoneInfo

    def story(self, story: Story, width: int) -> StoryView:
        label = tidy(story.source.label)
        byline, credit = tidy(story.byline), tidy(story.credit)
        title = cut(tidy(story.title), _TITLE_LIMIT)
        return StoryView(
            title=title,
            url=web_address(story.url),
            stamp=stamp(story.published_at, self.zone, self.words),
            updated=self._updated(story),
            byline=self._byline(byline or credit, credit, label),
            source=label,
            dateline=tidy(story.dateline).upper(),
            lede=cut(tidy(story.lede), _LEDE_LIMIT),
            credit=self._credit(story, credit),
            also=_also(story, label),
            image=_image(story.image, title, width),
            read_more=self.words.read_more_at.format(source=label),
            language=self._language(story),
        )

    def _updated(self, story: Story) -> str:
        if story.updated_at is None or story.updated_at - story.published_at < _WORTH_TELLING:
            return ""
        days = {at.astimezone(self.zone).date() for at in (story.updated_at, story.published_at)}
        tell = clock if len(days) == 1 else stamp
        return self.words.updated.format(time=tell(story.updated_at, self.zone, self.words))

    def _byline(self, byline: str, credit: str, label: str) -> str:
        # An agency stands as the site prints it, without "By"; nobody is named twice in one line.
        if byline == label:
            return ""
        return byline if not byline or byline == credit else self.words.signed(byline)

    def _credit(self, story: Story, agency: str) -> str:
        day = plain_day(story.published_at.astimezone(self.zone).date(), self.words)
        return self.words.credit.format(agency=agency, day=day) if agency else ""

    def _language(self, story: Story) -> str:
        theirs = primary(story.language)
        return theirs if theirs.isalpha() and theirs != primary(self.publication.language) else ""


def _also(story: Story, label: str) -> tuple[SourceView, ...]:
    """Each other source once, by name."""
    named: dict[str, Source] = {}
    for source in story.also:
        named.setdefault(tidy(source.label), source)
    return tuple(
        SourceView(name, web_address(source.url))
        for name, source in named.items()
        if name and name != label
    )


def _image(image: Image | None, title: str, width: int) -> ImageView | None:
    """None for what is missing, not on the web, or known to be a spacer."""
    url = web_address(image.url) if image else None
    if image is None or url is None or min(image.width or 999, image.height or 999) < 40:
        return None
    shown = min(width, image.width or width)
    height = round(shown * image.height / image.width) if image.width and image.height else None
    # libxml2 writes "<" into attributes as it is; there it could pass for a comment of ours.
    alt = (tidy(image.alt) or title).replace("<", "‹").replace(">", "›")
    return ImageView(url, cut(alt, _ALT_LIMIT), shown, height)
