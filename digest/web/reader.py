"""The reader behind a link: whose token it is, and their address shown to nobody else.
I/O: the store.
"""

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request

from digest.model.readers import Subscriber, SubscriptionState
from digest.store.engine import Store
from digest.store.subscribers import get_subscriber
from digest.subscribe.token import read_token
from digest.web.site import Site

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
