"""What a template may not do with what is the reader's own: refused at load, with file and line,
and told what to do instead."""
# ruff: noqa: E501

from pathlib import Path

import pytest

from digest.compose.templates import load_wrap
from digest.errors import TemplateError
from tests.unit.compose.generated import CSS
from tests.unit.compose.wrap import SHIPPED

NEEDED = "{{ subscriber.unsubscribe_url }} {{ postal_address }}"
SECTIONS = "{% for section in sections %}\n"
STORIES = SECTIONS + "{% for story in section.stories %}\n"
END = "{% endfor %}"

# Template (it begins on line 2), the line that is refused, words that must be said.
REFUSED = [
    # The reader's values.
    ("{% if subscriber.name %}x{% endif %}", 2, "subscriber.name can't stand in a condition"),
    ("\n{{ subscriber.name | upper }}", 3, "subscriber.name can't stand in a filter"),
    ("{{ subscriber.name is defined }}", 2, "subscriber.name can't stand in a test"),
    ("{% set x = subscriber.name %}", 2, "subscriber.name can't stand in an assignment"),
    ("{% set x = 'a' ~ subscriber.name %}", 2, "subscriber.name can't stand in a concatenation"),
    ("{{ 'Dear ' ~ subscriber.name }}", 2, "can't stand in a concatenation: it is filled in after"),
    ("{{ 'Dear ' + subscriber.name }}", 2, "Write {{ subscriber.name }} alone, the words around"),
    ("{{ range(subscriber.name) }}", 2, "subscriber.name can't stand in a call"),
    ("{{ subscriber['name'] }}", 2, "subscriber can't stand in a subscript"),
    ("{{ subscriber.name[0] }}", 2, "subscriber.name can't stand in a subscript"),
    ("{{ subscriber }}", 2, "subscriber can't stand in an expression"),
    ("{{ subscriber.name if day else '' }}", 2, "subscriber.name can't stand in a condition"),
    ("{{ [subscriber.name] }}", 2, "subscriber.name can't stand in a list"),
    ("{{ subscriber.topics }}", 2, "subscriber has no 'topics'; it has unsubscribe_url"),
    ("{% for x in subscriber.name %}{% endfor %}", 2, "subscriber.name can't stand in a loop"),
    ("{% include subscriber.name %}", 2, "subscriber.name can't stand in a call"),
    ("{% with x = subscriber.name %}{% endwith %}", 2, "can't stand in an assignment"),
    ("{% set x %}{{ subscriber.name }}{% endset %}", 2, "can't stand inside {% set %}"),
    ("{% filter upper %}{{ subscriber.name }}{% endfilter %}", 2, "can't stand inside {% set %}, {%"),
    ("{% macro m() %}{{ caller() }}{% endmacro %}\n{% call m() %}{{ subscriber.name }}{% endcall %}",
     3, "write it straight into the page"),
    # Their sections and stories.
    ("{{ sections | length }}", 2, "sections can't stand in a filter: each reader has their own"),
    ("{{ sections[0].title }}", 2, "sections can't stand in a subscript"),
    ("{% for s in sections[:3] %}{% endfor %}", 2, "Use {% for section in sections %} or {% if sec"),
    ("{% for s in sections if s.title %}{% endfor %}", 2, "can't have an if: put {% if %} inside"),
    ("{% for s in sections %}a\n{% else %}b{% endfor %}", 2, "can't have an else"),
    ("{% for s in sections recursive %}{% endfor %}", 2, "takes one name and no more"),
    ("{% for a, b in sections %}{% endfor %}", 2, "takes one name and no more"),
    ("{% set x = sections %}", 2, "sections can't stand in an assignment"),
    ("{% macro m(x) %}{% endmacro %}{{ m(brief) }}", 2, "brief can't stand in a call"),
    ("{% if sections and day %}{% endif %}", 2, "sections can't stand in a condition"),
    ("{% if sections | length > 2 %}{% endif %}", 2, "sections can't stand in a filter"),
    ("{% if day %}{% elif brief %}{% endif %}", 2, "brief can't stand in a condition"),
    ("{% if brief %}{% elif day %}{% endif %}", 2, "no elif here"),
    ("{% set sections = [] %}", 2, "the name 'sections' is taken"),
    ("{% macro m(subscriber) %}{% endmacro %}", 2, "the name 'subscriber' is taken"),
    ("{% import 'wrap/part.j2' as brief %}", 2, "the name 'brief' is taken"),
    (f"{SECTIONS}{{{{ section.stories | length }}}}{END}", 3, "a section's stories can't stand in"),
    (f"{SECTIONS}{{{{ section.stories[0].title }}}}{END}", 3, "Loop over them: {% for story in"),
    (f"{SECTIONS}{{{{ section['stories'] }}}}{END}", 3, "a section's stories can't stand in"),
    (f"{SECTIONS}{{{{ section | attr('stories') }}}}{END}", 3, "a section's stories can't stand"),
    (f"{SECTIONS}{{% if section.stories %}}{{% endif %}}{END}", 3, "can't stand in a condition"),
    (f"{SECTIONS}{{% set x = section.stories %}}{END}", 3, "can't stand in an assignment"),
    (f"{SECTIONS}{{% for x in section.stories if x.url %}}{END}{END}", 3, "can't have an if"),
    (f"{SECTIONS}{{% set section = lead %}}{END}", 3, "the name 'section' is taken"),
    (f"{SECTIONS}{{% for b in brief %}}{END}{END}", 3, "can't stand inside another loop of its"),
    (f"{STORIES}{{% for x in section.stories %}}{END}{END}{END}", 4, "inside another loop of its"),
    ("{% macro m(section) %}\n{% for x in section.stories %}{% endfor %}{% endmacro %}", 3,
     "inside the loop over sections and in the same file"),
    # Positions.
    (f"{SECTIONS}{{{{ loop.index }}}}{END}", 3, "loop.index can't stand in an expression: each read"),
    (f"{STORIES}{{{{ loop.length }}}}{END}{END}", 4, "{% if loop.first %}, {% if not loop.first %}"),
    (f"{STORIES}{{{{ ', ' if not loop.last }}}}{END}{END}", 4, "loop.last can't stand in a condition"),
    (f"{STORIES}{{% if loop.first or loop.last %}}{{% endif %}}{END}{END}", 4, "loop.first can't"),
    (f"{STORIES}{{% if loop.first %}}{{% elif loop.last %}}{{% endif %}}{END}{END}", 4, "no elif"),
    (f"{STORIES}{{% if story.url %}}{{% elif loop.last %}}{{% endif %}}{END}{END}", 4, "loop.last"),
    (f"{STORIES}{{% set l = loop %}}{END}{END}", 4, "loop can't stand in an assignment"),
    (f"{STORIES}{{% if loop.first %}}\n{{% set x = 1 %}}{{% endif %}}{END}{END}", 5, "nothing can be set"),
    (f"{STORIES}{{{{ loop.cycle('a', 'b') }}}}{END}{END}", 4, "loop.cycle can't stand in a call"),
    ("{{ loop.first }}", 2, "there is no loop in this file"),
    ("{% set n = namespace(x=0) %}" + SECTIONS + "{% set n.x = 1 %}" + END, 3, "a namespace can't be"),
    (f"{SECTIONS}{{% macro m() %}}{{% endmacro %}}{END}", 3, "define the macro outside"),
]  # fmt: skip
HTML_REFUSED = [
    ('<p\nclass="{{ subscriber.name }}">x</p>', 3, "can't stand in the attribute class, which inl"),
    ('<p style="{{ subscriber.name }}">x</p>', 2, "can't stand in the attribute style"),
    ('<td width="{{ subscriber.name }}">x</td>', 2, "only in href, title, alt, aria-label"),
    ("<p title={{ subscriber.name }}>x</p>", 2, "can't stand inside a tag"),
    ("<p {{ subscriber.name }}>x</p>", 2, "can't stand inside a tag: write it as text, or in href"),
    ('<a href="{{ subscriber.name }}">x</a>', 2, "is no address of a page: a link may begin with"),
    ("<!-- {{ subscriber.name }} -->", 2, "can't stand inside a comment"),
    ("<style>p { color: {{ subscriber.name }} }</style>", 2, "can't stand inside <style>"),
    ("<title>{{ subscriber.name }}</title>", 2, "can't stand inside <title>"),
    (f'<p title="{SECTIONS}{END}">x</p>', 2, "this loop can't stand inside the attribute title"),
    (f"<!--[if mso]>\n{SECTIONS}{END}<![endif]-->", 3, "this loop can't stand inside a comment"),
    (f"{STORIES}<p {{% if loop.first %}}class=x{{% endif %}}>x</p>{END}{END}", 4,
     "this condition can't stand inside a tag: put it between tags"),
    # Only trying shows these.
    (f"{STORIES}<div>{{{{ story.title }}}}\n{END}{END}", 3, "What a loop or condition opens it must"),
    ("{% macro m() %}{{ subscriber.name }}{% endmacro %}\n<p>{{ m() | upper }}</p>", 2,
     "did not come through a filter"),
    ("{% set c = cycler('a', 'b') %}\n" + SECTIONS + "{{ c.next() }}" + END, 3, "depend on which"),
    ("{% autoescape false %}\n{{ subscriber.name }}{% endautoescape %}", 3, "rendered for one reader"),
]  # fmt: skip


