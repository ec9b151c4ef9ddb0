"""After the goodbye: coming back, and saying why. I/O: the request, the store.

Both are posted from the page of one who left, whose token says so; within 30 days the reader is
put back as they were, and later only the sign-up asks again.
"""

from starlette.requests import Request
from starlette.responses import Response

from digest.model.readers import Consent
from digest.store.returning import note_reason, resubscribe
from digest.subscribe.choices import clean_line
from digest.web.choice_words import ENGLISH
from digest.web.form import read_form
from digest.web.left import left_page
from digest.web.preferences import chosen_page
from digest.web.reader import GOODBYE, Named, asked_by, has_left, named_by, reader_of
from digest.web.site import Site

SOURCE = "goodbye page"
MAX_REASON = 500


async def come_back(site: Site, request: Request) -> Response:
    """POST /b/{token}."""
    named = named_by(site, request, purpose=GOODBYE)
    await read_form(request)
    noted = asked_by(site, request, source=SOURCE, now=site.clock())
    is_back = await site.in_thread(_resubscribe, site, named, noted)
    reader = await reader_of(site, named)
    if reader is None or has_left(reader):
        return await left_page(site, named, reader)
    return await chosen_page(site, named, reader, is_back=is_back)


async def say_why(site: Site, request: Request) -> Response:
    """POST /r/{token}."""
    named = named_by(site, request, purpose=GOODBYE)
    form = await read_form(request)
    note = reason_of(form.get("reason", ""), form.get("more", ""))
    is_noted = False
    if note:
        noted = asked_by(site, request, source=SOURCE, now=site.clock(), note=note)
        is_noted = await site.in_thread(_note_reason, site, named, noted)
    reader = await reader_of(site, named)
    if reader is not None and not has_left(reader):
        return await chosen_page(site, named, reader)
    return await left_page(site, named, reader, is_thanked=is_noted)


def reason_of(reason: str, more: str) -> str:
    """What is kept: one of the reasons we offer, and the reader's own words; "" for neither."""
    offered = reason if reason in ENGLISH.reasons else ""
    return ": ".join(filter(None, (offered, clean_line(more, MAX_REASON))))


def _resubscribe(site: Site, named: Named, noted: Consent) -> bool:
    with site.store.write() as connection:
        return resubscribe(
            connection, named.publication, named.subscriber_id, noted=noted, now=site.clock()
        )


def _note_reason(site: Site, named: Named, noted: Consent) -> bool:
    with site.store.write() as connection:
        return note_reason(
            connection, named.publication, named.subscriber_id, noted=noted, now=site.clock()
        )
