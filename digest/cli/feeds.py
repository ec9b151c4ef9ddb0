"""`digest feeds`: what is configured, whether it answers, OPML. I/O: feeds, files."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from digest.cli.context import open_context
from digest.cli.screen import print_json, print_table, progress
from digest.errors import SettingsError, UnreadableFileError, UsageError
from digest.whole_file import write_whole

app = typer.Typer(help="List and check feeds; OPML in and out.", no_args_is_help=True)


@app.command("list")
def list_feeds(
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show every feed and how its last poll went."""
    from digest.store.entries import count_entries
    from digest.store.feeds import list_states

    with open_context() as context:
        with context.store.read() as connection:
            states = {state.name: state for state in list_states(connection)}
            counts = count_entries(connection)
        feeds = context.settings.feeds
    rows = []
    for feed in feeds:
        state = states.get(feed.name)
        seen = state.last_success_at if state else None
        rows.append(
            {
                "name": feed.name,
                "url": feed.url,
                "section": feed.section,
                "weight": feed.weight,
                "n_stored": counts.get(feed.name, 0),
                "last_success_at": seen.isoformat(timespec="minutes") if seen else None,
                "remark": _remark(state.is_gone, state.last_error) if state else "never polled",
            }
        )
    if is_json:
        print_json(rows)
        return
    columns = ("feed", "url", "section", "#weight", "#stored", "last success", "remark")
    print_table("", columns, [tuple(row.values()) for row in rows])


def _remark(is_gone: bool, error: str | None) -> str:
    return "gone (410): not asked again" if is_gone else error or ""


@app.command()
def check(
    name: Annotated[str | None, typer.Argument(help="One feed; all when left out.")] = None,
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Ask feeds now and show what they say; nothing is stored. Exit code 1 when one fails."""
    from digest.check import check_feeds
    from digest.cli.feed_results import as_json, print_results

    with open_context() as context:
        feeds = context.settings.feeds
        if name is not None:
            feeds = tuple(feed for feed in feeds if feed.name == name)
            if not feeds:
                known = ", ".join(feed.name for feed in context.settings.feeds)
                raise UsageError(f'There is no feed "{name}". There are: {known}')
        with progress("feeds", len(feeds)) as count:
            results = asyncio.run(
                check_feeds(context.settings, feeds, on_result=lambda one: count(1, one.name))
            )
    if is_json:
        print_json([as_json(result) for result in results])
    else:
        print_results(results)
    if any(result.is_bad for result in results):
        raise typer.Exit(1)


@app.command("import-opml")
def import_opml(
    file: Annotated[Path, typer.Argument(help="An OPML file, as feed readers export it.")],
) -> None:
    """Add the feeds of an OPML file to config/digest.toml; those it has already are left alone."""
    from dataclasses import replace

    from digest.opml import as_toml, free_name, read_opml
    from digest.settings.load import load_settings

    settings = load_settings(Path.cwd())
    found = read_opml(_read(file))
    known = {feed.url for feed in settings.feeds}
    names = {feed.name for feed in settings.feeds}
    added = []
    for feed in found:
        if feed.url in known:
            typer.echo(f"kept   {feed.url}")
            continue
        name = free_name(feed.title, names)
        names.add(name)
        added.append(replace(feed, name=name))
        typer.echo(f"added  {name}  {feed.url}")
    _append(settings.config_file, as_toml(added))
    typer.echo(f"{len(added)} feeds added to {settings.config_file}; give each a section there.")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UnreadableFileError(f"{file}: {error.strerror}") from error


def _append(file: Path, text: str) -> None:
    """Add to the end of the TOML; taken back when the whole would be refused."""
    from digest.settings.load import load_settings

    before = file.read_text(encoding="utf-8")
    write_whole(file, f"{before.rstrip()}\n{text}".encode())
    try:
        load_settings(Path.cwd())
    except SettingsError:
        write_whole(file, before.encode())
        raise


@app.command("export-opml")
def export_opml() -> None:
    """Print all feeds as OPML."""
    from digest.opml import write_opml
    from digest.settings.load import load_settings

    settings = load_settings(Path.cwd())
    title = settings.publications[0].title
    sys.stdout.buffer.write(write_opml(settings.feeds, title))
