"""What did not work, said in the publication's look. I/O: none by itself."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from digest.web.answer import page_answer
from digest.web.reader import LINK_CUT
from digest.web.site import Site

RETRY_AFTER_S = 60


@dataclass(frozen=True, slots=True)
class Troubles:
    """The handlers that Starlette calls; each makes a page."""

    site: Site

    async def refused(self, request: Request, error: Exception) -> Response:
        """No such page, method or size; `LINK_CUT` for a token that is not ours."""
        if not isinstance(error, HTTPException):
            raise error
        is_cut = error.detail == LINK_CUT
        headers = dict(error.headers or {})
        if "Allow" in headers:  # a set of Starlette's, in any order
            headers["Allow"] = ", ".join(sorted(headers["Allow"].split(", ")))
        return self._page(request, error.status_code, headers, is_cut=is_cut)

    async def store_refused(self, request: Request, _error: Exception) -> Response:
        """The database is held by somebody, or full, or away: come again."""
        return self._page(request, 503, {"Retry-After": str(RETRY_AFTER_S)})

    async def broken(self, request: Request, _error: Exception) -> Response:
        """Our own mistake; the server logs it, and then drops the connection."""
        return self._page(request, 500, {"Connection": "close"})

    async def gone(self, _request: Request, _error: Exception) -> Response:
        """The client hung up in the middle of its form: nobody reads this."""
        return Response(status_code=400)

    def _page(
        self,
        request: Request,
        status: int,
        headers: Mapping[str, str] | None = None,
        *,
        is_cut: bool = False,
    ) -> Response:
        look = self.site.look_for(request)
        trouble = look.words.link_cut if is_cut else look.words.trouble(status)
        page = self.site.pages.render("error", look, trouble=trouble)
        return page_answer(page, status=status, headers=headers)
