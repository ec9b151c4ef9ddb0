"""Asking real servers: what comes, and how each misbehaviour is put into words."""

import asyncio
import gzip
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from digest.gather.fetch import fetch, open_client
from digest.gather.fetched import FetchCaps, Fetched, FetchFailed, FetchOutcome, NotModified
from tests.real.gather.server import Handler, Site, serving

CAPS = FetchCaps(timeout_s=5, max_bytes=100_000, max_redirects=3, allow_private=True)
HASTY = replace(CAPS, timeout_s=0.3)
USER_AGENT = "digest/1 (+https://www.porttide.example/contact)"
NOWHERE = Path("/nonexistent")


def get(
    url: str,
    *,
    caps: FetchCaps = CAPS,
    base: Path = NOWHERE,
    etag: str | None = None,
    last_modified: str | None = None,
) -> FetchOutcome:
    async def ask() -> FetchOutcome:
        async with open_client(user_agent=USER_AGENT, caps=caps) as client:
            return await fetch(
                client, url, etag=etag, last_modified=last_modified, caps=caps, base=base
            )

    return asyncio.run(ask())


def failure(url: str, *, caps: FetchCaps = CAPS, base: Path = NOWHERE) -> FetchFailed:
    outcome = get(url, caps=caps, base=base)
    assert isinstance(outcome, FetchFailed), outcome
    assert outcome.message
    assert "\n" not in outcome.message
    return outcome


def test_a_body_with_its_validators(site: Site) -> None:
    url = site.serve("/feed", b"<rss/>", Content_Type="text/xml", ETag='"1"', Last_Modified="then")
    assert get(url) == Fetched(b"<rss/>", url, "text/xml", '"1"', "then")
    headers = site.requests[0][1]
    assert headers["user-agent"] == USER_AGENT
    assert "application/atom+xml" in headers["accept"]
    assert "if-none-match" not in headers


def test_conditional(site: Site) -> None:
    url = site.serve("/feed", b"", status=304)
    assert get(url, etag='"1"', last_modified="then") == NotModified()
    headers = site.requests[0][1]
    assert (headers["if-none-match"], headers["if-modified-since"]) == ('"1"', "then")


def test_an_etag_that_can_not_be_sent_back_is_not_kept(site: Site) -> None:
    outcome = get(site.serve("/feed", b"x", ETag='"é"'))
    assert isinstance(outcome, Fetched)
    assert outcome.etag is None


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "password"),
        (403, "refuses"),
        (404, "404 Not Found"),
        (418, "answered 418"),
        (429, "less often"),
        (500, "fault of its own (500 Internal Server Error)"),
        (503, "out of service"),
        (599, "fault of its own (599)"),
    ],
)
def test_refusals(site: Site, status: int, words: str) -> None:
    found = failure(site.serve("/feed", b"", status=status))
    assert words in found.message
    assert not found.is_gone


def test_404(site: Site) -> None:
    assert failure(site.url("/none")).message == "there is nothing at this address (404 Not Found)"


def test_410(site: Site) -> None:
    assert failure(site.serve("/feed", b"", status=410)).is_gone


@pytest.mark.parametrize("status", [429, 503, 500])
def test_retry_after(site: Site, status: int) -> None:
    in_seconds = site.serve("/a", b"", status=status, Retry_After="120")
    assert failure(in_seconds).retry_after_s == 120
    at_a_time = site.serve("/b", b"", status=status, Retry_After="Thu, 12 Mar 2020 21:30:00 GMT")
    assert failure(at_a_time).retry_after_s == 0


def test_timeout_before_the_answer(site: Site) -> None:
    def keep_waiting(handler: Handler) -> None:
        handler.site.closing.wait(5)

    url = site.act("/feed", keep_waiting)
    assert failure(url, caps=HASTY).message == "no complete answer within 0.3 seconds"


