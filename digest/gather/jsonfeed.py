"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1) to raw entries. Pure.

Lenient where feeds are loose: numbers as ids, `author` beside `authors`; one item that does not fit
is left out with a warning and does not cost the others.
"""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from digest.gather.images import ENCLOSURE, FEATURED, is_picture
from digest.gather.raw import Markup, RawEntry, RawFeed, RawImage


def _lenient_text(value: object) -> str:
    """Null and structures count as missing, numbers as their digits."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)


def _lenient_list(value: object) -> list[object]:
    if isinstance(value, list):
        return [item for item in value if item is not None]
    return [value] if isinstance(value, dict) else []


Text = Annotated[str, BeforeValidator(_lenient_text)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Author(_Model):
    name: Text = ""


class Attachment(_Model):
    url: Text = ""
    mime_type: Text = ""


class Item(_Model):
    id: Text = ""
    url: Text = ""
    external_url: Text = ""
    title: Text = ""
    content_html: Text = ""
    content_text: Text = ""
    summary: Text = ""
    image: Text = ""
    banner_image: Text = ""
    date_published: Text = ""
    date_modified: Text = ""
    language: Text = ""
    authors: Annotated[list[Author], BeforeValidator(_lenient_list)] = []
    author: Annotated[list[Author], BeforeValidator(_lenient_list)] = []
    tags: Annotated[list[Text], BeforeValidator(_lenient_list)] = []
    attachments: Annotated[list[Attachment], BeforeValidator(_lenient_list)] = []


class Feed(_Model):
    title: Text = ""
    home_page_url: Text = ""
    language: Text = ""
    authors: Annotated[list[Author], BeforeValidator(_lenient_list)] = []
    author: Annotated[list[Author], BeforeValidator(_lenient_list)] = []


def read_json_feed(document: dict[str, Any], *, url: str) -> RawFeed:
    """All items in the document's order. Relative links hang from the page, else from `url`."""
    feed = Feed.model_validate(document)
    entries, n_odd = [], 0
    items = document.get("items")
    for value in items if isinstance(items, list) else []:
        try:
            entries.append(_entry(Item.model_validate(value), feed))
        except ValidationError:
            n_odd += 1
    warnings = (f"{n_odd} items are not as JSON Feed wants them",) if n_odd else ()
    return RawFeed(feed.title, feed.home_page_url or url, tuple(entries), warnings)


def _entry(item: Item, feed: Feed) -> RawEntry:
    content = (
        Markup(item.content_html) if item.content_html else Markup(item.content_text, is_html=False)
    )
    authors = item.authors or item.author or feed.authors or feed.author
    return RawEntry(
        guid=item.id,
        link=item.url or item.external_url,
        title=Markup(item.title),
        summary=Markup(item.summary, is_html=False),
        content=content,
        authors=tuple(author.name for author in authors),
        categories=tuple(item.tags),
        images=_images(item),
        published=(item.date_published,),
        updated=(item.date_modified,),
        language=item.language or feed.language,
    )


def _images(item: Item) -> tuple[RawImage, ...]:
    attached = (
        RawImage(file.url, ENCLOSURE)
        for file in item.attachments
        if is_picture(kind=file.mime_type, medium="", url=file.url)
    )
    named = (RawImage(url, FEATURED) for url in (item.image, item.banner_image) if url)
    return (*attached, *named)
