"""The page of a reader who has left: the way back, and why. I/O: the store."""

from starlette.responses import Response

from digest.model.readers import Subscriber
from digest.store.returning import Goodbye, find_goodbye
from digest.web.reader import GOODBYE, Named, href, look_of_reader, masked
from digest.web.site import Site


async def left_page(
    site: Site, named: Named, reader: Subscriber | None, *, is_thanked: bool = False
) -> Response:
    """What is still open to the reader stands there; the forms lead to /b/ and /r/."""
    open_to = Goodbye()
    if reader is not None:
        open_to = await site.in_thread(_goodbye, site, named)
    return site.page(
        "left",
        look_of_reader(site, named, reader),
        address=masked(reader),
        back_href=href(site, "b", named, purpose=GOODBYE) if open_to.may_return else "",
        why_href=href(site, "r", named, purpose=GOODBYE) if open_to.may_say_why else "",
        is_thanked=is_thanked,
    )


def _goodbye(site: Site, named: Named) -> Goodbye:
    with site.store.read() as connection:
        return find_goodbye(connection, named.publication, named.subscriber_id, now=site.clock())
