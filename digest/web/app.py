"""The web application: which address leads to which page. I/O: requests, the store.

    GET  /u/{token}            who leaves what, and a button      POST  leaves (one click too)
    GET  /p/{token}            what the reader gets               POST  changes it
    POST /b/{token}            comes back within 30 days
    POST /r/{token}            says why they left
    GET  /c/{token}            who confirms what, and a button    POST  confirms
    GET  /{publication}/subscribe  the form by which readers come  POST  asks for a letter
    GET  /{publication}/banner     the same for a newsroom's own pages; embed.js puts it there
    GET  /{publication}        the editions that were sent
    GET  /{publication}/{day}  one of them; of a {month}, the list of its editions
    GET  /{publication}/feed.xml  RSS
    GET  /healthz              whether the database answers
    GET  /metrics              how the mail is doing, for Prometheus

Addresses are read from the path alone, and links in pages are relative or begin with the base URL
that is set, so no Host or X-Forwarded header is believed there.
"""

from functools import partial
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from digest.errors import StoreError
from digest.settings.load import Settings
from digest.store.editions import list_editions
from digest.store.engine import Store
from digest.web.answer import json_answer
from digest.web.client import networks_of
from digest.web.doors import signup_routes
from digest.web.editions import show_edition, show_editions, show_feed
from digest.web.front import Front, Tally
from digest.web.goodbye import come_back, say_why
from digest.web.metrics import Gauge
from digest.web.preferences import choose
from digest.web.site import Clock, Site, open_site
from digest.web.trouble import Troubles
from digest.web.unsubscribe import leave


def make_app(settings: Settings, store: Store, *, clock: Clock) -> Front:
    """The application; reads the templates once.

    Raises SettingsError without a secret key, TemplateError.
    """
    site, tally = open_site(settings, store, clock=clock), Tally()
    troubles = Troubles(site)
    gauge = Gauge(
        site=site,
        tally=tally,
        feeds=tuple(feed.name for feed in settings.feeds),
        readable_from=networks_of(settings.web.metrics_from),
        started_at=clock(),
    )
    app = Starlette(
        routes=_routes(site, gauge),
        exception_handlers={
            HTTPException: troubles.refused,
            StoreError: troubles.store_refused,
            ClientDisconnect: troubles.gone,
            Exception: troubles.broken,
        },
    )
    # A redirect would be made from the Host header, and one click must not be redirected.
    app.router.redirect_slashes = False
    return Front(app, app.routes, tally, is_https=site.base_url.startswith("https://"))


def _routes(site: Site, gauge: Gauge) -> list[BaseRoute]:
    routes: list[BaseRoute] = [
        Route("/healthz", partial(health, site)),
        Route("/metrics", gauge.show),
        Route("/u/{token}", partial(leave, site), methods=["GET", "POST"]),
        Route("/p/{token}", partial(choose, site), methods=["GET", "POST"]),
        Route("/b/{token}", partial(come_back, site), methods=["POST"]),
        Route("/r/{token}", partial(say_why, site), methods=["POST"]),
    ]
    routes += signup_routes(site)
    for slug in site.publications:
        routes.append(Route(f"/{slug}", partial(show_editions, site, slug)))
        routes.append(Route(f"/{slug}/feed.xml", partial(show_feed, site, slug)))
        routes.append(Route(f"/{slug}/{{day}}", partial(show_edition, site, slug)))
    path = urlsplit(site.base_url).path.rstrip("/")
    # With a base URL such as https://news.example/wrap, whether or not the web server in front
    # takes its path away.
    return [*routes, Mount(path, routes=routes)] if path else routes


async def health(site: Site, _request: Request) -> Response:
    """200 when the database can be read, else 503."""
    try:
        await site.in_thread(_read_something, site.store)
    except StoreError:
        return json_answer({"status": "no database"}, status=503)
    return json_answer({"status": "ok"})


def _read_something(store: Store) -> None:
    with store.read() as connection:
        list_editions(connection, limit=1)