def refusal(folder: Path, name: str, body: str) -> str:
    """What is said of a wrap in which `body` stands on line 2 of that file."""
    wrap = folder / "wrap"
    wrap.mkdir()
    pages = {
        "wrap.html.j2": f"<html><head><style>{{{{ css }}}}</style></head><body>{NEEDED}</body></html>",
        "wrap.txt.j2": NEEDED,
        "wrap.css": CSS,
        "kept.css": "",
        "part.j2": "",
    }
    if name == "wrap.html.j2":
        pages[name] = pages[name].replace("<body>", f"<body>\n{body}\n")
    elif name == "wrap.txt.j2":
        pages[name] = f"x\n{body}\n{NEEDED}"
    else:
        pages[name] = f"x\n{body}\n"
        pages["wrap.txt.j2"] = f"{NEEDED}{{% include 'wrap/{name}' %}}"
    for file, text in pages.items():
        (wrap / file).write_text(text, encoding="utf-8")
    with pytest.raises(TemplateError) as caught:
        load_wrap([folder])
    return str(caught.value).removeprefix(str(wrap) + "/")


@pytest.mark.parametrize("name", ["wrap.html.j2", "wrap.txt.j2", "part.j2"])
@pytest.mark.parametrize(("body", "line", "says"), REFUSED)
def test_refused(tmp_path: Path, name: str, body: str, line: int, says: str) -> None:
    message = refusal(tmp_path, name, body)
    assert message.startswith(f"{name}:{line}: ")
    assert says in message


