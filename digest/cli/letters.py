"""`digest letters`: the mails to one reader each. I/O: the store, the relays."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.context import open_context
from digest.cli.options import now
from digest.cli.screen import print_json

if TYPE_CHECKING:
    from digest.post import Posted

app = typer.Typer(
    help="Letters to one reader each: to confirm a subscription, to welcome.", no_args_is_help=True
)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def send(is_json: JsonOption = False) -> None:
    """Send those that wait; `digest run` does so by itself, without it cron may, each minute.

    Exit codes: 0 done, 1 the relay can't be used, 2 settings.
    """
    from digest.post import open_post
    from digest.signals import stop_on_signals

    async def run() -> "Posted":
        return await open_post(context.settings, context.store, clock=now).send_due(
            stop_on_signals()
        )

    with open_context() as context:
        posted = asyncio.run(run())
    if is_json:
        print_json(
            {
                "n_sent": posted.n_sent,
                "n_deferred": posted.n_deferred,
                "n_failed": posted.n_failed,
                "n_dropped": posted.n_dropped,
            }
        )
        return
    typer.echo(
        f"{posted.n_sent:,} letters sent, {posted.n_deferred:,} to be tried again, "
        f"{posted.n_failed:,} failed, {posted.n_dropped:,} no longer wanted"
    )


@app.command()
def status(is_json: JsonOption = False) -> None:
    """Show how many wait, were sent, or failed."""
    from digest.model.signup import LetterState
    from digest.store.letters import count_letters

    with open_context() as context, context.store.read() as connection:
        counts = count_letters(connection)
    found = {state.value: counts.get(state, 0) for state in LetterState}
    if is_json:
        print_json(found)
        return
    typer.echo(", ".join(f"{n:,} {state}" for state, n in found.items()))
