"""The house's rules, kept by reading the source: purity, the direction of imports, owners."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "digest"
MODULES = sorted(
    path
    for path in PACKAGE.rglob("*.py")
    if "versions" not in path.parts and "shipped" not in path.parts
)

STAGES = ("gather", "choose", "compose", "deliver", "subscribe", "bounce")
# What a stage (and the store) may import of ours.
GROUND = ("model", "errors")
# One owner per third-party package: a name ending in "." owns for a whole folder.
OWNERS = {
    "aiosmtplib": ("deliver.smtp",),
    "aiosmtpd": ("catcher",),
    "alembic": ("store.",),
    "apscheduler": ("schedule",),
    "cryptography": ("deliver.dkim",),
    "dns": ("dns",),
    "email_validator": ("subscribe.address",),
    "feedparser": ("gather.xmlfeed",),
    "h11": ("web.",),
    "httpcore": ("gather.guard",),
    "httpx": ("gather.fetch", "gather.guard"),
    "jinja2": (
        "compose.environment", "compose.expressions", "compose.letter_pages",
        "compose.marking", "compose.references",
        "compose.render", "compose.rules", "compose.templates", "compose.writers", "web.",
    ),
    "lxml": (),
    "nh3": ("gather.clean",),
    "premailer": ("compose.inline",),
    "pydantic_settings": ("settings.",),
    "rich": ("cli.",),
    "sqlalchemy": ("store.",),
    "starlette": ("web.",),
    "structlog": ("logs",),
    "typer": ("cli.",),
    "uvicorn": ("web.",),
}  # fmt: skip
# Touching the world; a pure module imports none of these.
WORLDLY = {
    "asyncio", "fcntl", "glob", "http", "httpx", "io", "logging", "os", "pathlib", "random",
    "secrets", "shutil", "signal", "socket", "sqlite3", "ssl", "subprocess", "tempfile",
    "threading", "time", "urllib.request", "sqlalchemy", "alembic", "aiosmtplib", "structlog",
}  # fmt: skip


def name_of(path: Path) -> str:
    """digest/gather/fetch.py -> gather.fetch"""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports_of(path: Path) -> set[str]:
    """Every module named by an import statement, wherever it stands in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def docstring_of(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


def own_imports(path: Path) -> set[str]:
    return {name.removeprefix("digest.") for name in imports_of(path) if name.startswith("digest.")}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_docstring_says_pure_or_io(path: Path) -> None:
    if path.name == "__init__.py":
        assert docstring_of(path)
        return
    text = docstring_of(path)
    assert "Pure." in text or "I/O" in text, "the docstring must end with `Pure.` or `I/O: ...`"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_pure_modules_touch_nothing(path: Path) -> None:
    if "Pure." not in docstring_of(path):
        return
    names = imports_of(path)
    touched = {name for name in names if name in WORLDLY or name.split(".")[0] in WORLDLY}
    assert not touched
    calls = path.read_text(encoding="utf-8")
    assert "datetime.now(" not in calls
    assert "open(" not in calls.replace("fdopen(", "")
    for name in own_imports(path):
        target = PACKAGE / (name.replace(".", "/") + ".py")
        if target.exists():
            assert "Pure." in docstring_of(target), f"pure, but imports {name}, which is not"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_arrows_point_one_way(path: Path) -> None:
    room = name_of(path).split(".")[0]
    if room not in (*STAGES, "store", *GROUND):
        return
    allowed = {room, *GROUND} if room not in GROUND else {*GROUND}
    strangers = {name for name in own_imports(path) if name.split(".")[0] not in allowed}
    assert not strangers, f"{room} may import only {sorted(allowed)}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_each_package_has_its_owner(path: Path) -> None:
    name = name_of(path)
    for package in {item.split(".")[0] for item in imports_of(path)}:
        owners = OWNERS.get(package)
        if owners is None:
            continue
        assert any(name == owner or (owner.endswith(".") and (name + ".").startswith(owner))
                   for owner in owners), f"{package} belongs to {owners}"  # fmt: skip


def test_no_import_cycles() -> None:
    graph = {}
    for path in MODULES:
        names = {name_of(target) for target in MODULES}
        graph[name_of(path)] = {name for name in own_imports(path) if name in names}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail, name))
        if name in done:
            return
        for target in graph[name]:
            visit(target, (*trail, name))
        done.add(name)

    for name in graph:
        visit(name, ())


def test_only_known_packages_are_imported() -> None:
    plain = {
        "digest",
        "anyio",
        "pydantic",
        "psycopg",
        "dateutil",
        "pysqlite3",
        "cssutils",
        *sys.stdlib_module_names,
    }
    for path in MODULES:
        for package in {item.split(".")[0] for item in imports_of(path)}:
            assert package in plain or package in OWNERS, f"{path}: {package} has no owner"


def test_sql_lives_in_the_store() -> None:
    for path in MODULES:
        if name_of(path).startswith("store"):
            continue
        assert "exec_driver_sql" not in path.read_text(encoding="utf-8"), path
