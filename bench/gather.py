"""How long a round over 200 feeds of 30 entries takes, from a local server into SQLite.

All on one host, so four are asked at a time; reading them is most of the work anyway. Run as
`python -m bench.gather`. I/O: loopback, a temporary folder.
"""

import asyncio
import tempfile
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from digest.gather.fetched import FetchCaps
from digest.gather.parse import parse
from digest.model.feeds import FeedResult
from digest.model.newsroom import FeedSource
from digest.poll import poll
from digest.store.engine import Store, open_store
from digest.store.migrate import migrate

N_FEEDS = 200
N_ENTRIES = 30
NOW = datetime(2026, 3, 12, 21, 0, tzinfo=UTC)

ITEM = """<item><guid isPermaLink="false">{feed}-{number}</guid>
<title>The council of ward {number} meets on road salt &amp;amp; ferries</title>
<link>https://www.porttide.example/{feed}/{number}?utm_source=rss</link>
<category>News</category><pubDate>{date}</pubDate>
<description>PORT KESTREL - {text}</description>
<content:encoded><![CDATA[<p>PORT KESTREL - {text}</p><img src="/{number}.jpg" width="800">
{paragraphs}<p>This report by The Canadian Press was first published March 12, 2026.</p>]]>
</content:encoded></item>"""
TEXT = "The town will buy four hundred tonnes of salt before the first frost, the clerk said. "
FRAME = (
    '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>{}</title>'
    "<link>https://www.porttide.example/</link>{}</channel></rss>"
)


def document(feed: str) -> bytes:
    """One feed of N_ENTRIES entries, each of some 2.5 KB, as blogs write them."""
    items = (
        ITEM.format(
            feed=feed,
            number=number,
            date=(NOW - timedelta(minutes=10 * number)).strftime("%a, %d %b %Y %H:%M:%S +0000"),
            text=TEXT * 2,
            paragraphs=f"<p>{TEXT * 3}</p>" * 8,
        )
        for number in range(N_ENTRIES)
    )
    return FRAME.format(feed, "".join(items)).encode()


class Handler(BaseHTTPRequestHandler):
    """Every path is a feed; who has it already gets 304."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        is_known = self.headers.get("If-None-Match") == '"1"'
        body = b"" if is_known else document(self.path.strip("/"))
        self.send_response(304 if is_known else 200)
        self.send_header("ETag", '"1"')
        if not is_known:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


class Server(ThreadingHTTPServer):
    """Takes all feeds' connections at once."""

    request_queue_size = N_FEEDS
    daemon_threads = True


def serve(tell: Connection) -> None:
    """A process of its own, so that the server's work is not counted as ours."""
    server = Server(("127.0.0.1", 0), Handler)
    tell.send(server.server_address[1])
    server.serve_forever()


def measure() -> list[tuple[str, str]]:
    """(name, figure) of a first round, a round without news, and parsing alone."""
    context = get_context("spawn")
    hear, tell = context.Pipe(duplex=False)
    server = context.Process(target=serve, args=(tell,), daemon=True)
    server.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            return [*_rounds(Path(folder), hear.recv()), _parsing()]
    finally:
        server.terminate()
        server.join()


def _rounds(folder: Path, port: int) -> list[tuple[str, str]]:
    store = open_store(f"sqlite:///{folder / 'digest.db'}")
    migrate(store)
    feeds = [
        FeedSource(f"feed{number}", f"http://127.0.0.1:{port}/feed{number}")
        for number in range(N_FEEDS)
    ]
    first_s, first = _round(store, feeds)
    again_s, again = _round(store, feeds)
    store.close()
    n_new = sum(result.n_new for result in first)
    n_unchanged = sum(result.status.value == "unchanged" for result in again)
    return [
        (
            f"gather {N_FEEDS} feeds x {N_ENTRIES} entries, all new",
            f"{first_s:.2f} s ({n_new} stored, {n_new / first_s:,.0f}/s)",
        ),
        ("gather them again, nothing new", f"{again_s:.2f} s ({n_unchanged} unchanged)"),
    ]


def _round(store: Store, feeds: list[FeedSource]) -> tuple[float, tuple[FeedResult, ...]]:
    begun = time.perf_counter()
    results = asyncio.run(
        poll(
            store,
            feeds,
            now=lambda: NOW,
            caps=FetchCaps(allow_private=True),
            user_agent="digest bench",
            base=Path(),
        )
    )
    return time.perf_counter() - begun, results


def _parsing() -> tuple[str, str]:
    body = document("feed")
    begun = time.perf_counter()
    for _ in range(20):
        parse(body, content_type="text/xml", url="https://t.example/feed", feed="feed")
    each_ms = (time.perf_counter() - begun) / 20 * 1000
    return f"parse one feed of {N_ENTRIES} entries, {len(body) // 1000} KB", f"{each_ms:.1f} ms"


if __name__ == "__main__":
    for name, figure in measure():
        print(f"{name:<50} {figure}")
