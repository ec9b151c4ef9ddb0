"""The README's settings table, written from the settings themselves.

`python -m tests.settings_table` puts it into README.md; a test compares the two.
"""

import re
from datetime import time
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from digest.deliver.options import AUTO, OPTIONS, PLAIN, Option
from digest.settings.environment import Environment
from digest.settings.kinds import DAYS
from digest.settings.newsroom import (
    DeliverTable,
    DkimTable,
    FeedTable,
    GatherTable,
    KeepTable,
    LimitsTable,
    PublicationTable,
    SectionTable,
    ThemeTable,
    WebTable,
)

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- settings: begin -->", "<!-- settings: end -->"
TABLES: tuple[tuple[str, type[BaseModel]], ...] = (
    ("[gather]", GatherTable),
    ("[deliver]", DeliverTable),
    ("[keep]", KeepTable),
    ("[web]", WebTable),
    ("[[publications]]", PublicationTable),
    ("[publications.limits]", LimitsTable),
    ("[publications.theme]", ThemeTable),
    ("[publications.dkim]", DkimTable),
    ("[[publications.sections]]", SectionTable),
    ("[[feeds]]", FeedTable),
)


def whole_table() -> str:
    """Every setting, a row each, in Markdown."""
    lines = ["| setting | default | what it is |", "| --- | --- | --- |"]
    lines.append("| **environment or .env** | | each also as `*_FILE`, a file with the value |")
    for name, info in Environment.model_fields.items():
        if not name.endswith("_file"):
            lines.append(_row(f"DIGEST_{name.upper()}", info))
    lines.append("| **a relay's options, in its URL: `?weight=3&rate=50`** | | |")
    lines += [_option_row(option) for option in OPTIONS]
    for heading, table in TABLES:
        lines.append(f"| **{heading}** | | |")
        lines += [_row(name, info) for name, info in table.model_fields.items()
                  if not _is_table(info)]  # fmt: skip
    return "\n".join(lines)


def _is_table(info: FieldInfo) -> bool:
    return info.default_factory is not None or "Table" in str(info.annotation)


def _row(name: str, info: FieldInfo) -> str:
    text = (info.description or "").replace("|", "\\|")
    return f"| `{name}` | {_default(name, info)} | {text} |"


def _option_row(option: Option) -> str:
    nothing = f"`{AUTO}`" if option.has_auto else "no limit"
    default = getattr(PLAIN, option.name)
    shown = nothing if default is None else f"`{default}`"
    return f"| `{option.name}` | {shown} | {option.meaning}; {option.expected} |"


def _default(name: str, info: FieldInfo) -> str:
    value: Any = info.default
    if value is PydanticUndefined:
        return "**needed**"
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, time):
        value = f"{value:%H:%M}"
    if name == "days":
        value = ", ".join(DAYS[day] for day in value)
    if value is None or value in ("", ()):
        return ""
    if isinstance(value, tuple):
        value = ", ".join(value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def put_into(text: str) -> str:
    """The README with the table as it is now."""
    return re.sub(
        rf"{BEGIN}.*?{END}",
        lambda _found: f"{BEGIN}\n{whole_table()}\n{END}",
        text,
        flags=re.DOTALL,
    )


if __name__ == "__main__":
    README.write_text(put_into(README.read_text(encoding="utf-8")), encoding="utf-8")
