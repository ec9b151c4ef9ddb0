"""What is said of an edition, or of the list of them, where somebody else's page shows it. Pure."""

from collections.abc import Sequence
from datetime import date

from digest.compose.plain import tidy
from digest.compose.words import words_for
from digest.model.archive import SentEdition
from digest.model.edition import Edition
from digest.model.ledger import EditionRecord
from digest.model.newsroom import Publication
from digest.web.months import month_title
from digest.web.social import Card, picture_of, summary_of
from digest.web.words import page_words_for


def edition_card(
    publication: Publication, base_url: str, record: EditionRecord, edition: Edition
) -> Card:
    """An edition's: its subject, lede and picture. `base_url` "" where none is set."""
    return Card(
        title=tidy(record.subject),
        description=summary_of(edition),
        site_name=publication.title,
        language=publication.language,
        is_indexed=not publication.noindex,
        url=_address(base_url, publication.slug, str(record.day)),
        feed_url=_address(base_url, publication.slug, "feed.xml"),
        picture=picture_of(edition.lead),
        published_at=record.created_at,
    )


def list_card(
    publication: Publication,
    base_url: str,
    editions: Sequence[SentEdition],
    *,
    month: date | None = None,
) -> Card:
    """The list's, or a month's, with the picture of the latest of the editions it shows."""
    of_month = month_title(month, words_for(publication.language)) if month else ""
    return Card(
        title=" | ".join(filter(None, (of_month, publication.title))),
        description=about(publication),
        site_name=publication.title,
        language=publication.language,
        is_indexed=not publication.noindex,
        url=_address(base_url, publication.slug, month.isoformat()[:7] if month else ""),
        feed_url=_address(base_url, publication.slug, "feed.xml"),
        picture=picture_of(editions[0].edition.lead) if editions else None,
    )


def about(publication: Publication) -> str:
    """The publication in a line: its own, else what the archive holds."""
    words = page_words_for(publication.language)
    return tidy(publication.tagline) or words.editions_text.format(title=publication.title)


def _address(base_url: str, slug: str, name: str) -> str:
    return "/".join(filter(None, (base_url, slug, name))) if base_url else ""
