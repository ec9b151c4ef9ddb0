"""`digest gather`: poll the feeds and store their stories. I/O: feeds, the store."""

import asyncio
from typing import Annotated

import typer

from digest.cli.context import open_context
from digest.cli.options import now
from digest.cli.screen import print_json, progress


def gather(
    force: Annotated[
        bool, typer.Option("--force", help="Also ask feeds that wait after a failure.")
    ] = False,
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Poll all feeds once and store what they say.

    A dead feed never stops the others; it is named, and makes the exit code 1.
    """
    from digest.cli.feed_results import as_json, print_results
    from digest.run import gather as gather_feeds

    with open_context() as context:
        total = len(context.settings.feeds)
        with progress("feeds", total) as count:
            results = asyncio.run(
                gather_feeds(
                    context.settings,
                    context.store,
                    clock=now,
                    is_forced=force,
                    on_result=lambda result: count(1, result.name),
                )
            )
    if is_json:
        print_json([as_json(result) for result in results])
    else:
        print_results(results)
    if any(result.is_bad for result in results):
        raise typer.Exit(1)
