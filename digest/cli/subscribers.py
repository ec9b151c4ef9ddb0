"""`digest subscribers`: who gets the wrap. I/O: the store, files."""

import sys
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from digest.cli import rights
from digest.cli.context import Context, open_context
from digest.cli.options import now
from digest.cli.reader_counts import readers_line
from digest.cli.screen import print_json, print_table, progress
from digest.errors import UsageError
from digest.whole_file import whole_file

if TYPE_CHECKING:
    from digest.model.newsroom import Publication
    from digest.model.readers import Subscriber, SuppressionReason
    from digest.roster import ImportReport
    from digest.subscribe.address import Address

app = typer.Typer(
    help="Add, remove, list, import and export readers; show, export and forget one.",
    no_args_is_help=True,
)
app.command()(rights.show)
app.command("export-data")(rights.export_data)
app.command()(rights.forget)

PublicationOption = Annotated[
    str | None, typer.Option("--publication", "-p", help="Its slug; not needed for the only one.")
]
MAX_BAD_SHOWN = 20
READERS_AT_ONCE = 5_000


@app.command()
def add(
    address: Annotated[str, typer.Argument(help="The reader's address.")],
    name: Annotated[str, typer.Option(help="The reader's name.")] = "",
    topics: Annotated[str, typer.Option(help="Sections wanted, such as news,arts; all.")] = "",
    consent: Annotated[
        str, typer.Option(help="How and when they agreed; needed for one who had left.")
    ] = "",
    publication: PublicationOption = None,
) -> None:
    """Subscribe a reader by hand, with a note of how they agreed."""
    from digest.model.readers import Consent
    from digest.store.subscribers import add_subscriber

    known = _address(address)
    with open_context() as context:
        chosen = context.settings.publication(publication)
        wanted = _topics(chosen, topics)
        with context.store.write() as connection:
            _lift(connection, known.folded, chosen, consent)
            if not consent:
                _refuse_forgotten(connection, context, known.folded, chosen)
            add_subscriber(
                connection,
                publication=chosen.slug,
                address=known.folded,
                as_given=known.as_given,
                name=name,
                language=None,
                topics=wanted,
                consented=Consent(source="added by hand", at=now(), note=consent),
                now=now(),
            )
    typer.echo(f"{known.folded} gets {chosen.title}" + (f": {', '.join(wanted)}" if wanted else ""))


def _lift(connection: Any, address: str, publication: "Publication", consent: str) -> None:
    from digest.store.suppressions import EVERYWHERE, find_suppression, lift_suppression

    found = find_suppression(connection, address, publication=publication.slug)
    if found is None:
        return
    why = f"{address} gets no mail: {found.reason.value}, {found.at:%Y-%m-%d}, {found.source}."
    if found.publication == EVERYWHERE:
        raise UsageError(f"{why} That holds for all publications.")
    if not consent:
        raise UsageError(f'{why} If they want it again, say how they told you: --consent "..."')
    lift_suppression(connection, address, publication=publication.slug)


def _refuse_forgotten(
    connection: Any, context: Context, address: str, publication: "Publication"
) -> None:
    from digest.store.forgetting import any_forgotten, forgotten_among, known_among
    from digest.subscribe.forgotten import Forgetter

    key = context.settings.secret_key
    if key is None or not any_forgotten(connection) or known_among(connection, [address]):
        return
    hashed = Forgetter(key).hash(address)
    if forgotten_among(connection, [hashed], publication=publication.slug):
        raise UsageError(
            f"{address} asked to be forgotten. If they want it again, say how they told you: "
            '--consent "..."'
        )


@app.command()
def remove(
    address: Annotated[str, typer.Argument(help="The reader's address.")],
    publication: PublicationOption = None,
) -> None:
    """Unsubscribe a reader; no import brings them back."""
    from digest.model.readers import SuppressionReason
    from digest.store.subscribers import find_subscriber, unsubscribe
    from digest.store.suppressions import suppress_address

    known = _address(address)
    with open_context() as context:
        slug = context.settings.publication(publication).slug
        with context.store.write() as connection:
            found = find_subscriber(connection, slug, known.folded)
            if found is not None:
                unsubscribe(connection, slug, found.id, source="removed by hand", now=now())
            suppress_address(
                connection,
                known.folded,
                publication=slug,
                reason=SuppressionReason.UNSUBSCRIBED,
                source="removed by hand",
                evidence="",
                now=now(),
            )
    was = "was not a subscriber and " if found is None else ""
    typer.echo(f"{known.folded} {was}gets no mail of {slug} any more")


