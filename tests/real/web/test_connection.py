"""Clients that are slow, endless or wrong, over real sockets: they cost little and nobody else."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from digest.store.engine import Store
from digest.web.connection import MAX_UNWANTED_BYTES, Patience
from digest.web.form import MAX_BODY_BYTES
from digest.web.front import MAX_HEAD_BYTES
from tests.real.web.raw import dial, listen, say
from tests.real.web.server import SLUG, Web, path_for, serving, settings_for

IMPATIENT = Patience(request_s=0.4, answer_s=0.8, last_s=0.2)
GUARDED = ("x-content-type-options", "content-security-policy", "referrer-policy")


@pytest.fixture
def hasty(tmp_path: Path, sqlite_store: Store) -> Iterator[Web]:
    """A server that waits for nobody."""
    settings = settings_for(tmp_path)
    with (
        serving(settings, sqlite_store, patience=IMPATIENT) as address,
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        yield Web(client, sqlite_store, settings)


def address_of(web: Web) -> str:
    return str(web.client.base_url)


def post_head(path: str, *more: str) -> bytes:
    lines = (f"POST {path} HTTP/1.1", "Host: w.example",
             "Content-Type: application/x-www-form-urlencoded", *more)  # fmt: skip
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def is_hung_up(line: socket.socket, *, within_s: float) -> bool:
    began = time.monotonic()
    line.settimeout(within_s + 5)
    try:
        while line.recv(65536):
            pass
    except ConnectionResetError:
        pass
    return time.monotonic() - began < within_s


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"GET / HT",
        b"GET /healthz HTTP/1.1\r\nHost: w.example\r\nX-Slow: a",
        post_head("/u/x", "Content-Length: 9") + b"answer",
        post_head("/u/x", "Transfer-Encoding: chunked") + b"6\r\nanswer\r\n",
    ],
    ids=["silent", "line", "headers", "body", "chunks"],
)
def test_half_a_request_has_its_time(hasty: Web, message: bytes) -> None:
    with dial(address_of(hasty)) as line:
        line.sendall(message)
        assert is_hung_up(line, within_s=5)
    assert hasty.client.get("/healthz").status_code == 200


def test_a_byte_at_a_time_is_no_way_to_stay(hasty: Web) -> None:
    with dial(address_of(hasty)) as line:
        began = time.monotonic()
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            while time.monotonic() - began < 5:
                line.sendall(b"G")
                time.sleep(0.05)
    assert time.monotonic() - began < 3


def test_half_a_form_changes_nothing(hasty: Web) -> None:
    reader = hasty.subscribe("ada@readers.example")
    before = hasty.readers_state()
    with dial(address_of(hasty)) as line:
        line.sendall(post_head(path_for(reader), "Content-Length: 11") + b"answer=")
        assert is_hung_up(line, within_s=5)
    assert hasty.readers_state() == before


def test_a_kept_connection_is_good_for_many_requests(hasty: Web) -> None:
    with dial(address_of(hasty)) as line:
        for _ in range(6):
            line.sendall(b"GET /healthz HTTP/1.1\r\nHost: w.example\r\n\r\n")
            assert listen(line).status == 200
            time.sleep(0.2)  # together longer than a request may take


def test_no_answer_waits_for_an_acknowledgement(web: Web) -> None:
    """Nagle's algorithm and a delayed acknowledgement would make it 40 ms each time."""
    times: list[float] = []
    for _ in range(20):
        began = time.monotonic()
        assert web.client.get("/healthz").status_code == 200
        times.append(time.monotonic() - began)
    assert min(times) < 0.030


def test_requests_sent_together_are_answered_in_their_order(web: Web) -> None:
    wanted = f"GET /{SLUG} HTTP/1.1\r\nHost: w\r\n\r\nGET /healthz HTTP/1.1\r\nHost: w\r\n"
    with dial(address_of(web)) as line:
        line.sendall(f"{wanted}Connection: close\r\n\r\n".encode())
        heard = b""
        while some := line.recv(65536):
            heard += some
    assert heard.count(b"HTTP/1.1 200 OK") == 2
    assert heard.index(b"<!doctype html>") < heard.index(b'{"status":"ok"}')