def test_timeout_in_a_slow_body(site: Site) -> None:
    """Every byte comes in time, the whole does not."""

    def drip(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        while not handler.site.closing.wait(0.02):
            handler.wfile.write(b" ")

    assert "0.3 seconds" in failure(site.act("/feed", drip), caps=HASTY).message


def endless(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Connection", "close")
    handler.end_headers()
    while not handler.site.closing.is_set():
        handler.wfile.write(b"<item/>" * 1000)


def test_endless_body(site: Site) -> None:
    assert failure(site.act("/feed", endless)).message == "larger than the 0.1 MB allowed"


def test_50_mb_are_refused_before_they_are_read(site: Site) -> None:
    def announce(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "50000000")
        handler.end_headers()

    caps = replace(CAPS, max_bytes=5_000_000)
    assert failure(site.act("/feed", announce), caps=caps).message == (
        "larger than the 5 MB allowed"
    )


def test_a_gzip_bomb_stops_at_the_cap(site: Site) -> None:
    url = site.serve("/feed", gzip.compress(bytes(50_000_000)), Content_Encoding="gzip")
    assert "larger than" in failure(url).message


def test_gzip(site: Site) -> None:
    url = site.serve("/feed", gzip.compress(b"<rss/>"), Content_Encoding="gzip")
    outcome = get(url)
    assert isinstance(outcome, Fetched)
    assert outcome.body == b"<rss/>"
    assert site.requests[0][1]["accept-encoding"] == "gzip, deflate"


def test_unasked_and_damaged_compression(site: Site) -> None:
    assert "'br'" in failure(site.serve("/a", b"x", Content_Encoding="br")).message
    assert "damaged" in failure(site.serve("/b", b"<rss/>", Content_Encoding="gzip")).message


def test_redirect_loop(site: Site) -> None:
    url = site.serve("/a", b"", status=302, Location="/b")
    site.serve("/b", b"", status=302, Location="/a")
    assert failure(url).message == "redirects more than 3 times"
    assert len(site.requests) == 4


def test_permanent_redirect_is_reported(site: Site) -> None:
    url = site.serve("/old", b"", status=301, Location="/new?key=secret")
    new = site.serve("/new", b"<rss/>")
    outcome = get(url)
    assert isinstance(outcome, Fetched)
    assert outcome.url == new + "?key=secret"
    assert outcome.warnings == (f"moved for good to {new}: change its address",)


def test_passing_redirect_is_not(site: Site) -> None:
    url = site.serve("/old", b"", status=307, Location="/hop")
    site.serve("/hop", b"", status=301, Location="/new")
    site.serve("/new", b"<rss/>")
    outcome = get(url)
    assert isinstance(outcome, Fetched)
    assert outcome.warnings == ()


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://x.example/", "javascript:0"])
def test_redirect_out_of_the_web(site: Site, target: str) -> None:
    url = site.serve("/feed", b"", status=302, Location=target)
    assert "an address that is not http(s)" in failure(url).message


def test_redirect_to_nonsense(site: Site) -> None:
    url = site.serve("/feed", b"", status=302, Location="http://[::1")
    assert failure(url)


def test_a_password_in_the_address_is_sent_but_not_on(site: Site) -> None:
    with serving() as other:
        target = other.serve("/feed", b"<rss/>")
        url = site.serve("/feed", b"", status=301, Location=target)
        outcome = get(url.replace("http://", "http://desk:word@"))
        assert isinstance(outcome, Fetched)
        assert site.requests[0][1]["authorization"].startswith("Basic ")
        assert "authorization" not in other.requests[0][1]
        assert "word" not in outcome.url + outcome.warnings[0]


def test_broken_off(site: Site) -> None:
    def stop(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"<rss>")
        handler.close_connection = True

    message = failure(site.act("/feed", stop)).message
    assert message == "127.0.0.1 broke off in the middle of its answer"


def test_not_http_at_all(site: Site) -> None:
    def babble(handler: Handler) -> None:
        handler.wfile.write(b"220 mail.tide.example ESMTP\r\n")
        handler.close_connection = True

    assert "127.0.0.1" in failure(site.act("/feed", babble)).message


def test_nobody_listens() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        assert failure(f"http://127.0.0.1:{port}/").message == (
            "127.0.0.1 does not accept connections"
        )


def test_not_tls(site: Site) -> None:
    assert failure(site.url("/feed").replace("http:", "https:"))


@pytest.mark.parametrize("url", ["ftp://tide.example/feed", "tide.example/feed", "", "feed:x"])
def test_other_kinds_of_address(url: str) -> None:
    assert failure(url).message == "the address must begin with http://, https:// or file:"


@pytest.mark.parametrize("url", ["http://", "http://[::1", "http://tide.example:port/"])
def test_unusable_address(url: str) -> None:
    assert failure(url)


def test_file(tmp_path: Path) -> None:
    (tmp_path / "été feed.xml").write_bytes(b"<rss/>")
    found = get("file:%C3%A9t%C3%A9%20feed.xml", base=tmp_path)
    assert isinstance(found, Fetched)
    assert (found.body, found.content_type) == (b"<rss/>", "application/xml")
    absolute = get((tmp_path / "été feed.xml").as_uri(), etag=found.etag)
    assert absolute == NotModified()
    (tmp_path / "été feed.xml").write_bytes(b"<rss></rss>")
    assert isinstance(get("file:été feed.xml", base=tmp_path, etag=found.etag), Fetched)


def test_bad_files(tmp_path: Path) -> None:
    (tmp_path / "big.xml").write_bytes(bytes(100_001))
    assert "larger than" in failure("file:big.xml", base=tmp_path).message
    assert "No such file" in failure("file:none.xml", base=tmp_path).message
    assert "not a file" in failure("file:.", base=tmp_path).message
    assert "can't be read" in failure("file:a%00b", base=tmp_path).message
