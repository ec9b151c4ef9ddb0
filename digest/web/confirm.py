"""The second of the two yeses: a link whose GET shows a button and whose POST confirms. Scanners
that open every link of a mail press nothing. I/O: the store.
"""

from dataclasses import dataclass
from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from digest.joining import take_confirmation
from digest.model.ledger import EditionState
from digest.model.readers import Subscriber, SubscriptionState
from digest.store.editions import list_editions
from digest.store.engine import Store
from digest.subscribe.ticket import Ticket, read_ticket
from digest.subscribe.token import make_token
from digest.web.reader import LINK_CUT, PREFERENCES, Named, masked, reader_of
from digest.web.signup import agent_of
from digest.web.signup_words import look_in, signup_words_for
from digest.web.site import Site

PURPOSE = "confirm"
LIVES = timedelta(hours=72)
OUT = (EditionState.SENDING, EditionState.PAUSED, EditionState.SENT)


@dataclass(frozen=True, slots=True)
class Latest:
    """The latest edition; `href` is relative to a confirmation's address."""

    href: str
    subject: str


async def confirm(site: Site, request: Request) -> Response:
    """GET, HEAD and POST /c/{token}."""
    ticket = read_ticket(site.key, request.path_params["token"], purpose=PURPOSE)
    if ticket is None or ticket.publication not in site.publications:
        raise HTTPException(404, LINK_CUT)
    reader = await reader_of(site, Named(ticket.subscriber_id, ticket.publication))
    is_fresh = ticket.is_fresh(now=site.clock(), lives=LIVES)
    if not is_fresh or reader is None or reader.state is SubscriptionState.UNSUBSCRIBED:
        return _spent(site, ticket, reader)
    if request.method != "POST":
        look = look_in(site.look(ticket.publication), reader.language or "")
        say = signup_words_for(look.language)
        return site.page("confirm", look, say=say, address=masked(reader))
    deed = await site.in_thread(
        take_confirmation,
        site.store,
        ticket.subscriber_id,
        ticket.publication,
        ip=site.client_of(request) or None,
        user_agent=agent_of(request),
        now=site.clock(),
    )
    if deed.is_spent:
        return _spent(site, ticket, reader)
    return await _welcome(site, ticket, reader)


async def _welcome(site: Site, ticket: Ticket, reader: Subscriber) -> Response:
    look = look_in(site.look(ticket.publication), reader.language or "")
    token = make_token(
        site.key,
        purpose=PREFERENCES,
        subscriber_id=ticket.subscriber_id,
        publication=ticket.publication,
    )
    return site.page(
        "welcome",
        look,
        say=signup_words_for(look.language),
        address=masked(reader),
        latest=await site.in_thread(_latest, site.store, ticket.publication),
        preferences_href=f"../p/{token}",
    )


def _spent(site: Site, ticket: Ticket, reader: Subscriber | None) -> Response:
    language = (reader.language if reader else None) or ""
    look = look_in(site.look(ticket.publication), language)
    return site.page(
        "confirm_spent",
        look,
        status=410,
        say=signup_words_for(look.language),
        subscribe_href=f"../{ticket.publication}/subscribe",
    )


def _latest(store: Store, slug: str) -> Latest | None:
    with store.read() as connection:
        records = list_editions(connection, slug, limit=1, states=OUT)
    if not records:
        return None
    return Latest(f"../{slug}/{records[0].day}", records[0].subject)
