"""`digest preview`: tonight's edition as it stands, and why. I/O: feeds, the store (only read)."""

from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.context import Context, open_context
from digest.cli.options import local_date
from digest.cli.screen import print_json
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.model.message import Recipient


def preview(
    publication: Annotated[
        str | None, typer.Option("--publication", "-p", help="Its slug.")
    ] = None,
    reader: Annotated[
        str | None, typer.Option("--as", help="As this subscriber will get it.")
    ] = None,
    day: Annotated[str | None, typer.Option(help="Of that local date, YYYY-MM-DD.")] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Why each story is in or out, with its points.")
    ] = False,
    stored: Annotated[
        bool, typer.Option("--stored", help="From what is stored; do not ask the feeds.")
    ] = False,
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show tonight's edition as it would go out now; nothing is changed or marked as seen."""
    from digest.cli.choices import choice_as_json, print_choice
    from digest.cli.dry import preview_of
    from digest.preview import save_preview

    with open_context() as context:
        chosen = context.settings.publication(publication)
        readers = [_subscriber(context, chosen.slug, reader)] if reader else []
        found = preview_of(context, chosen, local_date(day), readers=readers, is_fresh=not stored)
        paths = save_preview(found, context.settings.var / "preview")
    if is_json:
        print_json(choice_as_json(found) | {"files": [str(path) for path in paths]})
        return
    print_choice(found, is_explained=explain)
    for path in paths:
        typer.echo(f"written to  {path}")


def _subscriber(context: Context, publication: str, address: str) -> "Recipient":
    from digest.store.subscribers import find_subscriber, recipients

    with context.store.read() as connection:
        found = find_subscriber(connection, publication, address)
        if found is None:
            raise UsageError(f"{address} is not a subscriber of {publication}")
        reader = recipients(connection, publication, [found.id]).get(found.id)
    if reader is None:
        raise UsageError(f"{address} gets no mail: {found.state.value}, or suppressed")
    return reader
