"""`digest init`: a newsroom's folder that works at once. I/O: writes files, never over others."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from digest.errors import UsageError
from digest.whole_file import write_whole


def init(
    folder: Annotated[Path, typer.Argument(help="The folder to make or complete.")] = Path(),
) -> None:
    """Make a newsroom's folder: settings, a secret key, and the sample feeds to begin with.

    What is already there is kept, so it is safe to run again.
    """
    from digest.files import shipped

    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a folder, such as `digest init news`")
    (folder / "var").mkdir(parents=True, exist_ok=True)
    (folder / "config" / "sample").mkdir(parents=True, exist_ok=True)
    config = (shipped("config") / "digest.toml").read_text(encoding="utf-8")
    example = shipped("env.example").read_text(encoding="utf-8")
    _write(folder / "config" / "digest.toml", config)
    _write(folder / ".env.example", example)
    _write(folder / ".env", _with_a_key(example), mode=0o600)
    for path, text in _fresh_sample(shipped("config") / "sample"):
        _write(folder / "config" / "sample" / path.name, text)
    typer.echo(
        f"\nNext:\n  cd {folder}\n"
        "  digest send --dry-run     look at tonight's wrap of the sample town\n"
        "  edit config/digest.toml   your publication and your feeds\n"
        "  edit .env                 your relay and the address of your pages\n"
        "  digest doctor             is all well?"
    )


def _write(path: Path, text: str, *, mode: int = 0o644) -> None:
    if path.exists():
        typer.echo(f"kept  {path}")
        return
    write_whole(path, text.encode(), mode=mode)
    typer.echo(f"made  {path}")


def _with_a_key(example: str) -> str:
    return example.replace("DIGEST_SECRET_KEY=\n", f"DIGEST_SECRET_KEY={secrets.token_hex(32)}\n")


def _fresh_sample(folder: Path) -> Iterator[tuple[Path, str]]:
    """The sample's feeds and readers, the news day moved so that it ends now."""
    from digest.sample import WRITTEN_FOR, is_feed, shift

    by = datetime.now(UTC).replace(microsecond=0) - WRITTEN_FOR
    for path in sorted(folder.iterdir()):
        if is_feed(path.name):
            yield path, shift(path.read_text(encoding="utf-8"), by)
        elif path.name == "subscribers.csv":
            yield path, path.read_text(encoding="utf-8")
