"""The rendered body: both parts say the same, every link is sound, and it fits the inbox."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from digest.compose.imprint import personal_values
from digest.compose.marks import cut_up, seed_of
from digest.compose.personal import quoted
from digest.compose.render import CLIP_SIZE_BYTES, contact_href, postal_line, size_warning
from digest.compose.splice import page_of
from digest.compose.view import view_of
from digest.errors import TemplateError
from digest.model.edition import Edition
from digest.model.feeds import Image
from digest.model.message import Quoting
from digest.model.newsroom import Theme
from tests.unit.compose.editions import (
    EDITION,
    FRENCH,
    IMPRINT,
    LEAD,
    PUBLICATION,
    READER,
    TOKENS,
    large_edition,
)
from tests.unit.compose.wrap import body_of, seen_by_reader, spots_of

NASTY = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        [
            "\r\n.\r\nMAIL FROM:<evil@x.example>\r\n", "</style><script>alert(1)</script>",
            "{{ subscriber.address }}", "{% raw %}", "<!--personal-->", "<!--/personal-->",
            "&amp; & &",
            "]]> <![endif]--> <!--[if mso]>", "\0\x1b[0m", "\u202egnp.exe", "👩‍🚒" * 30, "x" * 5000,
            'say "no"', "=?utf-8?q?x?=", "--=_boundary--", "a" * 75 + "=", "naïve " * 200,
        ]
    ),
)  # fmt: skip


PLAIN_HTML = seen_by_reader().html


class Page(HTMLParser):
    """Tags with their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str) -> Iterator[dict[str, str | None]]:
        return (attributes for name, attributes in self.tags if name == tag)


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_both_parts_say_the_same() -> None:
    body = body_of()
    page = squeezed(" ".join(Page(seen_by_reader().html).words))
    text = squeezed(body.text)
    for story in (
        view_of(EDITION, PUBLICATION).lead,
        *(story for section in view_of(EDITION, PUBLICATION).sections for story in section.stories),
    ):
        for words in (story.title, story.lede, story.credit, *story.meta):
            assert words in page
            assert words in text
        for url in (story.url, *(source.url for source in story.also)):
            assert not url or url in body.text
            assert not url or url.replace("&", "&amp;") in body.html
    for words in ("12 Wharf Street, Port Kestrel, Nova Scotia", "desk@porttide.example"):
        assert words in page
        assert words in text


def test_a_link_is_introduced_by_one_colon() -> None:
    for publication in (PUBLICATION, FRENCH):
        lines = body_of(publication=publication).text.splitlines()
        introduced = [line for line, link in pairwise(lines) if link.startswith("http")]
        assert len(introduced) > 5
        assert all(line.count(":") == 1 for line in introduced), introduced


def test_every_personal_link_is_in_both_parts() -> None:
    for part in (body_of().html, body_of().text):
        names = [mark.name for mark in spots_of(part)]
        for name in ("unsubscribe_url", "preferences_url", "view_url", "address"):
            assert names.count(name) == 1, name


def test_links_lead_only_where_they_should() -> None:
    allowed = {story.url for story in EDITION.stories} | {
        source.url for story in EDITION.stories for source in story.also
    }
    own = {"https://www.porttide.example/", "mailto:desk@porttide.example"}
    values = personal_values(READER, imprint=IMPRINT, tokens=TOKENS)
    personal = {values.unsubscribe_url, values.preferences_url, values.view_url}
    links = {attributes["href"] for attributes in Page(seen_by_reader().html).all("a")}
    assert links == {url for url in allowed if url} | own | personal
    assert not [link for link in links if link and link.startswith(("http:", "javascript:"))]


def test_images_have_alt_and_numbers_for_width() -> None:
    pages = [seen_by_reader().html, seen_by_reader(publication=replace(
        PUBLICATION, theme=Theme(logo_url="https://www.porttide.example/images/logo.png")
    )).html]  # fmt: skip
    for html, count in zip(pages, (4, 5), strict=True):
        images = list(Page(html).all("img"))
        assert len(images) == count
        for image in images:
            assert image["alt"]
            assert (image["width"] or "").isdigit()
            assert (image["src"] or "").startswith("https://")


