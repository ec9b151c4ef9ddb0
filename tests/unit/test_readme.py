"""What the README says and what the program has, compared."""

import re
from pathlib import Path

from tests.settings_table import README, put_into

ROOT = Path(__file__).parents[2]
TEXT = README.read_text(encoding="utf-8")


def test_the_settings_table_is_that_of_the_program() -> None:
    assert put_into(TEXT) == TEXT, "python -m tests.settings_table"


def test_every_key_of_the_shipped_file_is_in_the_table() -> None:
    shipped = (ROOT / "config" / "digest.toml").read_text(encoding="utf-8")
    keys = set(re.findall(r"^ *(\w+) = ", shipped, re.MULTILINE))
    table = set(re.findall(r"^\| `(\w+)`", TEXT, re.MULTILINE))
    assert keys <= table


def test_every_command_is_listed_and_no_other() -> None:
    from digest.cli.app import app

    assert all(command.callback for command in app.registered_commands)
    names = {command.callback.__name__ for command in app.registered_commands if command.callback}
    groups = {str(group.name) for group in app.registered_groups}
    listed = set(re.findall(r"^\| `digest (\w+)", TEXT, re.MULTILINE))
    assert listed == names | groups


def test_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)|src=\"([^\"]+)\"", TEXT)
    for target in (one or other for one, other in targets):
        assert (ROOT / target).exists(), target


def test_the_glossary_is_in_order() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = re.findall(r"^\| ([a-z-][a-z -]*) \|", glossary, re.MULTILINE)[1:]
    assert words == sorted(words, key=lambda word: word.replace("-", " "))
    assert len(words) > 40
