"""What a reader gets, and changing it. I/O: the request, the store.

The token in the path is the proof: no cookie says who somebody is, so another site's form has
nothing to ride on (no CSRF), and GET changes nothing. What was saved is one transaction with the
record of it, and the page shows it.
"""

from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from digest.model.readers import Consent, Preferences, Subscriber
from digest.store.preferences import find_preferences, lock_preferences, save_preferences
from digest.subscribe.choices import Draft, Offer, Problem, changes, draft_of, read_draft, settle
from digest.web.chosen import form_of, offer_of, summary_of
from digest.web.form import read_form
from digest.web.left import left_page
from digest.web.reader import (
    PREFERENCES,
    UNSUBSCRIBE,
    Named,
    asked_by,
    find_reader,
    has_left,
    href,
    look_of_reader,
    masked,
    named_by,
    reader_of,
)
from digest.web.site import Site

SOURCE = "preferences page"
UNPROCESSABLE = 422


@dataclass(frozen=True, slots=True)
class _Answer:
    """What became of a form: the reader and what is kept, None where they have left."""

    reader: Subscriber | None
    kept: Preferences | None
    problems: tuple[Problem, ...] = ()


async def choose(site: Site, request: Request) -> Response:
    """GET, HEAD and POST /p/{token}."""
    named = named_by(site, request, purpose=PREFERENCES)
    if request.method == "POST":
        return await _changed(site, named, request)
    reader = await reader_of(site, named)
    if reader is None or has_left(reader):
        return await left_page(site, named, reader)
    return await chosen_page(site, named, reader)


async def chosen_page(
    site: Site, named: Named, reader: Subscriber, *, is_back: bool = False
) -> Response:
    """The form as the reader finds it; `is_back`: with what they get again."""
    kept = await site.in_thread(_find, site, named)
    if kept is None:
        return await left_page(site, named, reader)
    draft = draft_of(kept, _offer(site, named))
    title = look_of_reader(site, named, reader).words.choose.back if is_back else ""
    return _page(site, named, _Answer(reader, kept), draft, title=title)


async def _changed(site: Site, named: Named, request: Request) -> Response:
    offer = _offer(site, named)
    draft = read_draft(await read_form(request), offer)
    noted = asked_by(site, request, source=SOURCE, now=offer.now)
    answer = await site.in_thread(_save, site, named, draft, offer, noted)
    if answer.reader is None or answer.kept is None:
        return await left_page(site, named, answer.reader)
    if answer.problems:
        # A form that did not come whole is shown as things stand.
        shown = draft if draft.is_whole else draft_of(answer.kept, offer)
        return _page(site, named, answer, shown)
    title = look_of_reader(site, named, answer.reader).words.choose.saved
    return _page(site, named, answer, draft_of(answer.kept, offer), title=title)


def _page(site: Site, named: Named, answer: _Answer, draft: Draft, *, title: str = "") -> Response:
    reader, kept, offer = answer.reader, answer.kept, _offer(site, named)
    look = look_of_reader(site, named, reader)
    publication = site.publications.get(named.publication)
    return site.page(
        "preferences",
        look,
        status=UNPROCESSABLE if answer.problems else 200,
        address=masked(reader),
        form=form_of(draft, offer, look, publication, problems=answer.problems),
        summary=summary_of(kept, offer, look, publication) if title and kept else (),
        summary_title=title,
        save_href=href(site, "p", named, purpose=PREFERENCES),
        unsubscribe_href=href(site, "u", named, purpose=UNSUBSCRIBE),
    )


def _offer(site: Site, named: Named) -> Offer:
    return offer_of(site.publications.get(named.publication), site.clock())


def _find(site: Site, named: Named) -> Preferences | None:
    with site.store.read() as connection:
        return find_preferences(connection, named.publication, named.subscriber_id)


def _save(site: Site, named: Named, draft: Draft, offer: Offer, noted: Consent) -> _Answer:
    slug, id_ = named.publication, named.subscriber_id
    with site.store.write() as connection:
        kept = lock_preferences(connection, slug, id_)
        if kept is None:
            wanted: Preferences | tuple[Problem, ...] | None = None
        else:
            wanted = settle(draft, kept, offer)
            note = changes(kept, wanted, offer) if isinstance(wanted, Preferences) else ""
            if isinstance(wanted, Preferences) and note:
                record = replace(noted, note=note)
                save_preferences(connection, slug, id_, wanted, noted=record, now=offer.now)
    reader = find_reader(site.store, named)
    if isinstance(wanted, Preferences):
        return _Answer(reader, wanted)
    return _Answer(reader, kept, wanted or ())
