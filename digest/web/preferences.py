"""What a reader gets, to look at: choosing comes later, the way out is here. I/O: the store."""

from starlette.requests import Request
from starlette.responses import Response

from digest.model.newsroom import Publication
from digest.model.readers import Subscriber
from digest.subscribe.token import make_token
from digest.web.reader import has_left, masked, named_by, reader_of
from digest.web.site import Site
from digest.web.unsubscribe import PURPOSE as UNSUBSCRIBE

PURPOSE = "preferences"


async def show_preferences(site: Site, request: Request) -> Response:
    """GET and HEAD /p/{token}."""
    named = named_by(site, request, purpose=PURPOSE)
    reader = await reader_of(site, named)
    look = site.look(named.publication)
    if reader is None or has_left(reader):
        return site.page("left", look, address=masked(reader))
    token = make_token(
        site.key,
        purpose=UNSUBSCRIBE,
        subscriber_id=named.subscriber_id,
        publication=named.publication,
    )
    return site.page(
        "preferences",
        look,
        address=masked(reader),
        topics=topic_titles(reader, site.publications.get(named.publication)),
        # Relative, so that it holds under any path that a web server puts before ours.
        unsubscribe_href=f"../u/{token}",
    )


def topic_titles(reader: Subscriber, publication: Publication | None) -> tuple[str, ...]:
    """The sections that reach the reader, in the mail's order; those that are gone are left out."""
    sections = publication.sections if publication else ()
    return tuple(one.title for one in sections if not reader.topics or one.slug in reader.topics)