@pytest.mark.parametrize(("body", "line", "says"), HTML_REFUSED)
def test_refused_in_html(tmp_path: Path, body: str, line: int, says: str) -> None:
    message = refusal(tmp_path, "wrap.html.j2", body)
    assert message.startswith(f"wrap.html.j2:{line}: ")
    assert says in message


def test_a_personal_value_in_css_is_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, "wrap.css", "p { color: {{ subscriber.name }} }")
    assert message.startswith("wrap.css:2: {{ subscriber.name }} can't stand inside <style>")


def test_what_is_not_the_readers_is_free(tmp_path: Path) -> None:
    """Loops, filters and sets on everything else are plain Jinja."""
    for name in ("wrap.css", "kept.css", "story.html.j2"):
        (tmp_path / "wrap").mkdir(exist_ok=True)
        (tmp_path / "wrap" / name).write_bytes((SHIPPED / "wrap" / name).read_bytes())
    body = (
        "{% from 'wrap/story.html.j2' import title with context %}"
        "{% macro hi(x) %}<b>{{ x }} {{ subscriber.name }}</b>{% endmacro %}{{ hi('a') }}"
        "{% for c in lead.also %}{{ loop.index }}{{ ', ' if not loop.last }}{% endfor %}"
        "{% for section in sections %}{% for story in section.stories %}"
        "{% set big = story.title | upper %}{{ big }}{{ title(story) }}"
        "{% for s in story.also %}{% if loop.first %}<i>{{ s.label }}</i>{% endif %}{% endfor %}"
        "{% if story.image and story.url %}<u>x</u>{% else %}{% if loop.last %}!{% endif %}{% endif %}"
        # What the first item opens the last may close.
        "{% if loop.first %}<em>{% endif %}x{% if loop.last %}</em>{% endif %}"
        "{% endfor %}{% endfor %}"
    )
    html = f"<html><head><style>{{{{ css }}}}</style></head><body>{body}{NEEDED}</body></html>"
    (tmp_path / "wrap" / "wrap.html.j2").write_text(html, encoding="utf-8")
    (tmp_path / "wrap" / "wrap.txt.j2").write_text(body + NEEDED, encoding="utf-8")
    load_wrap([tmp_path])


def test_the_example_for_authors_is_a_wrap(tmp_path: Path) -> None:
    docs = (SHIPPED.parent / "docs" / "templates.md").read_text(encoding="utf-8")
    example = docs.partition("```jinja\n")[2].partition("```")[0]
    (tmp_path / "wrap").mkdir()
    for name in ("wrap.css", "kept.css"):
        (tmp_path / "wrap" / name).write_text("", encoding="utf-8")
    html = f"<html><body>{example}{{{{ postal_address }}}}</body></html>"
    (tmp_path / "wrap" / "wrap.html.j2").write_text(html, encoding="utf-8")
    (tmp_path / "wrap" / "wrap.txt.j2").write_text(example + NEEDED, encoding="utf-8")
    load_wrap([tmp_path])
