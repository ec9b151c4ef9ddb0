"""What every page needs, held open together: the store, the templates, each publication's look.
I/O: the store, in threads.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response

from digest.errors import SettingsError
from digest.files import template_folders
from digest.model.newsroom import Publication
from digest.settings.load import Settings
from digest.store.engine import Store
from digest.web.answer import NOT_KEPT, page_answer
from digest.web.client import Networks, client_of, networks_of
from digest.web.look import Look, house_look, look_of
from digest.web.pages import Pages, load_pages

Clock = Callable[[], datetime]
P = ParamSpec("P")
T = TypeVar("T")
# Readers wait for each other rather than take every database connection from the sender.
THREADS = 6


@dataclass(frozen=True, slots=True)
class Site:
    """`base_url` is "" where none is set; `looks` and `publications` are by slug; `proxies` are
    believed when they say whom they speak for."""

    store: Store
    key: bytes
    base_url: str
    clock: Clock
    pages: Pages
    publications: Mapping[str, Publication]
    looks: Mapping[str, Look]
    house: Look
    threads: CapacityLimiter
    proxies: Networks

    async def in_thread(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run blocking work (the database) beside the event loop."""
        return await to_thread.run_sync(partial(work, *args, **kwargs), limiter=self.threads)

    def look(self, slug: str) -> Look:
        """The publication's look; one that the newsroom has given up is called by its slug."""
        return self.looks.get(slug) or replace(self.house, title=slug)

    def look_for(self, request: Request) -> Look:
        """The look of the publication that an address speaks of, true or not, else the house's."""
        words = re.split(r"[/.]", request.url.path)
        return next((self.looks[word] for word in words if word in self.looks), self.house)

    def client_of(self, request: Request) -> str:
        """The IP address of who asks; "" where it can't be told."""
        return client_of(request, self.proxies)

    def page(
        self, name: str, look: Look, *, status: int = 200, cache: str = NOT_KEPT, **values: object
    ) -> Response:
        """One of the templates as a response."""
        return page_answer(self.pages.render(name, look, **values), status=status, cache=cache)


def open_site(settings: Settings, store: Store, *, clock: Clock) -> Site:
    """Raises SettingsError without a secret key (no link could be read), TemplateError."""
    if settings.secret_key is None:
        raise SettingsError(("DIGEST_SECRET_KEY: missing; `digest init` makes one",))
    return Site(
        store=store,
        key=settings.secret_key,
        base_url=settings.base_url or "",
        clock=clock,
        pages=load_pages(template_folders(settings.folder)),
        publications={one.slug: one for one in settings.publications},
        looks={one.slug: look_of(one) for one in settings.publications},
        house=house_look(settings.publications),
        threads=CapacityLimiter(THREADS),
        proxies=networks_of(settings.web.trusted_proxies),
    )
