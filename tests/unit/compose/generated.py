"""Editions, templates and readers that nobody would write, for property tests."""

from dataclasses import replace
from pathlib import Path

from hypothesis import strategies as st

from digest.compose.render import WrapTemplates
from digest.compose.templates import wrap_of
from digest.model.edition import Edition, EditionSection, Story
from digest.model.message import Recipient, Selection
from tests.unit.compose.editions import EDITION, picture, story

# Stands in every foreign text, and must never stand outside of an encoded part.
CANARY = "qfeedq"
HOSTILE = st.one_of(
    st.text(max_size=60),
    st.text("ab .=é\n-", max_size=200),
    st.sampled_from(
        [
            "", "\r\n.\r\nMAIL FROM:<evil@x.example>\r\n", ".", "..", ".a" * 60, "a" * 75 + ".b",
            "\0\r\n\n\r--=_x\r\nBcc: all@x.example", "</td></tr><script>x</script>", "👩‍🚒" * 30,
            "\u202egnp.exe مرحبا بالعالم", "x" * 5000, "<!--personal-->", "{{ x }}",
            "<!--/personal-->",
            "]]> <![endif]--> <!--[if mso]>", "\x02= 0\x03", "naïve . " * 40, "=" * 90,
            "a\u00a0b\u2028c", "spot0123456789abcdef01234567at0001",
        ]
    ),
)  # fmt: skip
NAMES = st.one_of(
    HOSTILE,
    st.sampled_from(
        [
            "", "Ada Fraser", 'Zoë <b>"O\'Neil"</b> & Co', 'The "Ada"', "O'Neil",
            # What libxml2 leaves as it is in an attribute.
            "A &{x} B", 'A &{"x} B', "A <!-- x --> B", "A <!-- \" --> B", "&amp; &copy &quot",
        ]
    ),
)  # fmt: skip
READERS = st.builds(
    Recipient,
    subscriber_id=st.integers(0, 2**31),
    address=st.sampled_from(
        ["ada@readers.example", "o'b.a+c@x-y.example", "zoe@dépêche.example", "o'neil&co@x.example"]
    ),
    name=NAMES,
)
TOKEN = st.text("ABCz09-_.", min_size=1, max_size=90)


@st.composite
def editions(draw: st.DrawFn) -> Edition:
    """Up to eight sections, three more than a brief names, of up to three stories, every text
    foreign."""
    sizes = draw(st.lists(st.integers(1, 3), max_size=8))
    numbers = iter(range(2, 100))
    return replace(
        EDITION,
        lead=_story(draw, 1),
        sections=tuple(
            EditionSection(
                f"s-{at}", draw(HOSTILE), tuple(_story(draw, next(numbers)) for _ in range(size))
            )
            for at, size in enumerate(sizes)
        ),
    )


def _story(draw: st.DrawFn, number: int) -> Story:
    words = f"{CANARY}{draw(HOSTILE)}"
    return story(
        number, words, lede=draw(HOSTILE), byline=draw(HOSTILE), dateline=draw(HOSTILE),
        image=picture("x", draw(HOSTILE)) if draw(st.booleans()) else None,
    )  # fmt: skip


@st.composite
def selections(draw: st.DrawFn, edition: Edition) -> Selection:
    """Any of the edition's stories, in any order."""
    rows = []
    for section in draw(st.permutations(edition.sections)):
        ids = [one.id for one in section.stories]
        kept = draw(st.lists(st.sampled_from(ids), unique=True))
        if kept:
            rows.append((section.slug, tuple(kept)))
    return Selection(tuple(rows))


_ANYWHERE = [
    "<div class='a'>plain words &amp; more</div>\n",
    "<!-- a comment -->",
    "<!--[if mso]><table><tr><td><![endif]--><div>x</div>"
    "<!--[if mso]></td></tr></table><![endif]-->",
    "<div>.{{ subscriber.name }}.</div>\n",
    "<b>{{ subscriber.greeting }}</b> ",
    "\n{{ subscriber.address }}\n\n",
    '<a href="{{ subscriber.unsubscribe_url }}" title="{{ subscriber.name }}">go</a>\n',
    '<a href="mailto:{{ subscriber.address }}?subject=a b">write</a>',
    """<p title='say "{{ subscriber.name }}"'>x</p>""",
    """<p title="say '{{ subscriber.address }}'">x</p>""",
    '<img src="https://x.example/i.png" width="1" alt="{{ subscriber.greeting }}" aria-label="x">',
    '<p class="b">{{ lead.title }}</p>',
    "<!--personal--><i>mine</i><!--/personal-->",
    "{{ hello('<i>') }}",
    '{% include "wrap/part.html.j2" %}',
    "{% if lead.image %}<em>{{ subscriber.name }}</em>{% endif %}",
    "   \n\n\n",
    ".\n",
]
_IN_SECTION = ["<h2>{{ section.title }}</h2>\n", "{{ section.title }} ", "{{ section.slug }}\n"]
_IN_STORY = [
    '<p class="b" title="{{ story.title }}">{{ story.lede }}</p>\n',
    "\n{{ story.title }}\n",
    "{% if story.image %}<img class='a' src='{{ story.image.url }}' alt='{{ story.image.alt }}'>"
    "{% else %}<i>{{ loud(story) }}</i>{% endif %}",
    "{% for part in story.meta %}{{ part }}{{ '' if loop.last else ' | ' }}{% endfor %}",
    "{% with line = story.byline %}{{ line | upper }}{% endwith %}",
    "{{ line }}",
]


