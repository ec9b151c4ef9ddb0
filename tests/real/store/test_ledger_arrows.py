"""docs/ledger.md draws every way from one state to another that the code goes, and no others.

Each operation is done to an edition, or a batch, in each state and in several plights; what changed
is compared with the arrows. Arrows from a state to itself are not looked at.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import count, product
from pathlib import Path

from sqlalchemy import Connection, select, update

from digest.model.ledger import (
    BatchState,
    ClaimedBatch,
    DeliveryState,
    EditionRecord,
    EditionState,
    Outcome,
)
from digest.store.batches import (
    MAX_TRIES,
    adopt_orphans,
    claim_batch,
    close_batch,
    hasten,
    release_batch,
    renew_lease,
)
from digest.store.deliveries import record
from digest.store.editions import (
    cancel_edition,
    finish_edition,
    pause_edition,
    refresh_counts,
    resume_edition,
    skip_edition,
)
from digest.store.engine import Store
from digest.store.rework import release_deliveries, retry_deferred
from digest.store.schema import batch, edition
from tests.real.store.ledger import (
    DEFERRED,
    FAILED,
    NOW,
    SENT,
    SLUG,
    an_edition,
    fact,
    put_edition,
)

DOC = (Path(__file__).parents[3] / "docs" / "ledger.md").read_text(encoding="utf-8")
LATER = NOW + timedelta(minutes=1)
IDS = (1, 2)
Operation = Callable[[Connection, ClaimedBatch], object]
Arrow = tuple[str, str]

OF_BATCHES: tuple[Operation, ...] = (
    lambda connection, one: claim_batch(connection, one.edition_id, owner="w", now=LATER),
    lambda connection, one: renew_lease(connection, one, now=NOW),
    release_batch,
    lambda connection, one: close_batch(connection, one, retry_at=LATER),
    lambda connection, one: hasten(connection, one.edition_id),
    lambda connection, one: adopt_orphans(connection, one.edition_id),
    lambda connection, one: retry_deferred(connection, one.edition_id),
)


def _releasing(state: DeliveryState) -> Operation:
    return lambda connection, one: release_deliveries(connection, one.edition_id, state)


def _day(connection: Connection, one: ClaimedBatch) -> date:
    day: date = connection.execute(
        select(edition.c.day).where(edition.c.id == one.edition_id)
    ).scalar_one()
    return day


def _making(connection: Connection, one: ClaimedBatch) -> None:
    put_edition(connection, IDS, chosen=an_edition(_day(connection, one)))


def _skip(connection: Connection, day: date) -> EditionRecord:
    skip = partial(skip_edition, since=NOW, cutoff=NOW, created_at=NOW, reason="too few")
    return skip(connection, SLUG, day)


OF_EDITIONS: tuple[Operation, ...] = (
    _making,
    lambda connection, one: _skip(connection, _day(connection, one)),
    lambda connection, one: finish_edition(connection, one.edition_id, now=NOW),
    lambda connection, one: refresh_counts(connection, one.edition_id),
    lambda connection, one: pause_edition(connection, one.edition_id, reason="look"),
    lambda connection, one: resume_edition(connection, one.edition_id, now=NOW),
    lambda connection, one: cancel_edition(connection, one.edition_id, reason="no"),
    _releasing(DeliveryState.FAILED),
)


def drawn(heading: str) -> set[Arrow]:
    """The arrows of the diagram under the heading, but for those from a state to itself."""
    picture = DOC.split(f"## {heading}\n")[1].split("```mermaid")[1].split("```")[0]
    arrows = re.findall(r"^ +(\S+) --> (\w+):", picture, flags=re.MULTILINE)
    return {(one, other) for one, other in arrows if one not in (other, "[*]")}


@dataclass(frozen=True)
class Plight:
    """An edition of one batch; one that was skipped has none."""

    edition_state: EditionState
    batch_state: BatchState
    tries: int
    outcome: Outcome | None

    def put(self, connection: Connection, day: date) -> ClaimedBatch:
        if self.edition_state is EditionState.SKIPPED:
            return ClaimedBatch(0, _skip(connection, day).id, epoch=1, todo=IDS)
        made = put_edition(connection, IDS, chosen=an_edition(day))
        of_it = select(batch.c.id).where(batch.c.edition_id == made.id)
        one = ClaimedBatch(connection.execute(of_it).scalar_one(), made.id, epoch=1, todo=IDS)
        if self.outcome is not None:
            record(connection, [fact(one, reader, self.outcome) for reader in IDS])
        lease_until = NOW if self.batch_state is BatchState.SENDING else None
        forced = {"epoch": 1, "tries": self.tries, "lease_until": lease_until}
        connection.execute(
            update(batch).where(batch.c.id == one.id).values(state=self.batch_state.value, **forced)
        )
        connection.execute(
            update(edition).where(edition.c.id == made.id).values(state=self.edition_state.value)
        )
        return one


PLIGHTS = tuple(
    Plight(*one)
    for one in product(EditionState, BatchState, (1, MAX_TRIES), (None, SENT, DEFERRED, FAILED))
    if one[0] is not EditionState.SKIPPED or one[1:] == (BatchState.READY, 1, None)
)


def test_every_way_is_drawn(sqlite_store: Store) -> None:
    of_batches: set[Arrow] = set()
    of_editions: set[Arrow] = set()
    days = (date(2026, 1, 1) + timedelta(days=n) for n in count())
    for plight, operation in product(PLIGHTS, OF_BATCHES + OF_EDITIONS):
        with sqlite_store.write() as connection:
            one = plight.put(connection, next(days))
            operation(connection, one)
            state = select(batch.c.state).where(batch.c.id == one.id)
            of_batches.add((plight.batch_state.value, str(connection.scalar(state))))
            state = select(edition.c.state).where(edition.c.id == one.edition_id)
            of_editions.add((plight.edition_state.value, str(connection.scalar(state))))
    assert changes(of_batches) == drawn("Batches")
    assert changes(of_editions) == drawn("Editions")


def changes(arrows: set[Arrow]) -> set[Arrow]:
    """Without those that change nothing, or what was not there."""
    return {(one, other) for one, other in arrows if other not in (one, "None")}
