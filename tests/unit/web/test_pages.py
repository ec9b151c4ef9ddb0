"""The pages' templates: shipped ones render for everybody, wrong ones are refused by place."""

from dataclasses import replace
from pathlib import Path

import pytest

from digest.errors import TemplateError
from digest.model.newsroom import Publication, Theme
from digest.web.look import house_look, look_of
from digest.web.pages import SAMPLES, load_pages
from tests.unit.compose.editions import FRENCH, PUBLICATION
from tests.unit.compose.wrap import SHIPPED

HOSTILE = replace(
    PUBLICATION,
    title="<b>T</b> {address} {{ 7*7 }}",
    from_name="<i>F</i>",
    contact="<a href='javascript:alert(1)'>",
    site_url='https://x.example/"onmouseover="alert(1)',
    theme=Theme(accent="#ffff00"),
)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("publication", [PUBLICATION, FRENCH, HOSTILE], ids=["en", "fr", "hostile"])
def test_every_page_renders(name: str, publication: Publication) -> None:
    pages = load_pages([SHIPPED])
    for look in (look_of(publication), house_look([PUBLICATION, publication])):
        html = pages.render(name, look, **SAMPLES[name]).html
        assert html.startswith("<!doctype html>")
        assert f'<html lang="{look.language}">' in html
        assert "<script" not in html
        assert "<b>" not in html
        assert "<i>" not in html
        assert "<a href='" not in html
        assert '"onmouseover' not in html
        assert len(html) < 20_000


def own(tmp_path: Path, name: str, text: str) -> Path:
    file = tmp_path / "web" / name
    file.parent.mkdir()
    file.write_text(text, "utf-8")
    return file


def test_the_first_folder_that_has_a_file_wins(tmp_path: Path) -> None:
    own(tmp_path, "page.css", "h1 { color: {{ palette.ink }}; }")
    pages = load_pages([tmp_path, SHIPPED])
    page = pages.render("editions", look_of(PUBLICATION), **SAMPLES["editions"])
    assert "<style>h1 { color: #1d2327; }</style>" in page.html


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("left.html.j2", "a\n\n{% if %}", r"left\.html\.j2:3: Expected an expression"),
        ("left.html.j2", "a\n{{ look.nothing }}", r"left\.html\.j2:2: .*has no attribute"),
        ("left.html.j2", "{{ words.left_text.format(who=1) }}", r"left\.html\.j2:1: 'address'"),
        ("left.html.j2", "{% include 'web/none.j2' %}", r"web/none\.j2 is missing; looked in"),
        ("page.css", "a\n{{ palette.pink }}", r"page\.css:2: .*has no attribute"),
        ("base.html.j2", "{% block main %}\n{% endblock %}{{ nobody }}", r"base\.html\.j2:2"),
        ("unsubscribe.html.j2", "No way out", "the page must have a <form"),
        ("preferences.html.j2", "No way out", "the page must have a <form"),
        ("left.html.j2", "{{ ''.__class__.__mro__ }}", r"left\.html\.j2:1: .*unsafe"),
    ],
)  # fmt: skip
def test_a_wrong_template_is_refused_by_file_and_line(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    own(tmp_path, name, text)
    with pytest.raises(TemplateError, match=said):
        load_pages([tmp_path, SHIPPED])


def test_a_template_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    own(tmp_path, "left.html.j2", "").write_bytes(b"\xff\xfe")
    with pytest.raises(TemplateError, match=r"left\.html\.j2: can't be read as UTF-8"):
        load_pages([tmp_path, SHIPPED])


def test_no_templates_at_all(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"is missing; looked in .*"):
        load_pages([tmp_path])
