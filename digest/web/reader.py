"""The reader behind a link: whose token it is, and their address shown to nobody else.
I/O: the store.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request

from digest.compose.words import primary
from digest.model.readers import Consent, Subscriber, SubscriptionState
from digest.store.engine import Store
from digest.store.subscribers import get_subscriber
from digest.subscribe.choices import clean_line
from digest.subscribe.token import make_token, read_token
from digest.web.look import Look
from digest.web.site import Site
from digest.web.words import LANGUAGES, page_words_for

# What a token is good for.
UNSUBSCRIBE, PREFERENCES, GOODBYE = "unsubscribe", "preferences", "goodbye"
MAX_USER_AGENT = 300

# The detail by which the error page knows a bad token from an unknown page.
LINK_CUT = "link cut"


@dataclass(frozen=True, slots=True)
class Named:
    """What a token says."""

    subscriber_id: int
    publication: str


def named_by(site: Site, request: Request, *, purpose: str) -> Named:
    """Whom the address's token names. Raises HTTPException 404 for one that is not ours."""
    found = read_token(site.key, request.path_params["token"], purpose=purpose)
    if found is None:
        raise HTTPException(404, LINK_CUT)
    return Named(*found)


async def reader_of(site: Site, named: Named) -> Subscriber | None:
    """The reader as the store knows them; None once they have been forgotten."""
    return await site.in_thread(find_reader, site.store, named)


def find_reader(store: Store, named: Named) -> Subscriber | None:
    """The same, blocking."""
    try:
        with store.read() as connection:
            return get_subscriber(connection, named.publication, named.subscriber_id)
    except LookupError:
        return None


def has_left(reader: Subscriber | None) -> bool:
    """Whether there is nothing left to end."""
    return reader is None or reader.state is SubscriptionState.UNSUBSCRIBED


def masked(reader: Subscriber | None) -> str | None:
    """ "a…@readers.example": enough for its owner, of no use to who finds the link."""
    if reader is None:
        return None
    local, _, domain = reader.address.rpartition("@")
    return f"{local[:1]}…@{domain}"


def href(site: Site, door: str, named: Named, *, purpose: str) -> str:
    """The reader's link to another of their pages, relative, so that it holds under any path that
    a web server puts before ours; every page of a reader lies at /letter/token."""
    token = make_token(
        site.key,
        purpose=purpose,
        subscriber_id=named.subscriber_id,
        publication=named.publication,
    )
    return f"../{door}/{token}"


def look_of_reader(site: Site, named: Named, reader: Subscriber | None) -> Look:
    """The publication's look, in the language that the reader chose, where pages speak it."""
    look = site.look(named.publication)
    language = (reader.language if reader else None) or ""
    if primary(language) not in LANGUAGES or primary(language) == primary(look.language):
        return look
    return replace(look, language=language, words=page_words_for(language))


def asked_by(
    site: Site, request: Request, *, source: str, now: datetime, note: str = ""
) -> Consent:
    """Who asked for a change, and from where, for the record."""
    return Consent(
        source=source,
        at=now,
        ip=site.client_of(request) or None,
        note=note,
        page=request.url.path.partition(request.path_params["token"])[0],
        user_agent=clean_line(request.headers.get("user-agent", ""), MAX_USER_AGENT),
    )
