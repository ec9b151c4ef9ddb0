"""The way out: a page with one button, and the one click of mail programs (RFC 8058).
I/O: the request, the store.

GET changes nothing, because scanners open every link of a mail. POST ends the subscription, in any
state and at any age, and answers 200 itself: no redirect, no cookie, nothing to fill in. The token
is all the proof there is, so what the body says only decides who is answered: the form of our page
a reader, anything else (`List-Unsubscribe=One-Click`, urlencoded or multipart, RFC 8058 section
3.2, or a client's own idea of it) a mail program. A reader who meant to leave is never told no.
"""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from digest.model.readers import Consent, Subscriber
from digest.store.engine import Store
from digest.store.subscribers import unsubscribe
from digest.web.answer import text_answer
from digest.web.form import read_form
from digest.web.left import left_page
from digest.web.reader import (
    UNSUBSCRIBE,
    Named,
    asked_by,
    find_reader,
    has_left,
    look_of_reader,
    masked,
    named_by,
    reader_of,
)
from digest.web.site import Site


async def leave(site: Site, request: Request) -> Response:
    """GET, HEAD and POST /u/{token}."""
    named = named_by(site, request, purpose=UNSUBSCRIBE)
    if request.method == "POST":
        return await _end(site, named, request)
    reader = await reader_of(site, named)
    if has_left(reader):
        return await left_page(site, named, reader)
    look = look_of_reader(site, named, reader)
    return site.page("unsubscribe", look, address=masked(reader))


async def _end(site: Site, named: Named, request: Request) -> Response:
    is_page = (await read_form(request)).get("answer") == "page"
    source = "unsubscribe page" if is_page else "one click"
    noted = asked_by(site, request, source=source, now=site.clock())
    reader = await site.in_thread(_unsubscribe, site.store, named, noted, site.clock())
    if is_page:
        return await left_page(site, named, reader)
    return text_answer(look_of_reader(site, named, reader).words.left_plain)


def _unsubscribe(store: Store, named: Named, noted: Consent, now: datetime) -> Subscriber | None:
    with store.write() as connection:
        unsubscribe(
            connection,
            named.publication,
            named.subscriber_id,
            source=noted.source,
            now=now,
            noted=noted,
        )
    return find_reader(store, named)