def _bodies(depth: int, scope: str) -> st.SearchStrategy[str]:
    """Rows of fragments that are legal in "page", "section" or "story"."""
    own = {"page": [], "section": _IN_SECTION, "story": [*_IN_SECTION, *_IN_STORY]}[scope]
    kinds = [st.sampled_from([*_ANYWHERE, *own, *own])]
    if depth:
        inner = _bodies(depth - 1, scope)
        kinds.append(st.builds(_either, st.sampled_from(["sections", "brief"]), inner, inner))
        kinds.append(inner.map(lambda body: f"<table><tr><td>{body}</td></tr></table>\n"))
        if scope == "page":
            rows = _bodies(depth - 1, "section")
            over = st.sampled_from(["sections", "brief"])
            kinds.append(st.builds(_loop, st.just("section"), over, rows, _WRAPS))
        if scope == "section":
            rows = _bodies(depth - 1, "story")
            kinds.append(
                st.builds(_loop, st.just("story"), st.just("section.stories"), rows, _WRAPS)
            )
        if scope != "page":
            kinds.append(
                st.builds(_either, st.sampled_from(["loop.first", "loop.last"]), inner, inner)
            )
    return st.lists(st.one_of(kinds), max_size=3).map("".join)


_WRAPS = st.sampled_from(
    [
        ("", "", "", ""),
        ("<table>\n", "<tr><td>\n", "</td></tr>\n", "</table>"),
        ("<ul>", "<li>", "</li>\n", "</ul>"),
        ("<!--[if mso]><table><![endif]-->", "", "<!--[if mso]><tr></tr><![endif]-->", ""),
    ]
)


def _loop(name: str, over: str, body: str, around: tuple[str, str, str, str]) -> str:
    start, before, after, end = around
    if name == "story":
        before += "{% set line = story.dateline %}"
    return f"{start}{{% for {name} in {over} %}}{before}{body}{after}{{% endfor %}}{end}\n"


def _either(asked: str, then: str, otherwise: str) -> str:
    both = f"{{% if {asked} %}}{then}{{% else %}}{otherwise}{{% endif %}}"
    return f"{both}{{% if not {asked} %}}-{{% endif %}}"


CSS = (
    ".a { color: #112233; padding: 1px } .b { margin: 0 } div b { color: #445566 } "
    "td { width: 3px }"
)
_HEAD = (
    "{% macro hello(tag) %}{{ subscriber.greeting }}{{ tag }}{% endmacro %}"
    "{% macro loud(story) %}{{ story.title | upper }}{% endmacro %}"
)
_END = "<div>{{ subscriber.unsubscribe_url }}{{ subscriber.view_url }}</div>"


@st.composite
def wraps(draw: st.DrawFn) -> WrapTemplates:
    """A legal wrap; both its parts are of the same kind of fragments."""
    html, text = draw(_bodies(4, "page")), draw(_bodies(4, "page"))
    text = text.replace("part.html.j2", "part.txt.j2")  # what is included escapes by its own name
    page = f"<html><head><style>{{{{ css }}}}</style></head><body>{html}{_END}</body></html>"
    return wrap_from(f"{_HEAD}{page}", f"{_HEAD}{text}{_END}")


def wrap_from(html: str, text: str, css: str = CSS) -> WrapTemplates:
    """Templates from their source."""
    files = {
        "wrap/wrap.html.j2": html,
        "wrap/wrap.txt.j2": text,
        "wrap/wrap.css": css,
        "wrap/kept.css": "",
        "wrap/part.html.j2": "<u>{{ subscriber.name }}</u>{{ lead.title }}",
        "wrap/part.txt.j2": "{{ subscriber.name }}{{ lead.title }}",
    }
    return wrap_of({name: (source, Path(name)) for name, source in files.items()})
