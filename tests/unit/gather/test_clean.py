"""Foreign HTML becomes harmless one-line text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.gather.clean import clean, clean_line, one_line, pixels, shorten
from digest.gather.raw import Markup

FORBIDDEN = {*map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x2028, 0x2029, 0xFEFF))}


def is_harmless(text: str) -> bool:
    return not any(char in FORBIDDEN or unicodedata.category(char) in ("Cc", "Cs") for char in text)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("Rain & fog", "Rain & fog"),
        ("Rain &amp; fog", "Rain & fog"),
        ("AT&T, <3 and a < b", "AT&T, <3 and a < b"),
        ("caf&eacute;&nbsp;noir", "café noir"),
        ("<b>Storm</b>s <i>coming</i>", "Storms coming"),
        ("<p>One.</p><p>Two.</p>", "One. Two."),
        ("One<br>two<br/>three", "One two three"),
        ("a<script>alert(1)</script>b<style>p{}</style>c", "abc"),
        ("<figure><img src='x'><figcaption>Photo: A. Reporter</figcaption></figure>Text", "Text"),
        ("<!-- secret -->seen", "seen"),
        ("<p>not <broken", "not"),
        ("&lt;b&gt;literal&lt;/b&gt;<i></i>", "<b>literal</b>"),
        ("tab\tand\r\nline", "tab and line"),
        ("<iframe>x</iframe><noscript><img src=y></noscript>seen", "seen"),
    ],
)
def test_text_of_html(html: str, text: str) -> None:
    assert clean_line(Markup(html)) == text


def test_paragraphs_are_kept_apart() -> None:
    html = "<h2>Head</h2>lede<ul><li>one</li><li>two</li></ul><br><br>end"
    assert clean(Markup(html)).paragraphs == ("Head", "lede", "one", "two", "end")


def test_plain_text_is_not_read_as_html() -> None:
    markup = Markup("Use <b> & &amp;\n\nSecond", is_html=False)
    assert clean(markup).paragraphs == ("Use <b> & &amp;", "Second")


def test_pictures_are_found_with_size_and_words() -> None:
    html = '<img src="/a.jpg" alt="The &quot;pier&quot; > sea" width="640px" height="bad">'
    (image,) = clean(Markup(html, base="https://x.example/")).images
    assert (image.url, image.alt) == ("/a.jpg", 'The "pier" > sea')
    assert (image.width, image.height, image.base) == (640, None, "https://x.example/")


@pytest.mark.parametrize("source", ["javascript:alert(1)", "data:image/png;base64,AA", ""])
def test_pictures_from_no_address_are_not(source: str) -> None:
    assert clean(Markup(f'<img src="{source}">')).images == ()


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("a\r\nBcc: b", "a Bcc: b"),
        ("a\r\n.\r\nb", "a . b"),
        ("a\x00b\x07c", "abc"),
        ("safe\u202egnp.exe\u202c", "safegnp.exe"),
        ("\u2066iso\u2069", "iso"),
        ("it\x92s \x93so\x94", "it’s “so”"),
        ("lone\ud800half", "lonehalf"),
        ("e\u0301", "é"),
        ("family \U0001f468\u200d\U0001f469\u200d\U0001f467", "family 👨\u200d👩\u200d👧"),
        ("line\u2028break", "line break"),
    ],
)
def test_one_line(raw: str, text: str) -> None:
    assert one_line(raw) == text


@given(st.text())
def test_one_line_is_harmless_and_settled(text: str) -> None:
    line = one_line(text)
    assert is_harmless(line)
    assert one_line(line) == line


@given(st.text(alphabet=st.sampled_from("<>/&;\"'=abpimgsrc \u202e\x00\r\n\ud800")))
def test_clean_is_harmless(text: str) -> None:
    cleaned = clean(Markup(text))
    assert is_harmless(cleaned.text)
    assert all(is_harmless(image.alt) for image in cleaned.images)


def test_deep_nesting_is_cut() -> None:
    cleaned = clean(Markup("<div>" * 16_000 + "deep"))
    assert cleaned.paragraphs == ()


def test_of_a_very_long_text_both_ends_are_read() -> None:
    html = "<p>first</p>" + "<p>word word word</p>" * 5_000 + "<p>last</p>"
    paragraphs = clean(Markup(html)).paragraphs
    assert (paragraphs[0], paragraphs[-1]) == ("first", "last")
    assert len(paragraphs) < 5_000


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("short", 10, "short"),
        ("one two three", 9, "one two…"),
        ("one two, three", 10, "one two…"),
        ("abcdefghij", 5, "abcd…"),
        ("", 5, ""),
    ],
)
def test_shorten(text: str, limit: int, expected: str) -> None:
    assert shorten(text, limit) == expected


def test_shorten_at_a_sentence() -> None:
    text = "The ferry is safe. The late boat is back. And there is more to say about it"
    assert shorten(text, 50, at_sentence=True) == "The ferry is safe. The late boat is back."
    assert shorten("word " * 30, 50, at_sentence=True).endswith("word…")
    assert shorten("« On y va. » Puis la suite vient", 20, at_sentence=True) == "« On y va. »"


@given(st.text(), st.integers(2, 40), st.booleans())
def test_shorten_keeps_the_limit(text: str, limit: int, at_sentence: bool) -> None:
    assert len(shorten(text, limit, at_sentence=at_sentence)) <= max(limit, 0)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("640", 640),
        (640, 640),
        ("640px", 640),
        ("", None),
        ("50%", None),
        (None, None),
        ("x", None),
    ],
)
def test_pixels(value: object, number: int | None) -> None:
    assert pixels(value) == number
