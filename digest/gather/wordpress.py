"""The WordPress REST API's posts (`/wp-json/wp/v2/posts?_embed`) to raw entries. Pure.

Source: developer.wordpress.org/rest-api/reference/posts. Without `_embed` there are no names of
authors and categories and no pictures. `date_gmt` is UTC without saying so.
"""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from digest.gather.clean import pixels
from digest.gather.images import FEATURED
from digest.gather.jsonfeed import Text
from digest.gather.raw import Markup, RawEntry, RawFeed, RawImage, Unreadable


def _dictionary(value: object) -> object:
    return value if isinstance(value, dict) else {}


def _dictionaries(value: object) -> object:
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, dict)]


def _terms(value: object) -> object:
    """A list per taxonomy, to one list. (Of two validators the one named last runs first.)"""
    groups = value if isinstance(value, list) else []
    return [term for group in groups for term in (group if isinstance(group, list) else [group])]


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Rendered(_Model):
    rendered: Text = ""


class Author(_Model):
    name: Text = ""


class Term(_Model):
    name: Text = ""
    taxonomy: Text = ""


class Details(_Model):
    width: Text = ""
    height: Text = ""


class Media(_Model):
    source_url: Text = ""
    alt_text: Text = ""
    mime_type: Text = ""
    media_details: Annotated[Details, BeforeValidator(_dictionary)] = Details()


class Embedded(_Model):
    author: Annotated[list[Author], BeforeValidator(_dictionaries)] = []
    media: Annotated[list[Media], BeforeValidator(_dictionaries)] = Field(
        default=[], alias="wp:featuredmedia"
    )
    terms: Annotated[list[Term], BeforeValidator(_dictionaries), BeforeValidator(_terms)] = Field(
        default=[], alias="wp:term"
    )


class Post(_Model):
    id: Text = ""
    guid: Annotated[Rendered, BeforeValidator(_dictionary)] = Rendered()
    link: Text = ""
    title: Annotated[Rendered, BeforeValidator(_dictionary)] = Rendered()
    excerpt: Annotated[Rendered, BeforeValidator(_dictionary)] = Rendered()
    content: Annotated[Rendered, BeforeValidator(_dictionary)] = Rendered()
    date_gmt: Text = ""
    date: Text = ""
    modified_gmt: Text = ""
    lang: Text = ""
    embedded: Annotated[Embedded, BeforeValidator(_dictionary)] = Field(
        default=Embedded(), alias="_embedded"
    )


def read_wordpress(posts: list[Any], *, url: str) -> RawFeed:
    """All posts in the order given; an empty list is a site without posts."""
    entries, n_odd = [], 0
    for value in posts:
        try:
            entries.append(_entry(Post.model_validate(value)))
        except ValidationError:
            n_odd += 1
    warnings = (f"{n_odd} posts are not as WordPress writes them",) if n_odd else ()
    return RawFeed(base=url, entries=tuple(entries), warnings=warnings)


def read_wordpress_error(document: dict[str, Any]) -> Unreadable | None:
    """What WordPress says instead of posts ({"code", "message"}), if that is what it is."""
    code, message = document.get("code"), document.get("message")
    if not isinstance(code, str) or not isinstance(message, str):
        return None
    return Unreadable(f"WordPress says: {message[:200]} ({code[:60]})")


def _entry(post: Post) -> RawEntry:
    embedded = post.embedded
    return RawEntry(
        guid=post.guid.rendered or post.id,
        link=post.link,
        title=Markup(post.title.rendered),
        summary=Markup(post.excerpt.rendered),
        content=Markup(post.content.rendered),
        authors=tuple(author.name for author in embedded.author),
        categories=tuple(term.name for term in embedded.terms if term.taxonomy != "author"),
        images=tuple(_image(media) for media in embedded.media if media.source_url),
        published=(post.date_gmt, post.date),
        updated=(post.modified_gmt,),
        language=post.lang,
    )


def _image(media: Media) -> RawImage:
    return RawImage(
        url=media.source_url,
        rank=FEATURED,
        alt=media.alt_text,
        width=pixels(media.media_details.width),
        height=pixels(media.media_details.height),
    )
