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

from digest.model.readers import Subscriber
from digest.store.engine import Store
from digest.store.subscribers import unsubscribe
from digest.web.answer import text_answer
from digest.web.form import read_form
from digest.web.reader import Named, find_reader, has_left, masked, named_by, reader_of
from digest.web.site import Site

PURPOSE = "unsubscribe"


async def leave(site: Site, request: Request) -> Response:
    """GET, HEAD and POST /u/{token}."""
    named = named_by(site, request, purpose=PURPOSE)
    if request.method == "POST":
        return await _end(site, named, request)
    reader = await reader_of(site, named)
    name = "left" if has_left(reader) else "unsubscribe"
    return site.page(name, site.look(named.publication), address=masked(reader))


async def _end(site: Site, named: Named, request: Request) -> Response:
    is_page = (await read_form(request)).get("answer") == "page"
    source = "unsubscribe page" if is_page else "one click"
    reader = await site.in_thread(_unsubscribe, site.store, named, source, site.clock())
    look = site.look(named.publication)
    if is_page:
        return site.page("left", look, address=masked(reader))
    return text_answer(look.words.left_plain)


def _unsubscribe(store: Store, named: Named, source: str, now: datetime) -> Subscriber | None:
    with store.write() as connection:
        unsubscribe(connection, named.publication, named.subscriber_id, source=source, now=now)
    return find_reader(store, named)
