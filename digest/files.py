"""Where the shipped templates and sample are, in a checkout or an installed wheel. I/O: folders.

A newsroom's own templates/ in its project folder win over the shipped ones, file by file.
"""

from pathlib import Path

PACKAGE = Path(__file__).parent


def shipped(name: str) -> Path:
    """A shipped file or folder: `templates`, `config`, `env.example`."""
    installed = PACKAGE / "shipped" / name
    if installed.exists():
        return installed
    return PACKAGE.parent / (".env.example" if name == "env.example" else name)


def template_folders(project: Path) -> tuple[Path, ...]:
    """Where templates are looked for, the first that has one wins."""
    return (project / "templates", shipped("templates"))
