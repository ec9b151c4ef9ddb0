"""How a publication's pages look and who stands behind them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from digest.compose.colour import Palette, palette
from digest.compose.render import contact_href, postal_line
from digest.model.newsroom import Publication, Theme
from digest.web.words import PageWords, page_words_for


@dataclass(frozen=True, slots=True)
class Contact:
    """Where readers reach the newsroom; `href` is None for a phone number."""

    title: str
    text: str
    href: str | None


@dataclass(frozen=True, slots=True)
class Look:
    """What every page of a publication shows. `title` is "" where none is meant: then `contacts`
    has those of all publications."""

    title: str
    language: str
    words: PageWords
    palette: Palette
    contacts: tuple[Contact, ...]
    sender: str = ""
    postal_address: str = ""
    site_url: str | None = None


def look_of(publication: Publication) -> Look:
    """The publication's own."""
    contact = Contact(publication.title, publication.contact, contact_href(publication.contact))
    return Look(
        title=publication.title,
        language=publication.language,
        words=page_words_for(publication.language),
        palette=palette(publication.theme),
        contacts=(contact,),
        sender=publication.from_name,
        postal_address=postal_line(publication.postal_address),
        site_url=publication.site_url,
    )


def house_look(publications: Sequence[Publication]) -> Look:
    """For pages of no publication: the only one's look, else a plain one with all contacts, in the
    language of the first. Raises ValueError when there is none."""
    if not publications:
        raise ValueError("an install has at least one publication")
    looks = [look_of(publication) for publication in publications]
    if len(looks) == 1:
        return looks[0]
    contacts = tuple(contact for look in looks for contact in look.contacts)
    return replace(
        looks[0],
        title="",
        palette=palette(Theme()),
        contacts=contacts,
        sender="",
        postal_address="",
        site_url=None,
    )
