"""Pages and texts as HTTP responses with the headers each kind needs. Pure.

No cookies, nothing that runs. Only a newsroom's own mark-up may style itself: the style block of
an action page is named by its hash (CSP 3), while a sent edition carries a mail's inline styles.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from digest.web.exposition import CONTENT_TYPE

# No page is to be found by a search engine yet, and a token must not travel in a Referer. Pages ask
# for nothing that a browser could give them, and no other site may read one into itself.
EVERYWHERE: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
NOTHING = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
EDITION_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)
NOT_KEPT = "no-store"
FOR_A_WHILE = "public, max-age=300"


@dataclass(frozen=True, slots=True)
class Page:
    """A page's HTML; `style_hash` names its style block in a Content-Security-Policy (CSP 3,
    section 2.3.1)."""

    html: str
    style_hash: str


def page_answer(
    page: Page,
    *,
    status: int = 200,
    cache: str = NOT_KEPT,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A page of ours."""
    policy = f"{NOTHING}; style-src '{page.style_hash}'; img-src data:; form-action 'self'"
    return HTMLResponse(
        page.html,
        status,
        {
            **(headers or {}),
            **EVERYWHERE,
            "Content-Security-Policy": policy,
            "Cache-Control": cache,
        },
    )


def text_answer(text: str, *, status: int = 200) -> Response:
    """A short plain text: what a mail program that posted for its reader gets."""
    return PlainTextResponse(f"{text}\n", status, _bare())


def json_answer(values: Mapping[str, str], *, status: int = 200) -> Response:
    """A few values for a program."""
    return JSONResponse(dict(values), status, _bare())


def metrics_answer(text: str) -> Response:
    """Numbers for Prometheus."""
    return Response(text, 200, {**_bare(), "Content-Type": CONTENT_TYPE})


def edition_answer(html: str | None, *, etag: str, modified: str) -> Response:
    """An edition as it was sent; None: the browser has it already (RFC 9110 section 15.4.5)."""
    headers = {
        **EVERYWHERE,
        "Content-Security-Policy": EDITION_POLICY,
        "Cache-Control": FOR_A_WHILE,
        "ETag": etag,
        "Last-Modified": modified,
    }
    return Response(None, 304, headers) if html is None else HTMLResponse(html, 200, headers)


def feed_answer(xml: bytes | None, *, etag: str, modified: str | None) -> Response:
    """A feed (RSS); None: the feed reader has it already. `modified` None: it holds nothing yet."""
    headers = {**_bare(), "Cache-Control": FOR_A_WHILE, "ETag": etag}
    if modified is not None:
        headers["Last-Modified"] = modified
    if xml is None:
        return Response(None, 304, headers)
    return Response(xml, 200, headers, media_type="application/rss+xml; charset=utf-8")


def _bare() -> dict[str, str]:
    return {**EVERYWHERE, "Content-Security-Policy": NOTHING, "Cache-Control": NOT_KEPT}
