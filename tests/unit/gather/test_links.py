"""Addresses: one spelling, no tracking, nothing but http(s)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.gather.links import absolute_url, canonical_url, without_secrets


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTP://WWW.Tide.Example/Story", "http://www.tide.example/Story"),
        ("https://tide.example:443/a", "https://tide.example/a"),
        ("http://tide.example:80", "http://tide.example/"),
        ("http://tide.example:8080/a", "http://tide.example:8080/a"),
        ("https://tide.example/a#comments", "https://tide.example/a"),
        ("https://tide.example/a?utm_source=x&utm_medium=rss", "https://tide.example/a"),
        ("https://tide.example/a?b=2&fbclid=z&a=1&gclid=q", "https://tide.example/a?b=2&a=1"),
        ("https://tide.example/?p=4113&mc_cid=1&mc_eid=2", "https://tide.example/?p=4113"),
        ("https://tide.example/a?x=&y", "https://tide.example/a?x=&y"),
        ("https://tide.example/a b.html", "https://tide.example/a%20b.html"),
        ("https://tide.example/été?q=é", "https://tide.example/%C3%A9t%C3%A9?q=%C3%A9"),
        ("https://tide.example/100%", "https://tide.example/100%25"),
        ("https://journal-été.example/", "https://xn--journal-t-i4ab.example/"),
        ("https://user:pass@tide.example/a", "https://tide.example/a"),
        ("https://tide.example./a", "https://tide.example/a"),
        ("https://[2001:DB8::1]/a", "https://[2001:db8::1]/a"),
        ("ht\ntps://tide.example/\ta\r\n", "https://tide.example/a"),
        (
            "https://www.google.com/url?rct=j&url=https://tide.example/a&ct=ga",
            "https://www.google.com/url?rct=j&url=https://tide.example/a&ct=ga",
        ),
    ],
)
def test_canonical(url: str, canonical: str) -> None:
    assert canonical_url(url) == canonical
    assert canonical_url(canonical) == canonical


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<script>",
        "mailto:desk@tide.example",
        "file:///etc/passwd",
        "ftp://tide.example/",
        "//tide.example/a",
        "/a",
        "https://",
        "https:///a",
        "http://[::1",
        "http://tide.example:99999999/",
        "http://a b.example/",
        'https://tide"onload=.example/',
        "https://tide.example/" + "a" * 3000,
    ],
)
def test_not_a_link(url: str) -> None:
    assert canonical_url(url) is None


@pytest.mark.parametrize(
    ("url", "base", "absolute"),
    [
        ("/a", "https://tide.example/feed/", "https://tide.example/a"),
        ("b.jpg", "https://tide.example/feed/x.xml", "https://tide.example/feed/b.jpg"),
        ("//cdn.example/b.jpg", "https://tide.example/", "https://cdn.example/b.jpg"),
        ("https://other.example/", "https://tide.example/", "https://other.example/"),
        ("javascript:alert(1)", "https://tide.example/", None),
        ("a.html", "", None),
    ],
)
def test_absolute(url: str, base: str, absolute: str | None) -> None:
    assert absolute_url(url, base) == absolute


URLS = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["http", "HTTPS", "ftp"]),
    st.text(alphabet="aB.-:@[]é0 ", max_size=12),
    st.text(alphabet="/aé% \\\n\u202e?&=#;<>\"'|", max_size=12),
    st.sampled_from(["", "?utm_source=a&b=c", "?a=%zz&&gclid=1#x"]),
)


@given(st.one_of(st.text(), URLS))
def test_idempotent_and_ascii(url: str) -> None:
    canonical = canonical_url(url)
    if canonical is not None:
        assert canonical_url(canonical) == canonical
        assert canonical.isascii()
        assert not set(canonical) & set(' <>"\r\n')


@given(st.text(), st.text())
def test_absolute_never_raises(url: str, base: str) -> None:
    absolute = absolute_url(url, base)
    assert absolute is None or absolute.startswith(("http://", "https://"))


def test_secrets_are_not_shown() -> None:
    shown = without_secrets("https://me:word@tide.example/feed?key=secret#x")
    assert shown == "https://tide.example/feed"
