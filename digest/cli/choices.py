"""How a choice of stories is shown: what is in, what is out, and why. I/O: the terminal."""

from typing import TYPE_CHECKING

import typer

from digest.cli.screen import print_table

if TYPE_CHECKING:
    from digest.model.edition import Verdict
    from digest.preview import Preview

TITLE_WIDTH = 70


def print_choice(preview: "Preview", *, is_explained: bool = False) -> None:
    """The table of chosen stories; explained, of all of them with their points."""
    choice = preview.choice
    heading = f"{preview.publication.title}, {preview.day}: {choice.reason}"
    if choice.edition is None:
        typer.echo(f"{preview.publication.slug}, {preview.day}: nothing to send ({choice.reason})")
    verdicts = [one for one in choice.verdicts if one.is_in or is_explained]
    if not verdicts:
        return
    columns = ("#points", "place", "story", "reported by")
    rows = [_row(one) for one in verdicts]
    print_table(heading, columns, rows, is_one_line=True, spare="reported by")
    if is_explained:
        for verdict in verdicts:
            typer.echo(f"\n{_mark(verdict)} {verdict.ranked.story.title}\n     {verdict.why}")
            for reason in verdict.ranked.reasons:
                typer.echo(f"     {reason.points:+6.2f}  {reason.name}: {reason.text}")
    if preview.warning:
        typer.echo(f"\n{preview.warning}")


def choice_as_json(preview: "Preview") -> dict[str, object]:
    """For `--json`."""
    return {
        "publication": preview.publication.slug,
        "day": preview.day,
        "is_edition": preview.choice.edition is not None,
        "reason": preview.choice.reason,
        "subject": preview.body.subject if preview.body else None,
        "warning": preview.warning,
        "feeds_failed": [one.name for one in preview.feeds if one.is_bad],
        "stories": [_story_as_json(verdict) for verdict in preview.choice.verdicts],
    }


def _story_as_json(verdict: "Verdict") -> dict[str, object]:
    story = verdict.ranked.story
    return {
        "is_in": verdict.is_in,
        "why": verdict.why,
        "score": verdict.ranked.score,
        "reasons": {reason.name: round(reason.points, 3) for reason in verdict.ranked.reasons},
        "title": story.title,
        "url": story.url,
        "section": story.section,
        "published_at": story.published_at,
        "source": story.source.label,
        "also": [source.label for source in story.also],
    }


def _row(verdict: "Verdict") -> tuple[object, ...]:
    story = verdict.ranked.story
    title = story.title
    if len(title) > TITLE_WIDTH:
        title = title[: TITLE_WIDTH - 1].rstrip() + "…"
    sources = ", ".join((story.source.label, *(source.label for source in story.also)))
    return f"{verdict.ranked.score:.2f}", verdict.why, title, sources


def _mark(verdict: "Verdict") -> str:
    return "in  " if verdict.is_in else "out "