@app.command("list")
def list_them(
    publication: PublicationOption = None,
    limit: Annotated[int, typer.Option(help="At most so many.")] = 100,
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show readers and their wishes."""
    from digest.store.subscribers import count_by_status, list_subscribers
    from digest.store.suppressions import reasons_of

    with open_context() as context:
        slug = context.settings.publication(publication).slug
        with context.store.read() as connection:
            found = list_subscribers(connection, slug, limit=limit)
            counts = count_by_status(connection, slug)
            reasons: dict[str, SuppressionReason] = {}
            for start in range(0, len(found), READERS_AT_ONCE):
                some = [one.address for one in found[start : start + READERS_AT_ONCE]]
                reasons |= reasons_of(connection, some, publication=slug)
    statuses = [reasons.get(one.address, one.state).value for one in found]
    if is_json:
        print_json([_as_json(one, status) for one, status in zip(found, statuses, strict=True)])
        return
    rows = [(one.address, one.name, status, ", ".join(one.topics) or "all")
            for one, status in zip(found, statuses, strict=True)]  # fmt: skip
    print_table("", ("address", "name", "status", "topics"), rows)
    typer.echo(f"{readers_line(counts) or 'nobody yet'}; {len(found):,} shown")


def _as_json(one: "Subscriber", status: str) -> dict[str, object]:
    return {
        "address": one.address,
        "name": one.name,
        "language": one.language,
        "publication": one.publication,
        "state": one.state.value,
        "status": status,
        "topics": list(one.topics),
        "created_at": one.created_at.isoformat(timespec="seconds"),
    }


@app.command("import")
def import_them(
    file: Annotated[Path, typer.Argument(help="CSV, or the ZIP that a program exported.")],
    publication: PublicationOption = None,
) -> None:
    """Take in a list: Mailchimp, Substack, Ghost, Buttondown, listmonk, Keila, or any CSV.

    Those who left or bounced there are never mailed; nobody is subscribed again. Exit code 1 when
    a row could not be used; all others are in.
    """
    from digest.roster import import_file

    with open_context() as context:
        chosen = context.settings.publication(publication)
        with progress("rows", None) as count:
            report = import_file(
                context.store,
                file,
                publication=chosen.slug,
                sections=chosen.sections,
                now=now(),
                key=context.settings.secret_key,
                on_progress=count,
            )
    _print_report(report, chosen)
    if report.n_bad:
        raise typer.Exit(1)


def _print_report(report: "ImportReport", publication: "Publication") -> None:
    print_table(
        f"from {', '.join(report.products)}",
        ("rows", "#"),
        [
            ("read", f"{report.n_rows:,}"),
            ("subscribed", f"{report.n_added:,}"),
            ("known already, or repeated", f"{report.n_known:,}"),
            ("left or failed there: never mailed", f"{report.n_suppressed:,}"),
            ("kept out: had left here", f"{report.n_kept_out:,}"),
            ("not taken: never agreed there", f"{report.n_unconfirmed:,}"),
            ("not usable", f"{report.n_bad:,}"),
        ],
    )
    for bad in report.bad[:MAX_BAD_SHOWN]:
        typer.echo(f"line {bad.line}: {bad.reason}")
    if report.n_bad > MAX_BAD_SHOWN:
        typer.echo(f"... and {report.n_bad - MAX_BAD_SHOWN:,} more")
    if report.unknown_topics:
        names = ", ".join(sorted(report.unknown_topics))
        typer.echo(f"left out, as {publication.slug} has no such sections: {names}")


@app.command("export")
def export_them(
    file: Annotated[Path | None, typer.Argument(help="Where to; standard output.")] = None,
    publication: PublicationOption = None,
) -> None:
    """Write all readers as CSV, in the columns that `import` takes."""
    with open_context() as context:
        slug = context.settings.publication(publication).slug
        if file is None:
            _export(context, sys.stdout.buffer, slug)
            return
        with whole_file(file) as out:
            n = _export(context, out, slug)
    typer.echo(f"{n:,} readers written to {file}")


def _export(context: Context, out: BinaryIO, publication: str) -> int:
    from digest.roster import export_file

    text = TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    try:
        return export_file(context.store, text, publication=publication)
    finally:
        text.detach()


def _address(text: str) -> "Address":
    from digest.subscribe.address import BadAddress, read_address

    found = read_address(text)
    if isinstance(found, BadAddress):
        raise UsageError(f"{text}: {found.reason}")
    return found


def _topics(publication: "Publication", text: str) -> tuple[str, ...]:
    wanted = tuple(sorted({part.strip() for part in text.split(",")} - {""}))
    known = [section.slug for section in publication.sections]
    for topic in wanted:
        if topic not in known:
            raise UsageError(f'There is no section "{topic}". There are: {", ".join(known)}')
    return wanted
