"""`digest demo`: the sample town's night, with everything real but the town. I/O: see demo.py."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.screen import print_table

if TYPE_CHECKING:
    from digest.demo import Demo


def demo(
    folder: Annotated[Path, typer.Option(help="Where to leave it; made anew.")] = Path("var/demo"),
) -> None:
    """Gather, choose, compose and deliver the sample town's wrap to 23 readers, on this machine.

    Serves the feeds and catches the mail on loopback; leaves the messages as files.
    """
    from digest.demo import run_demo

    done = run_demo(folder, now=datetime.now(UTC), say=typer.echo)
    _print(done)


def _print(done: "Demo") -> None:
    edition = done.edition
    sources = {source for story in edition.stories for source in (story.source, *story.also)}
    typer.echo("")
    print_table(
        f"“{done.report.subject}”",
        ("section", "#stories", "first"),
        [
            ("Lead", 1, edition.lead.title),
            *((one.title, len(one.stories), one.stories[0].title) for one in edition.sections),
        ],
    )
    typer.echo("")
    counts = done.report.counts
    print_table(
        "",
        ("the night in numbers", "#"),
        [
            ("feeds polled", len(done.feeds)),
            ("entries gathered", sum(feed.n_entries for feed in done.feeds)),
            ("stories in the wrap", len(edition.stories)),
            ("of them reported by several", sum(bool(story.also) for story in edition.stories)),
            ("sources", len({source.feed for source in sources})),
            ("readers", done.report.n_recipients),
            ("messages sent", counts.get("sent", 0)),
            ("left undelivered", done.report.n_recipients - counts.get("sent", 0)),
        ],
    )
    first = done.messages[0].with_suffix(".html").resolve()
    typer.echo(f"\nThe messages are in {first.parent}/ as .eml and .html.")
    typer.echo(f"Open one in a browser: file://{first}")
