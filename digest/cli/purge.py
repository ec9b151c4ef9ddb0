"""`digest purge`: drop what is old; each edition keeps its counts. I/O: the store."""

from datetime import timedelta
from typing import Annotated

import typer

from digest.cli.context import open_context
from digest.cli.options import now
from digest.cli.screen import print_json


def purge(
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Drop deliveries and stories older than [keep] says. Editions, counts and readers stay."""
    from digest.store.editions import purge_deliveries
    from digest.store.entries import purge_entries

    with open_context() as context:
        keep = context.settings.keep
        with context.store.write() as connection:
            n_deliveries = purge_deliveries(
                connection, before=now() - timedelta(days=keep.deliveries_days)
            )
        with context.store.write() as connection:
            n_stories = purge_entries(connection, before=now() - timedelta(days=keep.stories_days))
    if is_json:
        print_json({"n_deliveries": n_deliveries, "n_stories": n_stories})
        return
    typer.echo(
        f"dropped {n_deliveries:,} deliveries older than {keep.deliveries_days} days and "
        f"{n_stories:,} stories older than {keep.stories_days} days"
    )
