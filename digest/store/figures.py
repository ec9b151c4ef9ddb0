"""The figures by which a newsroom sees how its mail does: readers, editions, feeds, each counted.
I/O: the database.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, func, select

from digest.model.feeds import FeedState
from digest.model.ledger import EditionRecord, EditionState
from digest.store.deliveries import progress
from digest.store.editions import list_editions
from digest.store.feeds import list_states
from digest.store.schema import edition
from digest.store.subscribers import count_by_status

ENDED = (EditionState.SENT, EditionState.CANCELLED)
WITH_READERS = (EditionState.READY, EditionState.SENDING, EditionState.PAUSED, *ENDED)


@dataclass(frozen=True, slots=True)
class Figures:
    """By publication: readers by status (count_by_status), editions by state. `latest` is each
    one's last edition that was not skipped, its counts as they are now."""

    readers: Mapping[str, Mapping[str, int]]
    editions: Mapping[str, Mapping[str, int]]
    latest: tuple[EditionRecord, ...]
    feeds: tuple[FeedState, ...]


def figures_of(connection: Connection, publications: Iterable[str]) -> Figures:
    """All of them at one moment; `feeds` are all ever polled."""
    slugs = tuple(publications)
    return Figures(
        readers={slug: count_by_status(connection, slug) for slug in slugs},
        editions={slug: _by_state(connection, slug) for slug in slugs},
        latest=tuple(one for slug in slugs for one in _latest(connection, slug)),
        feeds=list_states(connection),
    )


def _by_state(connection: Connection, publication: str) -> dict[str, int]:
    rows = connection.execute(
        select(edition.c.state, func.count())
        .where(edition.c.publication == publication)
        .group_by(edition.c.state)
    )
    return {str(state): n for state, n in rows}


def _latest(connection: Connection, publication: str) -> tuple[EditionRecord, ...]:
    found = list_editions(connection, publication, limit=1, states=WITH_READERS)
    return tuple(
        record if record.state in ENDED else replace(record, counts=progress(connection, record.id))
        for record in found
    )
