"""`digest status`: what was sent, what is going out, what comes next. I/O: the store, only read."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli.context import Context, open_context
from digest.cli.live_line import live_as_json, live_line
from digest.cli.options import now
from digest.cli.reader_counts import readers_line
from digest.cli.screen import print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from digest.model.ledger import EditionRecord
    from digest.model.newsroom import Publication
    from digest.store.live import Live


def status(
    limit: Annotated[int, typer.Option(help="Editions to show for each publication.")] = 5,
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the last editions with their counts, readers, and when the next one is due."""
    with open_context() as context:
        found = [_status_of(context, one, limit) for one in context.settings.publications]
    if is_json:
        print_json(found)
        return
    for one in found:
        _print(one)


def _status_of(context: Context, publication: "Publication", limit: int) -> dict[str, Any]:
    from digest.choose.window import local_day, local_words, next_due
    from digest.model.ledger import EditionState
    from digest.store.editions import is_made, list_editions
    from digest.store.live import live_of
    from digest.store.subscribers import count_by_status

    with context.store.read() as connection:
        records = list_editions(connection, publication.slug, limit=limit)
        readers = count_by_status(connection, publication.slug)
        due = next_due(publication, now())
        while is_made(connection, publication.slug, local_day(publication, due)):
            due = next_due(publication, due)
        under_way = (EditionState.READY, EditionState.SENDING, EditionState.PAUSED)
        live = {
            record.id: live_of(connection, record, now=now())
            for record in records
            if record.state in under_way
        }
    return {
        "publication": publication.slug,
        "title": publication.title,
        "next_due": due.isoformat(),
        "next_due_local": local_words(publication, due),
        "subscribers": readers,
        "editions": [_edition(record, live.get(record.id)) for record in records],
    }


def _edition(record: "EditionRecord", live: "Live | None") -> dict[str, Any]:
    counts: Mapping[str, int] = record.counts if live is None else live.counts
    done = sum(counts.values()) - counts.get("deferred", 0)
    return {
        "day": record.day.isoformat(),
        "state": record.state.value,
        "subject": record.subject,
        "n_recipients": record.n_total,
        "n_left": max(0, record.n_total - done) if record.state.value != "skipped" else 0,
        "counts": dict(counts),
        "reason": record.reason,
        "sent_at": record.sent_at.isoformat(timespec="seconds") if record.sent_at else None,
        "live": None if live is None else live_as_json(live),
    }


def _print(found: dict[str, Any]) -> None:
    readers = readers_line(found["subscribers"])
    typer.echo(f"{found['title']} ({found['publication']})")
    typer.echo(f"  readers   {readers or 'none yet: digest subscribers import FILE'}")
    typer.echo(f"  next due  {found['next_due_local']}")
    for one in found["editions"]:
        if one["live"]:
            words = live_line(one["live"], n_total=one["n_recipients"], counts=one["counts"])
            typer.echo(f"  {one['day']}  {one['state']}: {words}")
    rows = [
        (
            one["day"],
            one["state"],
            one["n_recipients"],
            one["counts"].get("sent", 0),
            one["n_left"],
            ", ".join(
                f"{n} {state}" for state, n in one["counts"].items() if n and state != "sent"
            ),
            one["reason"] or one["subject"],
        )
        for one in found["editions"]
    ]
    if rows:
        columns = ("day", "state", "#readers", "#sent", "#left", "others", "subject or reason")
        print_table("", columns, rows)
    else:
        typer.echo("  no edition yet: digest send --dry-run shows what tonight's would be")