def test_layout_tables_are_no_data_tables() -> None:
    page = Page(seen_by_reader().html)
    assert all(table.get("role") == "presentation" for table in page.all("table"))
    assert not {tag for tag, _ in page.tags} & {"script", "form", "iframe", "link", "video", "svg"}
    assert [tag for tag, _ in page.tags if tag == "h1"] == ["h1"]


def test_head_of_the_page() -> None:
    html = seen_by_reader(publication=FRENCH).html
    assert html.startswith('<!DOCTYPE html>\n<html lang="fr-CA" dir="ltr"')
    assert html.count('lang="fr-CA" dir="ltr"') == 2  # Gmail drops html and body
    assert "<title>Ferry to Gannet Bay" in html
    assert 'name="color-scheme" content="light dark"' in html
    assert 'dir="rtl"' in seen_by_reader(publication=replace(PUBLICATION, language="ar")).html


def test_the_preheader_is_the_first_text() -> None:
    words = [squeezed(part) for part in Page(seen_by_reader().html.split("<body", 1)[1]).words]
    first = next(part for part in words[1:] if part)
    assert first.startswith("Boil-water advisory lifted")


def test_colours_have_six_digits_and_no_functions() -> None:
    html = seen_by_reader().html
    styles = " ".join(re.findall(r'style="([^"]*)"', html))
    assert not re.search(r"#[0-9a-fA-F]{3}\b", styles)
    assert not re.search(r"(var|calc|rgba?|url)\(", styles)
    assert "margin:auto" not in styles


def test_a_light_accent_never_writes_on_paper() -> None:
    html = seen_by_reader(publication=FRENCH).html
    assert "background-color:#f2b632" in html
    assert "; color:#f2b632" not in html
    assert '"color:#f2b632' not in html


def test_thirty_stories_are_not_clipped() -> None:
    body = seen_by_reader(large_edition(30))
    assert len(body.html.encode()) <= CLIP_SIZE_BYTES
    assert size_warning(body) == ""
    assert "max_stories" in size_warning(seen_by_reader(large_edition(150)))


def test_styles_stay_under_what_gmail_reads() -> None:
    assert (
        sum(map(len, re.findall(r"<style>(.*?)</style>", seen_by_reader().html, re.DOTALL)))
        < 16_000
    )


def test_only_a_lead_is_a_wrap_too() -> None:
    body = seen_by_reader(replace(EDITION, sections=()))
    assert "In this wrap" not in body.text
    assert "Ferry to Gannet Bay" in body.text


def test_subject_of_the_publications_own() -> None:
    subject = "{{ publication.title }}, {{ day }}: {{ lead.title }} (+{{ count - 1 }})"
    body = body_of(publication=replace(PUBLICATION, subject=subject))
    assert body.subject.startswith("The Evening Tide, Thursday, March 12, 2026: Ferry to Gannet")
    assert len(body.subject) <= 120


@pytest.mark.parametrize(
    ("subject", "says"),
    [("{{ lead.headline }}", "headline"), ("{{ lead.title", "line 1"), ("{{ who }}", "'who'")],
)
def test_a_wrong_subject_is_refused(subject: str, says: str) -> None:
    with pytest.raises(TemplateError, match=says) as caught:
        body_of(publication=replace(PUBLICATION, subject=subject))
    assert "subject of publication 'evening-tide'" in str(caught.value)


@settings(
    # Shrinking would render for minutes; the failing words are small enough as they are.
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(title=NASTY, lede=NASTY, byline=NASTY, alt=NASTY, label=NASTY)
@example(title="t", lede="l", byline="b", alt="<!--personal--> <b", label="s")
def test_foreign_words_stay_words(title: str, lede: str, byline: str, alt: str, label: str) -> None:
    edition = with_words(title=title, lede=lede, byline=byline, alt=alt, label=label)
    body = seen_by_reader(edition)
    usual = Page(PLAIN_HTML)
    assert {tag for tag, _ in Page(body.html).tags} == {tag for tag, _ in usual.tags}
    assert body.html.count("<!--") == PLAIN_HTML.count("<!--")
    lead = view_of(edition, PUBLICATION).lead
    page = squeezed("".join(Page(body.html).words))
    assert squeezed(lead.title) in page
    assert squeezed(lead.lede) in page
    names = [mark.name for mark in spots_of(body_of(edition).html, edition)]
    for name in ("unsubscribe_url", "preferences_url", "address"):
        assert names.count(name) == 1
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e]", body.text + body.html)


