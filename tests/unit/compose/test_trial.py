"""A wrap is tried before a night depends on it: on every kind of reader, on poor stories, and on
what these publications send."""

from dataclasses import replace
from pathlib import Path

import pytest

from digest.compose.templates import load_wrap
from digest.errors import TemplateError
from digest.model.newsroom import Publication, Section
from tests.unit.compose.editions import FRENCH, PUBLICATION
from tests.unit.compose.generated import CSS

LEAVE = '<a href="{{ subscriber.unsubscribe_url }}">leave</a>'
NEEDED = f"{LEAVE} {{{{ postal_address }}}}"
SECTIONS = "{% for section in sections %}"
STORIES = SECTIONS + "{% for story in section.stories %}"
END = "{% endfor %}"


def load(
    folder: Path,
    body: str,
    *,
    needed: str = NEEDED,
    text: str = NEEDED,
    css: str = CSS,
    publications: tuple[Publication, ...] = (),
) -> None:
    """Load a wrap in which `body` stands on line 2 of its page, `needed` on line 3."""
    wrap = folder / "wrap"
    wrap.mkdir()
    head = "<html><head><style>{{ css | safe }}</style></head><body>"
    html = f"{head}\n{body}\n{needed}</body></html>"
    for name, source in (
        ("wrap.html.j2", html), ("wrap.txt.j2", text), ("wrap.css", css), ("kept.css", ""),
    ):  # fmt: skip
        (wrap / name).write_text(source, encoding="utf-8")
    load_wrap([folder], publications)


def refusal(folder: Path, body: str, **more: object) -> str:
    with pytest.raises(TemplateError) as caught:
        load(folder, body, **more)  # type: ignore[arg-type]
    return str(caught.value).removeprefix(f"{folder / 'wrap'}/")


@pytest.mark.parametrize(
    "body",
    [
        '<img src="{{ lead.image.url }}">',
        "{{ lead.url.strip() }}",
        "{% if not lead.image %}{{ lead.nothing }}{% endif %}",
        "{% if not lead.lede %}{{ nothing }}{% endif %}",
        STORIES + "{% if story.image and not story.image.height %}{{ no }}{% endif %}" + END * 2,
        STORIES + "{% if story.lede and not story.url %}{{ no }}{% endif %}" + END * 2,
        STORIES + "{% if story.url and not story.lede %}{{ no }}{% endif %}" + END * 2,
    ],
)  # fmt: skip
def test_stories_may_lack_anything(tmp_path: Path, body: str) -> None:
    assert refusal(tmp_path, body).startswith("wrap.html.j2:2: ")


@pytest.mark.parametrize(
    "needed",
    [
        f"{{% if brief %}}{NEEDED}{{% endif %}}",
        f"{{% if sections %}}{NEEDED}{{% endif %}}",
        f"{{% if sections %}}x{{% else %}}{NEEDED}{{% endif %}}",
        f"{SECTIONS}{{% if loop.last %}}{NEEDED}{{% endif %}}{END}",
        f"{SECTIONS}{{% if section.slug == 'news' %}}{NEEDED}{{% endif %}}{END}",
        f"{{% if lead.image %}}{NEEDED}{{% endif %}}",
        f"<p title='{{{{ postal_address }}}}'>x</p>{LEAVE}",
        f"{LEAVE} <!-- {{{{ postal_address }}}} -->",
        f"{LEAVE} <!--[if mso]>{{{{ postal_address }}}}<![endif]-->",
        "{{ postal_address }} <p title='{{ subscriber.unsubscribe_url }}'>x</p>",
    ],
)
def test_every_reader_must_see_what_the_law_asks_for(tmp_path: Path, needed: str) -> None:
    message = refusal(tmp_path, "", needed=needed)
    assert message.startswith(("wrap.html.j2:1: the wrap must ", "wrap.html.j2:3: the wrap must "))
    assert "to every reader, in sight" in message


def test_the_text_part_must_show_it_too(tmp_path: Path) -> None:
    text = "x\n{% if brief %}\n{{ subscriber.unsubscribe_url }}\n{% endif %}{{ postal_address }}"
    message = refusal(tmp_path, "", text=text)
    assert message.startswith("wrap.txt.j2:3: the wrap must show {{ subscriber.unsubscribe_url }}")


