"""What stands before the application: a request's head has its limit, every answer is counted, and
tells browsers to stay on https where the pages are. I/O: none by itself.

Requests are counted by the pattern of their address, since addresses themselves hold tokens.
"""

from collections import Counter
from collections.abc import Mapping

from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digest.web.answer import text_answer

# A year; of the newsroom's other names it says nothing (RFC 6797 section 6.1).
HSTS = (b"strict-transport-security", b"max-age=31536000")
# Of the request line and all headers together, without what stands between them. Common limits are
# from 8 KB on, and our longest address is short.
MAX_HEAD_BYTES = 16 * 1024
# Whatever has no page of ours.
OTHER = "other"


class Tally:
    """How many answers went out, by (pattern, class of status: "2xx"). One event loop's."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def count(self, pattern: str, status: int) -> None:
        """One more."""
        self._counts[pattern, f"{status // 100}xx"] += 1

    @property
    def counts(self) -> Mapping[tuple[str, str], int]:
        """Those so far, in order."""
        return dict(sorted(self._counts.items()))


class Front:
    """The application as the server calls it; `routes` are its own."""

    def __init__(
        self, app: ASGIApp, routes: list[BaseRoute], tally: Tally, *, is_https: bool
    ) -> None:
        self._app = app
        self._patterns = dict(_patterns(routes))
        self._tally = tally
        self._is_https = is_https

    @property
    def patterns(self) -> frozenset[str]:
        """Those of all pages."""
        return frozenset(self._patterns.values())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                # The router leaves the endpoint that it found in the scope.
                pattern = self._patterns.get(id(scope.get("endpoint")), OTHER)
                self._tally.count(pattern, message["status"])
                if self._is_https:
                    message["headers"] = [*message["headers"], HSTS]
            await send(message)

        if head_size(scope) > MAX_HEAD_BYTES:
            await text_answer("Too much at once.", status=431)(scope, receive, answer)
        else:
            await self._app(scope, receive, answer)


def head_size(scope: Scope) -> int:
    """How many bytes the request's address and headers have."""
    size = len(scope["raw_path"]) + len(scope["query_string"])
    return size + sum(len(name) + len(value) for name, value in scope["headers"])


def _patterns(routes: list[BaseRoute]) -> list[tuple[int, str]]:
    """(id of the endpoint, its pattern); the same under a path as without it."""
    found: list[tuple[int, str]] = []
    for route in routes:
        if isinstance(route, Mount):
            found += _patterns(route.routes)
        elif isinstance(route, Route):
            found.append((id(route.endpoint), route.path))
    return found