def test_who_takes_no_answer_is_let_go(hasty: Web) -> None:
    """Asks for page after page and never reads one: the buffers between us fill up."""
    hasty.publish()
    with dial(address_of(hasty)) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.settimeout(0.2)
        asked = b"GET /evening-tide HTTP/1.1\r\nHost: w.example\r\n\r\n" * 200
        began, is_gone = time.monotonic(), False
        while time.monotonic() - began < 10 and not is_gone:
            try:
                line.sendall(asked)
            except TimeoutError:
                continue
            except (BrokenPipeError, ConnectionResetError):
                is_gone = True
    assert is_gone
    assert hasty.client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "message",
    [
        b"GET /" + b"a" * MAX_HEAD_BYTES + b" HTTP/1.1\r\nHost: w\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: w\r\nX: " + b"a" * MAX_HEAD_BYTES + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: w\r\n" + b"X: a\r\n" * MAX_HEAD_BYTES + b"\r\n",
        b"GET / HTTP/1.1\r\n\r\n",  # no Host (RFC 9112 section 3.2)
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: w\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: w\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"GET / HTTP/1.1\r\nHost: w\r\nX : a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: w\r\nX: a\x00b\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: w\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\r\n\r\n",  # TLS
        b"EHLO there\r\n\r\n",
    ],
    ids=["line", "header", "headers", "no host", "hosts", "lengths", "negative", "coding",
         "chunk", "blank", "nul", "octet", "tls", "smtp"],
)  # fmt: skip
def test_what_is_no_request_is_refused(web: Web, message: bytes) -> None:
    heard = say(address_of(web), message)
    assert heard.status in (400, 431, 501)
    assert heard.status == 431 or heard.headers["connection"] == "close"
    for name in GUARDED:
        assert name in heard.headers
    assert b"<" not in heard.body
    assert web.client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("OPTIONS * HTTP/1.1", 404),
        ("GET http://evil.example/ HTTP/1.1", 404),
        ("GET //evil.example/ HTTP/1.1", 404),
        ("GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1", 404),
        ("GET /u/%0d%0aSet-Cookie:%20a=b HTTP/1.1", 404),
        ("GET /u/%ff%00 HTTP/1.1", 404),
        ("GET ? HTTP/1.1", 404),
        ("CONNECT evil.example:443 HTTP/1.1", 404),
        ("PRI * HTTP/2.0", 404),
        ("GET /healthz HTTP/1.0", 200),
        ("OPTIONS /healthz HTTP/1.1", 405),
        ("TRACE /healthz HTTP/1.1", 405),
    ],
)
@pytest.mark.parametrize("host", ["w.example", "[", "a b", "evil.example/../"])
def test_an_odd_request_has_a_page_of_ours(web: Web, line: str, status: int, host: str) -> None:
    heard = say(address_of(web), f"{line}\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    assert heard.status == status
    for name in GUARDED:
        assert name in heard.headers
    assert b"evil.example" not in heard.body
    assert "set-cookie" not in heard.headers
    assert "location" not in heard.headers
    assert heard.headers.get("allow") == ("get, head" if status == 405 else None)


def test_an_upgrade_is_not_made(web: Web) -> None:
    heard = say(
        address_of(web),
        b"GET /healthz HTTP/1.1\r\nHost: w\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    )
    assert heard.status == 200


def test_a_form_said_to_be_large_is_refused_before_it_is_read(web: Web) -> None:
    reader = web.subscribe("ada@readers.example")
    before = web.readers_state()
    with dial(address_of(web)) as line:
        line.sendall(post_head(path_for(reader), "Content-Length: 1000000"))
        assert listen(line).status == 413  # nothing of it has been sent
        assert sent_until_hung_up(line) < MAX_UNWANTED_BYTES + 8_000_000
    assert web.readers_state() == before


def test_a_form_that_waits_to_be_asked_for_is_never_sent(web: Web) -> None:
    with dial(address_of(web)) as line:
        line.sendall(post_head("/u/x", "Content-Length: 1000000", "Expect: 100-continue"))
        assert listen(line).status in (404, 413)  # and no "100 Continue" before it


def test_an_endless_form_is_cut_off(web: Web) -> None:
    reader = web.subscribe("ada@readers.example")
    before = web.readers_state()
    with dial(address_of(web)) as line:
        line.sendall(post_head(path_for(reader), "Transfer-Encoding: chunked"))
        chunk = b"4000\r\n" + b"a" * 0x4000 + b"\r\n"
        n_chunks = MAX_BODY_BYTES // 0x4000 + 2
        line.sendall(chunk * n_chunks)
        assert listen(line).status == 413
        assert sent_until_hung_up(line, chunk=chunk) < 16_000_000
    assert web.readers_state() == before


def sent_until_hung_up(line: socket.socket, *, chunk: bytes = b"a" * 16384) -> int:
    """How much went into the buffers between us before the server was gone."""
    n_sent = 0
    try:
        while n_sent < 100_000_000:
            line.sendall(chunk)
            n_sent += len(chunk)
    except (BrokenPipeError, ConnectionResetError):
        pass
    return n_sent


def test_a_megabyte_from_an_ordinary_client(web: Web) -> None:
    reader = web.subscribe("ada@readers.example")
    before = web.readers_state()
    answer = web.client.post(path_for(reader), data={"answer": "a" * 1_000_000})
    assert answer.status_code == 413
    assert "That was too much at once" in answer.text
    assert web.readers_state() == before


def test_garbage_behind_a_refused_form_writes_nothing_down(
    web: Web, capfd: pytest.CaptureFixture[str]
) -> None:
    with dial(address_of(web)) as line:
        line.sendall(post_head("/nobody", "Transfer-Encoding: chunked"))
        assert listen(line).status == 404
        line.sendall(b"no chunk at all\r\n" * 3)
        assert is_hung_up(line, within_s=10)
    assert web.client.get("/healthz").status_code == 200
    assert capfd.readouterr().err == ""


def test_a_crowd_that_only_holds_the_line_keeps_nobody_out_for_long(hasty: Web) -> None:
    """More connections than are taken: others are refused with words, and served soon after."""
    with ExitStack() as crowd:
        for _ in range(520):
            crowd.enter_context(dial(address_of(hasty)))
        statuses, began = set[int](), time.monotonic()
        while 200 not in statuses and time.monotonic() - began < 20:
            with httpx.Client() as client:
                statuses.add(client.get(f"{address_of(hasty)}/healthz", timeout=20).status_code)
        assert 200 in statuses
        assert statuses <= {200, 503}


def test_a_stop_waits_for_no_one_who_dawdles(tmp_path: Path, sqlite_store: Store) -> None:
    with ExitStack() as crowd:
        with serving(settings_for(tmp_path), sqlite_store, patience=Patience(last_s=0.2)) as url:
            for message in (b"", b"GET /", post_head("/u/x.1.y", "Content-Length: 9") + b"a"):
                crowd.enter_context(dial(url)).sendall(message)
            assert httpx.get(f"{url}/healthz").status_code == 200
            began = time.monotonic()
        assert time.monotonic() - began < 3
