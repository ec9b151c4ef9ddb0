"""`digest deliveries`: who got an edition, who did not and why; and to have them tried again.
I/O: the store.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.context import Context, open_context
from digest.cli.options import local_date, now
from digest.cli.reply_words import reply_words
from digest.cli.screen import print_json, print_table
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.model.ledger import EditionRecord
    from digest.model.newsroom import Publication
    from digest.store.rework import Listed

app = typer.Typer(
    help="Show who got an edition and who did not; have them tried again.", no_args_is_help=True
)

PublicationOption = Annotated[
    str | None, typer.Option("--publication", "-p", help="Its slug; not needed for the only one.")
]
DayOption = Annotated[
    str | None, typer.Option(help="The edition of that local date, YYYY-MM-DD; else the latest.")
]


class Shown(Enum):
    """What `list` can be asked for."""

    DEFERRED = "deferred"
    HELD = "held"
    FAILED = "failed"
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"
    SENT = "sent"
    UNCERTAIN = "uncertain"


class Released(Enum):
    """What is final and may all the same be tried again."""

    HELD = "held"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class _Subject:
    """The edition that is meant, in its open store."""

    context: Context
    publication: "Publication"
    record: "EditionRecord"

    @property
    def name(self) -> str:
        """As messages call it."""
        return f"{self.record.publication}, {self.record.day}"

    @property
    def to_send(self) -> str:
        """The command that serves it."""
        resume = " --resume" if self.record.state.value == "paused" else ""
        night = f"--publication {self.record.publication} --day {self.record.day}"
        return f"digest send{resume} {night}"


@app.command("list")
def list_them(
    state: Annotated[Shown | None, typer.Option(help="Only these; all when left out.")] = None,
    publication: PublicationOption = None,
    day: DayOption = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show an edition's readers: what became of the message, and the relay's words."""
    from digest.model.ledger import DeliveryState
    from digest.store.deliveries import progress
    from digest.store.rework import list_deliveries

    is_uncertain = state is Shown.UNCERTAIN
    with _edition(publication, day) as subject:
        with subject.context.store.read() as connection:
            found = list_deliveries(
                connection,
                subject.record.id,
                states=() if state is None or is_uncertain else (DeliveryState[state.name],),
                is_uncertain=is_uncertain,
                limit=limit,
            )
            counts = progress(connection, subject.record.id)
        if is_json:
            print_json([_as_json(one) for one in found])
            return
        if found:
            _print(found, subject.publication)
        typer.echo(f"{subject.name}: {_counts_line(counts)}; {len(found):,} shown")


@app.command()
def retry(
    publication: PublicationOption = None,
    day: DayOption = None,
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Have the deferred, and batches that were set aside, tried at the next run already."""
    from digest.store.deliveries import progress
    from digest.store.rework import retry_deferred

    with _edition(publication, day) as subject:
        _check_fresh(subject)
        with subject.context.store.write() as connection:
            n_batches = retry_deferred(connection, subject.record.id)
            n_deferred = progress(connection, subject.record.id)["deferred"]
    if is_json:
        print_json({"n_batches": n_batches, "n_deferred": n_deferred})
    elif not n_batches:
        typer.echo(f"{subject.name}: nothing waits for its hour, and no batch is set aside")
    else:
        typer.echo(
            f"{subject.name}: {_some(n_batches, 'batch', 'batches')} with {n_deferred:,} deferred "
            f"{'is' if n_batches == 1 else 'are'} tried at the next run: {_who_sends(subject)}"
        )


@app.command()
def release(
    state: Annotated[Released, typer.Option(help="Which of them.")],
    publication: PublicationOption = None,
    day: DayOption = None,
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Have those who are held, failed or expired tried again; one who is held may get it twice.

    An address that failed gets no mail until `digest subscribers add` lifts that.
    """
    from digest.model.ledger import DeliveryState
    from digest.store.rework import release_deliveries

    with _edition(publication, day) as subject:
        _check_fresh(subject)
        with subject.context.store.write() as connection:
            n = release_deliveries(connection, subject.record.id, DeliveryState[state.name])
    if is_json:
        print_json({"n_released": n})
    elif not n:
        typer.echo(f"{subject.name}: nobody is {state.value}")
    else:
        typer.echo(
            f"{subject.name}: {_some(n, 'reader', 'readers')} that {'was' if n == 1 else 'were'} "
            f"{state.value} {'is' if n == 1 else 'are'} tried again: {_who_sends(subject)}"
        )


@contextmanager
def _edition(slug: str | None, day: str | None) -> Iterator[_Subject]:
    """The edition that is meant. Raises UsageError where there is none that could be sent."""
    from digest.model.ledger import EditionState
    from digest.store.editions import find_edition, list_editions

    wanted = local_date(day)
    with open_context() as context:
        publication = context.settings.publication(slug)
        with context.store.read() as connection:
            if wanted is None:
                record = next(iter(list_editions(connection, publication.slug, limit=1)), None)
            else:
                record = find_edition(connection, publication.slug, wanted)
        if record is None:
            which = "no edition yet" if wanted is None else f"no edition of {wanted}"
            raise UsageError(f"{publication.slug} has {which}; digest status shows the last ones")
        if record.state in (EditionState.SKIPPED, EditionState.CANCELLED):
            raise UsageError(
                f"The edition of {publication.slug} for {record.day} was {record.state.value} "
                f"({record.reason}); --day names another"
            )
        yield _Subject(context, publication, record)


def _check_fresh(subject: _Subject) -> None:
    from digest.freshness import refuse_stale

    stale_after_h = subject.context.settings.deliver.stale_after_h
    refuse_stale(subject.record, stale_after_h=stale_after_h, now=now())


def _who_sends(subject: _Subject) -> str:
    if subject.record.state.value == "paused":
        return f"the edition is paused; look, then {subject.to_send}"
    return f"`{subject.to_send}` sends them now, `digest run` by itself"


def _print(found: "tuple[Listed, ...]", publication: "Publication") -> None:
    from digest.choose.window import local_words

    rows = [
        (
            one.address or f"(removed, {one.subscriber_id})",
            _state(one),
            reply_words(one.code, one.enhanced, one.reply),
            one.n_attempts,
            local_words(publication, one.at),
        )
        for one in found
    ]
    print_table("", ("address", "state", "reply", "#attempts", "when"), rows)


def _state(one: "Listed") -> str:
    from digest.store.rework import UNCERTAIN

    is_uncertain = one.is_uncertain and one.state in UNCERTAIN
    return one.state.name.lower() + (", uncertain" if is_uncertain else "")


def _as_json(one: "Listed") -> dict[str, object]:
    return {
        "subscriber_id": one.subscriber_id,
        "address": one.address,
        "state": one.state.name.lower(),
        "is_uncertain": one.is_uncertain,
        "code": one.code,
        "enhanced": one.enhanced,
        "reply": one.reply,
        "relay": one.relay,
        "n_attempts": one.n_attempts,
        "at": one.at.isoformat(timespec="seconds"),
    }


def _counts_line(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n:,} {state}" for state, n in counts.items() if n) or "nobody tried yet"


def _some(n: int, one: str, several: str) -> str:
    return f"{n:,} {one if n == 1 else several}"