def with_words(
    *, title: str = "T", lede: str = "L", byline: str = "B", alt: str = "A", label: str = "S"
) -> Edition:
    lead = replace(
        LEAD, title=title, lede=lede, byline=byline, dateline="",
        image=Image("https://x.example/i.jpg", alt, 1200, 675),
        source=replace(LEAD.source, label=label), also=(),
    )  # fmt: skip
    return replace(EDITION, lead=lead)


def test_markers_can_not_be_forged() -> None:
    stolen = marks_in(body_of().html)
    edition = replace(EDITION, lead=replace(LEAD, lede=f"Click {' '.join(stolen)} now"))
    body = body_of(edition)
    assert len(spots_of(body.text, edition)) == len(spots_of(body_of().text))
    assert not set(marks_in(body.html, edition)) & set(stolen)
    assert "&lt;!--cut" in page_of(body, edition, view_url="v")


def test_everything_foreign_is_in_the_seed() -> None:
    """Or else a feed that knows all the others could make a mark of tonight's."""
    seeds = {seed_of(EDITION)} | {
        seed_of(replace(EDITION, lead=replace(LEAD, **{name: "x"})))  # type: ignore[arg-type]
        for name in ("title", "url", "lede", "byline", "dateline", "credit", "section", "language")
    }
    assert len(seeds) == 9
    assert seed_of(replace(EDITION, lead=replace(LEAD, image=Image("u", "a", 1, 1)))) not in seeds


def marks_in(part: str, edition: Edition = EDITION) -> list[str]:
    """The marks of a part as they are written."""
    return re.findall(rf"<!--cut{seed_of(edition)}.*?-->|spot{seed_of(edition)}\w+", part)


def test_markers_are_words_of_one_length() -> None:
    spots = [mark for mark in marks_in(body_of().html) if mark.startswith("spot")]
    assert spots
    assert all(re.fullmatch(r"[A-Za-z0-9]+", spot) for spot in spots)
    assert len(set(map(len, spots))) == 1
    assert len(list(cut_up(body_of().html, seed_of(EDITION)))) > 20


def test_values_are_escaped_in_html_only() -> None:
    values = ('<b>"Ada"</b>', " https://a.example/?x&y", "a@b.example")
    assert "".join(quoted(value, Quoting.ATTRIBUTE) for value in values) == (
        "&lt;b&gt;&quot;Ada&quot;&lt;/b&gt; https://a.example/?x&amp;ya@b.example"
    )
    assert "".join(quoted(value, Quoting.PLAIN) for value in values) == (
        '<b>"Ada"</b> https://a.example/?x&ya@b.example'
    )
    assert quoted('<b>"Ada"</b>', Quoting.TEXT) == '&lt;b&gt;"Ada"&lt;/b&gt;'
    assert quoted("mailto:é&b c", Quoting.LINK) == "mailto:%C3%A9&amp;b%20c"


def test_the_page_for_everybody_has_nothing_of_one_reader() -> None:
    page = page_of(body_of(), EDITION, view_url="https://wrap.porttide.example/x/2026-03-12")
    assert not marks_in(page)
    assert "Unsubscribe" not in page
    assert "was sent to" not in page
    assert "<!--personal" not in page
    assert "12 Wharf Street" in page


@pytest.mark.parametrize(
    ("contact", "href"),
    [
        ("desk@porttide.example", "mailto:desk@porttide.example"),
        ("https://www.porttide.example/contact", "https://www.porttide.example/contact"),
        ("902-555-0142", None),
        ("Ada <a@b.example>", None),
        ("javascript:alert(1)@x", None),
    ],
)
def test_where_a_contact_leads(contact: str, href: str | None) -> None:
    assert contact_href(contact) == href


def test_a_postal_address_over_lines() -> None:
    assert postal_line("12 Wharf Street,\n\n Port Kestrel  B0X 1K0\n") == (
        "12 Wharf Street, Port Kestrel B0X 1K0"
    )
