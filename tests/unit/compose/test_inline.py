"""What premailer does to the page, pinned: a new version must not change these facts."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from digest.compose.inline import inline

KEPT = """@media (max-width: 480px) { .a { width: 100% !important; } }
@media (prefers-color-scheme: dark) { .a { color: #eeeeee !important; } }
[data-ogsc] .a, u + .body .a { color: #dddddd !important; }
@font-face { font-family: X; src: url(https://x.example/x.woff); }"""
MSO = '<!--[if mso]><table role="presentation" width="600"><tr><td><![endif]-->'
PAGE = f"""<!DOCTYPE html>
<html lang="en" dir="ltr" xmlns:v="urn:schemas-microsoft-com:vml"><head><meta charset="utf-8">
<style>.a {{ width: 100%; color: #112233; background-color: #ffffff }} p {{ margin: 0 }}</style>
<style data-premailer="ignore">{KEPT}</style></head>
<body>{MSO}<p>a&nbsp;b &amp; &lt;b&gt; é 😀</p>
<table class="a" width="600" bgcolor="#123456"><tr><td>
<a href="https://x.example/?a=1&amp;b=2">x</a> <a href="spot00ff1">y</a>
<img src="https://x.example/i.jpg" width="536" height="302" alt="An &quot;alt&quot;" class="a">
</td></tr></table></body></html>"""


def test_the_ignored_block_is_intact() -> None:
    assert f"<style>{KEPT}</style>" in inline(PAGE)


def test_attributes_are_kept_as_written() -> None:
    page = inline(PAGE)
    assert 'width="600" bgcolor="#123456"' in page
    assert 'width="536" height="302"' in page
    assert "data-premailer" not in page


def test_colours_keep_six_digits() -> None:
    page = inline(PAGE)
    assert "color:#112233" in page
    assert "background-color:#ffffff" in page


def test_comments_links_and_markers_pass() -> None:
    page = inline(PAGE)
    assert MSO in page
    assert 'href="https://x.example/?a=1&amp;b=2"' in page
    assert 'href="spot00ff1"' in page
    assert page.startswith('<!DOCTYPE html>\n<html lang="en" dir="ltr"')
    assert page.endswith("</html>\n")
    assert "a\u00a0b &amp; &lt;b&gt; é 😀" in page


def test_a_page_without_doctype_gets_one() -> None:
    assert inline("<html><body><p>x</p></body></html>").startswith("<!DOCTYPE html>\n<html>")


def test_same_page_same_bytes() -> None:
    assert inline(PAGE) == inline(PAGE)


def test_css_that_was_read_before_comes_to_the_same() -> None:
    """Also where rules are left over, which premailer changes as it writes them."""
    head = (
        "<style>@media print { p { color: #112233 } } a:hover { margin: 0 } b { margin: 0 }</style>"
    )
    pages = [f"<html><head>{head}</head><body><p>{word}</p></body></html>" for word in "aba"]
    first, other, again = map(inline, pages)
    assert again == first
    assert other == first.replace("<p>a</p>", "<p>b</p>")
    assert "!important" in first


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """A server's address, and the paths it was asked for."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", paths
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("rule", ['@import url("{}/a.css");', '@\\69mport "{}/b.css";'])
def test_nothing_is_fetched(asked: tuple[str, list[str]], rule: str) -> None:
    base, paths = asked
    css = rule.format(base) + " p { color: #123456 }"
    page = inline(
        f'<html><head><link rel="stylesheet" href="{base}/l.css"><style>{css}</style></head>'
        "<body><p>x</p></body></html>"
    )
    assert paths == []
    assert '<p style="color:#123456">' in page
