"""A template that can't be used is refused when it is loaded, with its file and line."""

import shutil
from pathlib import Path

import pytest

from digest.compose.render import render
from digest.compose.templates import load_wrap
from digest.errors import TemplateError
from tests.unit.compose.editions import EDITION, PUBLICATION
from tests.unit.compose.wrap import SHIPPED


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A newsroom's own templates, a copy of the shipped ones."""
    shutil.copytree(SHIPPED / "wrap", tmp_path / "templates" / "wrap")
    return tmp_path / "templates"


def broken(own: Path, name: str, line: int, text: str) -> str:
    """Put `text` before that line of a template and say how the loading fails."""
    path = own / "wrap" / name
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    lines.insert(line - 1, text + "\n")
    path.write_text("".join(lines), encoding="utf-8")
    with pytest.raises(TemplateError) as caught:
        load_wrap([own])
    return str(caught.value)


@pytest.mark.parametrize("name", ["wrap.html.j2", "wrap.txt.j2", "wrap.css", "kept.css"])
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{% if %}", "Expected an expression"),
        ("{{ nobody }}", "'nobody' is undefined"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
    ],
)
def test_file_and_line_are_named(own: Path, name: str, text: str, says: str) -> None:
    line = 5 if name.endswith("css") else 45
    message = broken(own, name, line, text)
    assert message.startswith(f"{own / 'wrap' / name}:{line}: ")
    assert says in message


def test_a_mistake_in_an_imported_file_names_that_file(own: Path) -> None:
    message = broken(own, "story.html.j2", 6, "{{ story.nothing }}")
    assert message.startswith(f"{own / 'wrap' / 'story.html.j2'}:6: ")


@pytest.mark.parametrize("rule", ['@import "x.css";', "@IMPORT url(//x)", "@ import 'x';"])
def test_css_may_not_import(own: Path, rule: str) -> None:
    message = broken(own, "wrap.css", 4, rule)
    assert message.startswith(f"{own / 'wrap' / 'wrap.css'}:4: @import")


@pytest.mark.parametrize("name", ["wrap.html.j2", "wrap.txt.j2"])
@pytest.mark.parametrize("needed", ["subscriber.unsubscribe_url", "postal_address"])
def test_what_the_law_asks_for_must_be_there(own: Path, name: str, needed: str) -> None:
    path = own / "wrap" / name
    path.write_text(path.read_text(encoding="utf-8").replace(needed, "day"), encoding="utf-8")
    with pytest.raises(TemplateError, match=rf"{name}:1: the wrap must show .*{needed}"):
        load_wrap([own])


def test_a_missing_file_names_the_folders(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"wrap\.css is missing.*nowhere"):
        load_wrap([tmp_path / "nowhere"])
    with pytest.raises(TemplateError, match="no folder"):
        load_wrap([])


def test_a_file_that_is_no_utf8(own: Path) -> None:
    (own / "wrap" / "wrap.css").write_bytes(b"\xff\xfe")
    with pytest.raises(TemplateError, match=r"wrap\.css: can't be read as UTF-8"):
        load_wrap([own])


def test_the_first_folder_wins_file_by_file(tmp_path: Path) -> None:
    (tmp_path / "wrap").mkdir()
    (tmp_path / "wrap" / "wrap.txt.j2").write_text(
        "OURS {{ lead.title }} {{ postal_address }} {{ subscriber.unsubscribe_url }}"
    )
    body = render(EDITION, PUBLICATION, load_wrap([tmp_path, SHIPPED]))
    assert body.text.startswith("OURS Ferry to Gannet Bay")
    assert "<h1" in body.html
