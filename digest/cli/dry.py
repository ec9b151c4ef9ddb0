"""`send --dry-run` and `--to`: the same edition, and no trace of it. I/O: files, a message."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import typer

from digest.cli.choices import choice_as_json, print_choice
from digest.cli.context import Context
from digest.cli.feed_results import bad_feeds_line
from digest.cli.options import now
from digest.cli.screen import print_json, progress
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.model.message import Recipient
    from digest.model.newsroom import Publication
    from digest.preview import Preview


def dry_send(
    context: Context,
    publications: "Sequence[Publication]",
    day: date | None,
    *,
    to: str | None,
    is_fresh: bool,
    n_shown: int,
    is_json: bool,
) -> None:
    """Make each publication's preview; write it to var/preview/, or send it to `to`."""
    shown = []
    for publication in publications:
        readers = _readers(context, publication, to=to, n_shown=n_shown)
        preview = preview_of(
            context,
            publication,
            day,
            readers=readers,
            is_fresh=is_fresh,
            label="[TEST] " if to else "",
        )
        where = _hand_over(context, preview, to=to)
        n_readers = _n_readers(context, preview)
        if is_json:
            shown.append(choice_as_json(preview) | {"n_recipients": n_readers, "where": where})
            continue
        if _is_made(context, preview):
            typer.echo(f"{preview.day} has its edition already; this is what has come since.")
        print_choice(preview)
        if preview.body is not None:
            verb = "sent to" if to else "written to"
            typer.echo(f"\n{n_readers:,} readers would get it. Subject: {preview.body.subject}")
            typer.echo("\n".join(f"{verb}  {place}" for place in where))
            typer.echo("Nothing was changed: this was a dry run." if not to else "")
    if is_json:
        print_json(shown)


def preview_of(
    context: Context,
    publication: "Publication",
    day: date | None,
    *,
    readers: "Sequence[Recipient]",
    is_fresh: bool,
    label: str = "",
) -> "Preview":
    """The preview, with progress while feeds are polled."""
    from digest.preview import make_preview

    n_feeds = len(context.settings.feeds) if is_fresh else 0
    with progress("feeds", n_feeds) as count:
        preview = asyncio.run(
            make_preview(
                context.settings,
                context.store,
                publication,
                day=day,
                clock=now,
                is_fresh=is_fresh,
                readers=readers,
                label=label,
                on_result=lambda result: count(1, result.name),
            )
        )
    line = bad_feeds_line(preview.feeds)
    if line:
        typer.echo(line, err=True)
    return preview


def _readers(
    context: Context, publication: "Publication", *, to: str | None, n_shown: int
) -> "Sequence[Recipient]":
    from digest.preview import A_READER
    from digest.store.subscribers import sample_recipients

    if to is not None:
        from digest.subscribe.address import BadAddress, read_address

        address = read_address(to)
        if isinstance(address, BadAddress):
            raise UsageError(f"--to {to}: {address.reason}")
        return (replace(A_READER, address=address.folded),)
    with context.store.read() as connection:
        return sample_recipients(connection, publication.slug, limit=n_shown)


def _is_made(context: Context, preview: "Preview") -> bool:
    from digest.store.editions import is_made

    with context.store.read() as connection:
        return is_made(connection, preview.publication.slug, preview.day)


def _n_readers(context: Context, preview: "Preview") -> int:
    from digest.store.subscribers import count_audience
    from digest.subscribe.schedule import tonight_of

    publication, edition = preview.publication, preview.choice.edition
    tonight = None if edition is None else tonight_of(publication, edition)
    with context.store.read() as connection:
        return count_audience(connection, publication.slug, tonight=tonight)


def _hand_over(context: Context, preview: "Preview", *, to: str | None) -> list[str]:
    from digest.preview import save_preview
    from digest.run import send_test

    if preview.body is None:
        return []
    if to is None:
        return [str(path) for path in save_preview(preview, context.settings.var / "preview")]
    asyncio.run(send_test(context.settings, preview.publication, preview.envelopes[0], clock=now))
    return [to]
