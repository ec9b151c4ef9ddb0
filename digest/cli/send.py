"""`digest send`: tonight's edition, for real, as a dry run, or as one test. I/O: everything."""

import asyncio
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.context import Context, open_context
from digest.cli.options import local_date, now
from digest.cli.screen import print_json, print_table, progress
from digest.errors import DigestError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.model.newsroom import Publication
    from digest.night import Night
    from digest.night_report import NightReport


def send(
    publication: Annotated[
        str | None, typer.Option("--publication", "-p", help="Its slug; all when left out.")
    ] = None,
    day: Annotated[
        str | None, typer.Option(help="The edition of that local date, YYYY-MM-DD.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Compose it from fresh stories; change nothing.")
    ] = False,
    to: Annotated[
        str | None, typer.Option(help="Send one [TEST] copy to this address; change nothing.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an edition that was paused.")
    ] = False,
    gather: Annotated[
        bool, typer.Option("--gather/--no-gather", help="Poll the feeds first.")
    ] = True,
    show: Annotated[int, typer.Option(help="Dry run: write the message of so many readers.")] = 3,
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Send tonight's edition now. Safe to run again: nobody gets it twice.

    Exit codes: 0 done (also: already sent, nothing to send), 1 somebody is left without it,
    2 usage or settings.
    """
    wanted = local_date(day)
    if resume and (dry_run or to):
        raise UsageError("--resume sends for real: it goes with neither --dry-run nor --to")
    with open_context() as context:
        chosen = _publications(context, publication)
        if dry_run or to:
            from digest.cli.dry import dry_send

            dry_send(context, chosen, wanted, to=to, is_fresh=gather, n_shown=show, is_json=is_json)
            return
        nights = _nights(chosen, wanted, is_json=is_json)
        if gather and nights:
            _gather(context)
        reports, errors = _send_all(context, nights, is_resuming=resume)
    _print(reports, chosen, is_json=is_json)
    for error in errors:
        typer.echo(f"digest: {error}", err=True)
    if errors:
        raise typer.Exit(max(error.exit_code for error in errors))
    if not all(report.is_ok for report in reports):
        raise typer.Exit(1)


def _nights(
    publications: "Sequence[Publication]", day: date | None, *, is_json: bool
) -> "list[Night]":
    """The nights that are meant, and a word on those that are out of the ordinary."""
    from digest.choose.window import due_at, is_publishing
    from digest.night import night_of

    moment = now()
    found = []
    for publication in publications:
        night = night_of(publication, day=day, now=moment)
        if day is None and not is_publishing(publication, night.day):
            words = (
                f"{publication.slug} has no edition on {night.day:%A}s; --day {night.day} makes one"
            )
            typer.echo(words, err=is_json)
            continue
        if day is None and moment < due_at(publication, night.day):
            words = (
                f"{publication.slug}: this is the edition of {night.day}, ahead of its hour "
                f"({publication.send_at:%H:%M}); once it is sent, there will be no other then"
            )
            typer.echo(words, err=True)
        found.append(night)
    return found


def _send_all(
    context: Context, nights: "Sequence[Night]", *, is_resuming: bool
) -> "tuple[list[NightReport], list[DigestError]]":
    """One publication's trouble does not keep the others from their readers."""
    reports: list[NightReport] = []
    errors: list[DigestError] = []
    for night in nights:
        try:
            reports += _send_one(context, night, is_resuming=is_resuming)
        except DigestError as error:
            errors.append(error)
    return reports, errors


def _publications(context: Context, slug: str | None) -> "tuple[Publication, ...]":
    settings = context.settings
    return settings.publications if slug is None else (settings.publication(slug),)


def _gather(context: Context) -> None:
    from digest.cli.feed_results import bad_feeds_line
    from digest.run import gather

    with progress("feeds", len(context.settings.feeds)) as count:
        results = asyncio.run(
            gather(
                context.settings,
                context.store,
                clock=now,
                on_result=lambda result: count(1, result.name),
            )
        )
    line = bad_feeds_line(results)
    if line:
        typer.echo(line, err=True)


def _send_one(context: Context, night: "Night", *, is_resuming: bool) -> "tuple[NightReport, ...]":
    from digest.run import send_night
    from digest.signals import stop_on_signals

    async def run() -> "tuple[NightReport, ...]":
        with progress(night.publication.slug, None) as count:
            return await send_night(
                context.settings,
                context.store,
                night,
                clock=now,
                stop=stop_on_signals(),
                is_eager=True,
                is_resuming=is_resuming,
                on_start=lambda record: count.set_total(record.n_total),
                on_outcomes=lambda outcomes: count(len(outcomes), outcomes[-1].state.name.lower()),
            )

    return asyncio.run(run())


def _print(
    reports: "Sequence[NightReport]", publications: "Sequence[Publication]", *, is_json: bool
) -> None:
    if is_json:
        print_json([report_as_json(report) for report in reports])
        return
    by_slug = {publication.slug: publication for publication in publications}
    for report in reports:
        typer.echo(report_line(report, by_slug[report.publication]), err=not report.is_ok)
        if report.counts:
            rows = [(state, n) for state, n in report.counts.items() if n]
            print_table("", ("outcome", "#readers"), rows)


def report_line(report: "NightReport", publication: "Publication") -> str:
    """What came of a night, as one sentence."""
    from digest.choose.window import local_words
    from digest.night_report import Ending

    words = f"{report.publication}, {report.day}: {report.ending.value}"
    if report.subject:
        words += f": “{report.subject}” to {report.n_recipients:,} readers"
    if report.reason:
        words += f" ({report.reason})"
    if report.n_uncertain:
        words += f"; {report.n_uncertain} uncertain (the relay did not answer)"
    if report.n_expired:
        words += f"; {report.n_expired:,} did not get it before it was old news"
    if report.n_held:
        words += f"; {report.n_held:,} may have got it and are held (digest deliveries list)"
    if not report.is_ok and report.retry_at is not None:
        words += f"; next attempt after {local_words(publication, report.retry_at)}"
    if report.ending is Ending.INCOMPLETE:
        words += ". Run the same command again, or leave it to `digest run`."
    if report.ending is Ending.PAUSED:
        words += "; look, then digest send --resume"
        words += f" --publication {report.publication} --day {report.day}"
    return words


def report_as_json(report: "NightReport") -> dict[str, object]:
    """For `--json`."""
    return {
        "publication": report.publication,
        "day": report.day,
        "ending": report.ending.value,
        "reason": report.reason,
        "subject": report.subject,
        "n_recipients": report.n_recipients,
        "counts": dict(report.counts),
        "n_uncertain": report.n_uncertain,
        "n_parked": report.n_parked,
        "retry_at": report.retry_at,
    }
