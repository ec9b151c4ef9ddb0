"""Asking a server for a feed: conditional, capped in time, size and redirects. I/O: HTTP, files.

Sources: RFC 9110 sections 13 (If-None-Match, If-Modified-Since), 15.4 (redirects), 15.5.11 (410),
10.2.3 (Retry-After). Redirects are followed here, one by one, so that each is checked and
counted. What goes wrong is returned, in words, never raised.
"""

import asyncio
import ssl
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx

from digest.gather.fetched import FetchCaps, Fetched, FetchFailed, FetchOutcome, NotModified
from digest.gather.guard import (
    GuardedTransport,
    PrivateAddressError,
    UnknownHostError,
    is_public,
)
from digest.gather.inflate import ACCEPT_ENCODING, Inflater
from digest.gather.links import without_secrets
from digest.gather.localfile import read_local
from digest.gather.retry import read_retry_after

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/json;q=0.9, "
    "application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1"
)
REDIRECTS = (301, 302, 303, 307, 308)
MOVED_FOR_GOOD = (301, 308)
MAX_VALIDATOR_CHARS = 500

Client = httpx.AsyncClient


def open_client(*, user_agent: str, caps: FetchCaps) -> Client:
    """One client for many feeds; close it (`async with`). `user_agent` names us and a contact."""
    context = httpx.create_ssl_context()
    transport = GuardedTransport(context, is_allowed=_any if caps.allow_private else is_public)
    headers = {
        "User-Agent": user_agent.encode("ascii", "ignore").decode(),
        "Accept": ACCEPT,
        "Accept-Encoding": ACCEPT_ENCODING,
    }
    return httpx.AsyncClient(
        transport=transport, headers=headers, timeout=caps.timeout_s, follow_redirects=False
    )


def _any(_address: str) -> bool:
    return True


async def fetch(
    client: Client,
    url: str,
    *,
    etag: str | None = None,
    last_modified: str | None = None,
    caps: FetchCaps,
    base: Path,
) -> FetchOutcome:
    """The feed at `url` (http, https, or `file:` seen from `base`), or why it can't be had."""
    scheme, host = _scheme_and_host(url)
    if scheme == "file":
        return await asyncio.to_thread(
            read_local, url, base=base, etag=etag, max_bytes=caps.max_bytes
        )
    if scheme not in ("http", "https"):
        return FetchFailed("the address must begin with http://, https:// or file:")
    headers = _conditions(etag, last_modified)
    try:
        async with asyncio.timeout(caps.timeout_s):
            return await _follow(client, url, headers, caps)
    except (TimeoutError, httpx.TimeoutException):
        return FetchFailed(f"no complete answer within {caps.timeout_s:g} seconds")
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, ValueError) as error:
        return FetchFailed(_in_words(error, host))


def _scheme_and_host(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or ""
    except ValueError:
        return url.partition(":")[0].lower(), ""


async def _follow(
    client: Client, url: str, headers: dict[str, str], caps: FetchCaps
) -> FetchOutcome:
    warnings: tuple[str, ...] = ()
    is_all_permanent = True
    for _ in range(caps.max_redirects + 1):
        async with client.stream("GET", url, headers=headers) as response:
            if response.status_code not in REDIRECTS or "location" not in response.headers:
                return await _take(response, caps, warnings)
            url = urljoin(url, response.headers["location"])
            if urlsplit(url).scheme not in ("http", "https"):
                return FetchFailed("redirects to an address that is not http(s)")
            is_all_permanent &= response.status_code in MOVED_FOR_GOOD
            if is_all_permanent:
                warnings = (f"moved for good to {without_secrets(url)}: change its address",)
    return FetchFailed(f"redirects more than {caps.max_redirects} times")


async def _take(
    response: httpx.Response, caps: FetchCaps, warnings: tuple[str, ...]
) -> FetchOutcome:
    status = response.status_code
    if status == HTTPStatus.NOT_MODIFIED:
        return NotModified(warnings)
    if not response.is_success:
        return _refused(response)
    body = await _body(response, caps.max_bytes)
    if body is None:
        return FetchFailed(f"larger than the {caps.max_bytes / 1e6:g} MB allowed")
    return Fetched(
        body=body,
        url=str(response.url),
        content_type=response.headers.get("content-type", "")[:200],
        etag=_validator(response, "etag"),
        last_modified=_validator(response, "last-modified"),
        warnings=warnings,
    )


async def _body(response: httpx.Response, max_bytes: int) -> bytes | None:
    """The unpacked body; None as soon as it passes the cap."""
    inflater = Inflater(response.headers.get("content-encoding", ""))
    if not response.headers.get("content-encoding"):
        declared = response.headers.get("content-length", "")
        if declared.isdigit() and int(declared[:15]) > max_bytes:
            return None
    body = bytearray()
    async for chunk in response.aiter_raw():
        for piece in inflater.feed(chunk):
            body += piece
            if len(body) > max_bytes:
                return None
    return bytes(body)


def _refused(response: httpx.Response) -> FetchFailed:
    status = response.status_code
    wait_s = read_retry_after(
        response.headers.get("retry-after", ""), date=response.headers.get("date", "")
    )
    if status == HTTPStatus.GONE:
        return FetchFailed("the site has withdrawn this feed (410 Gone)", is_gone=True)
    return FetchFailed(_REFUSALS.get(status, _general(status)), retry_after_s=wait_s)


_REFUSALS = {
    401: "the site asks for a password (401 Unauthorized)",
    403: "the site refuses to give it to us (403 Forbidden)",
    404: "there is nothing at this address (404 Not Found)",
    429: "the site asks us to come less often (429 Too Many Requests)",
    503: "the site is out of service for now (503 Service Unavailable)",
}


def _general(status: int) -> str:
    try:
        phrase = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = str(status)
    return (
        f"the site has a fault of its own ({phrase})"
        if status >= 500
        else (f"the site answered {phrase}")
    )


def _conditions(etag: str | None, last_modified: str | None) -> dict[str, str]:
    given = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    return {name: value for name, value in given.items() if value}


def _validator(response: httpx.Response, name: str) -> str | None:
    """A header that can be sent back as it is, else None."""
    value: str = response.headers.get(name, "")
    is_usable = value.isascii() and value.isprintable() and len(value) <= MAX_VALIDATOR_CHARS
    return value if value and is_usable else None


def _in_words(error: Exception, host: str) -> str:
    cause = error.__cause__
    if isinstance(cause, PrivateAddressError):
        return f"{host} is in a private network, which is not allowed (allow_private_addresses)"
    if isinstance(cause, UnknownHostError):
        return f"there is no host named {host}"
    text = " ".join(str(error).split())[:200]
    if "certificate" in text.lower():
        return f"the certificate of {host} is not valid: {text}"
    if isinstance(error, httpx.ConnectError):
        return f"{host} does not accept connections"
    if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError):
        return f"{host} broke off in the middle of its answer"
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
        return "it leads to an address that is not http(s) or not complete"
    return text or f"{host} can't be reached ({type(error).__name__})"
