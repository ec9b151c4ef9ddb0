"""The addresses by which readers come; they go before those of editions. I/O: none by itself."""

from functools import partial

from starlette.routing import BaseRoute, Route

from digest.web.confirm import confirm
from digest.web.embed import show_banner, show_script
from digest.web.signup import Door
from digest.web.site import Site
from digest.web.turnstile import Turnstile


def signup_routes(site: Site) -> list[BaseRoute]:
    """Of all publications, which count a network's and an address's requests together."""
    turnstile = Turnstile()
    routes: list[BaseRoute] = [Route("/c/{token}", partial(confirm, site), methods=["GET", "POST"])]
    for slug in site.publications:
        door = Door(site, slug, turnstile)
        routes += [
            Route(f"/{slug}/subscribe", door.answer, methods=["GET", "POST"]),
            Route(f"/{slug}/banner", partial(show_banner, door)),
            Route(f"/{slug}/embed.js", partial(show_script, door)),
        ]
    return routes
