"""What a template may not do with what is the reader's own: refused at load, with file and line,
and told what to do instead."""
# ruff: noqa: E501

from pathlib import Path

import pytest

from digest.compose.marks import Site, seal_text
from digest.compose.templates import load_wrap
from digest.errors import TemplateError
from tests.unit.compose.generated import CSS
from tests.unit.compose.wrap import SHIPPED

NEEDED = "{{ subscriber.unsubscribe_url }} {{ postal_address }}"
SECTIONS = "{% for section in sections %}\n"
STORIES = SECTIONS + "{% for story in section.stories %}\n"
END = "{% endfor %}"
MACRO = "{% macro m() %}{{ subscriber.address }}{% endmacro %}\n"
COUNT = "{% set n = namespace(x=0) %}"

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
    ("{% import 'wrap/empty.html.j2' as brief %}", 2, "the name 'brief' is taken"),
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
    (f"{COUNT}{SECTIONS}{{% set n.x = 1 %}}{END}", 3, "a namespace can't be changed in a loop over"),
    (f"{SECTIONS}{{% macro m() %}}{{% endmacro %}}{END}", 3, "define the macro outside"),
    # What counts, wherever it is called from.
    (f"{COUNT}{{% macro m() %}}\n{{% set n.x = n.x + 1 %}}{{% endmacro %}}", 3, "in a macro, a block or"),
    (f"{COUNT}{{% block b %}}\n{{% set n.x = 1 %}}{{% endblock %}}", 3, "a namespace can't be changed"),
    ("{% set c = cycler('a', 'b') %}", 2, "cycler is not there: it would count the stories of all"),
    ("{{ joiner(', ')() }}", 2, "joiner is not there"),
    # A section's stories by a name that is made up.
    (f"{SECTIONS}{{{{ section['sto' ~ 'ries'] | length }}}}{END}", 3, "can't be looked up by a made-up"),
    (f"{SECTIONS}{{% set x = 'stories' %}}\n{{{{ [section] | map(attribute=x) | list }}}}{END}", 4, "made-up"),
    (f"{SECTIONS}{{{{ section | attr('sto' ~ 'ries') }}}}{END}", 3, "a section's stories can't stand in"),
    # Macros, blocks and files that write something personal.
    (f"{MACRO}{{% if m() == 'boss@x.example' %}}x{{% endif %}}", 3, "m() writes what is personal and can't stand in a condition"),
    (f"{MACRO}{{{{ 'VIP' if '@vip.example' in m() }}}}", 3, "m() writes what is personal and can't stand"),
    (f"{MACRO}{{{{ m() | lower }}}}", 3, "can't stand in a filter: that is filled in after the page"),
    (f"{MACRO}{{{{ m() | replace('.', '') }}}}", 3, "can't stand in a filter"),
    (f"{MACRO}{{{{ m() ~ 'x' }}}}", 3, "can't stand in a concatenation"),
    (f"{MACRO}{{% set x = m() %}}", 3, "can't stand in an assignment"),
    (f"{MACRO}{{% set f = m %}}{{{{ f() | lower }}}}", 3, "Write {{ m() }} alone"),
    (f"{MACRO}{{% set x %}}{{{{ m() }}}}{{% endset %}}", 3, "can't stand inside {% set %}, {% filter"),
    (f"{MACRO}{{% macro outer() %}}{{{{ m() }}}}{{% endmacro %}}\n{{{{ outer() | lower }}}}", 4, "outer() writes"),
    (f"{MACRO}{{% macro outer(x) %}}{{% endmacro %}}\n{{{{ outer(m()) }}}}", 4, "can't stand in a call"),
    (f"{MACRO}{{% filter upper %}}{{% call m() %}}{{% endcall %}}{{% endfilter %}}", 3, "inside {% set %}, {% fi"),
    (f"{{% macro m() %}}{SECTIONS}{END}{{% endmacro %}}{{{{ m() | upper }}}}", 3, "can't stand in a filter"),
    ("{% macro m() %}<!--personal-->x<!--/personal-->{% endmacro %}\n{{ m() | upper }}", 3, "in a filter"),
    ("{% block b %}{{ subscriber.name }}{% endblock %}\n{{ self.b() | lower }}", 3, "self.b() writes what"),
    ("{% block b %}{{ subscriber.name }}{% endblock %}\n{{ self['b']() }}", 3, "self can't stand in a"),
    ("{% filter upper %}{% include 'wrap/own.html.j2' %}{% endfilter %}", 2, "A file that writes what is"),
    ("{% import 'wrap/own.html.j2' as p with context %}\n{{ p.own() | lower }}", 3, "p.own() writes what"),
    ("{% import 'wrap/own.html.j2' as p with context %}\n{{ p['own']() | lower }}", 3, "p can't stand in"),
    ("{% from 'wrap/own.html.j2' import own as f with context %}\n{{ f() | lower }}", 3, "f() writes what"),
    # Files that aren't there.
    ("\n{% include 'wrap/no.html.j2' %}", 3, "there is no template wrap/no.html.j2"),
    ("{% include ['wrap/a.html.j2', 'wrap/b.html.j2'] %}", 2, "no template wrap/a.html.j2 or wrap/b.html.j2"),
    ("{% set x = 'no.html.j2' %}\n{% include 'wrap/' ~ x %}", 3, "there is no template wrap/no.html.j2"),
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
    ("{% set g = range(99) | select %}\n" + STORIES + "{{ g | first }}" + END + END, 4, "depend on which"),
    # The file's name decides whether what feeds say is escaped.
    ("\n{% include 'wrap/part.j2' %}", 3, "wrap/part.j2 can't be taken into HTML: what feeds say is"),
    ("{% if not day %}\n{% import 'wrap/part.j2' as p %}{% endif %}", 3, "only in those that end in .html.j2"),
    ("{% set x = 'part' %}\n{% include 'wrap/' ~ x ~ '.j2' %}", 3, "wrap/part.j2 can't be taken into HTML"),
    ("<p>x</p>\n<b>\n<!--personal-->", 4, "torn apart by what stands around it"),
    ("<!-- x -->\n<!--personal-->x<!--/personal-->\n{% if day %}\n<!--personal-->{% endif %}", 5, "torn apart"),
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
        "empty.html.j2": "",
        "own.html.j2": "{% macro own() %}{{ subscriber.name }}{% endmacro %}",
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


def test_a_file_that_is_taken_in_may_not_count(tmp_path: Path) -> None:
    """It may be taken in by a loop."""
    message = refusal(tmp_path, "part.j2", "{% set n = namespace(x=0) %}\n{% set n.x = 1 %}")
    assert message.startswith("part.j2:3: a namespace can't be changed in a macro, a block or a fi")


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
        "{% macro hi(x) %}<b>{{ x }} {{ subscriber.name }}</b>{% endmacro %}{{ hi('a' | upper) }}"
        "{% set n = namespace(x=0) %}{% for c in lead.also %}{% set n.x = n.x + 1 %}{% endfor %}{{ n.x }}"
        "{% block b %}{{ hi('b') }}{% endblock %}{{ self.b() }}{% include 'wrap/none.html.j2' ignore missing %}"
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


@pytest.mark.parametrize("torn", ["=name", "=name.", "=name.7", "=name.x"])
def test_a_torn_mark_names_its_file(torn: str) -> None:
    """Whatever a filter might yet get at."""
    with pytest.raises(TemplateError, match=r"^wrap\.txt\.j2:1: .* did not come through a filter"):
        seal_text(f"a\x02{torn}\x03b", "0" * 24, [Site("wrap.txt.j2", 3, "x")], "wrap.txt.j2")