@pytest.mark.parametrize(
    "needed",
    [
        f"{LEAVE}<p>{{{{ postal_address | replace(', ', '<br>' | safe) }}}}</p>",
        f"{LEAVE}<p>{{{{ publication.postal_address | upper }}}}</p>",
        "{{ subscriber.unsubscribe_url }} {{ postal_address | fill }}",
        f"<!--[if !mso]><!-->{NEEDED}<!--<![endif]-->",
        f"<!--personal-->{LEAVE}<!--/personal--> {{{{ postal_address }}}}",
    ],
)
def test_it_may_be_shown_in_many_ways(tmp_path: Path, needed: str) -> None:
    long = replace(PUBLICATION, postal_address=f"The Old & New Wharf, {'Long ' * 20}\nPort Kestrel")
    load(tmp_path, "", needed=needed, publications=(PUBLICATION, long))


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("{{ lead.title | safe }}", "headline"),
        ("{% autoescape false %}{{ lead.lede }}{% endautoescape %}", "lede"),
        (f"{STORIES}<p>{{{{ story.byline | safe }}}}</p>{END * 2}", "byline"),
        ("{{ lead.source | upper | safe }}", "source"),
        ('<p title="{{ lead.dateline | safe }}">x</p>', "dateline"),
    ],
)
def test_no_word_of_a_feed_is_html(tmp_path: Path, body: str, what: str) -> None:
    message = refusal(tmp_path, body)
    assert message.startswith(("wrap.html.j2:1: ", "wrap.html.j2:2: "))
    assert f"a story's {what} stands here or further down as a feed wrote it" in message


OWN = replace(
    PUBLICATION,
    sections=tuple(Section(slug, slug.title()) for slug in ("ferries", "council", "weather")),
)


@pytest.mark.parametrize(
    "condition",
    [
        'publication.slug == "evening-tide"',
        'language == "en" and publication.tagline.startswith("The day in Port")',
        'publication.from_address.endswith("porttide.example")',
    ],
)
def test_the_newsroom_s_own_publications_are_tried(tmp_path: Path, condition: str) -> None:
    torn = f"<div>{SECTIONS}<div>{{{{ section.title }}}}{END}</div>"
    message = refusal(
        tmp_path, f"{{% if {condition} %}}{torn}{{% endif %}}", publications=(FRENCH, OWN)
    )
    assert message.startswith("wrap.html.j2:2: ")
    assert "What a loop or condition opens it must close" in message


def test_their_own_sections_are_tried(tmp_path: Path) -> None:
    body = f"{SECTIONS}{{% if section.slug == 'ferries' %}}<div>{{% endif %}}x{END}"
    assert "opens it must close" in refusal(tmp_path, body, publications=(OWN,))


def test_many_sections_are_tried(tmp_path: Path) -> None:
    many = tuple(Section(f"s-{number}", f"Section {number}") for number in range(20))
    body = f"{SECTIONS}{{% if section.slug == 's-19' %}}<div>{{% endif %}}x{END}"
    publications = (replace(PUBLICATION, sections=many),)
    assert "opens it must close" in refusal(tmp_path, body, publications=publications)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (".s-weather + div { color: #111111 }", "a selector with +, ~"),
        (".story~.story { color: #111111 }", "a selector with +, ~"),
        ("p, .a\n> .story   +   .story { color: #111111 }", "a selector with +, ~"),
        (".story:first-child { color: #111111 }", ":first-child or :last-child can't be inlined"),
        ("td .s-weather:last-child { color: #111111 }", ":first-child or :last-child can't"),
        ('[title$="vip.example"] { color: #111111 }', "can't ask for the words of href, title"),
        ('a[href^="https"] { color: #111111 }', "can't ask for the words of href, title"),
        ("img[ALT=''] { color: #111111 }", "can't ask for the words of href, title"),
    ],
)
def test_a_style_may_not_hang_on_the_reader(tmp_path: Path, rule: str, says: str) -> None:
    """Whatever stories and sections the trial has."""
    message = refusal(tmp_path, "<p class=s-weather>x</p>", css=f"{CSS}\n\n{rule}")
    assert message.startswith("wrap.css:3: ")
    assert says in message


def test_a_style_block_of_the_page_is_held_to_it(tmp_path: Path) -> None:
    message = refusal(tmp_path, "<style>.b + .b { color: #111111 }</style>")
    assert message.startswith("wrap.html.j2:2: a selector with +")


def test_other_selectors_are_free(tmp_path: Path) -> None:
    css = (
        'a[href] { color: #111111 } td[align="left"] { color: #111111 } a:hover { color: #222222 }'
        "@media print { .a + .a { color: #333333 } } td:nth-child(2n+1) { color: #444444 }"
        "div > p b { color: #555555 } .story:not(.a ~ .b) { color: #111111 }"
    )
    load(tmp_path, '<p title="{{ subscriber.name }}">x</p>', css=css)
