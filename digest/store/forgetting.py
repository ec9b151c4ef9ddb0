"""Readers who asked to be forgotten (GDPR article 17): all of them goes but a keyed hash, which
keeps lists from bringing them back. I/O: the database.

The hash is no bar to the person: who signs up again and confirms is a reader like any other.
The ledger's rows stay, for its sums, without what a relay said: they name a number that is
nobody's any more and never somebody else's.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, Table, delete, exists, func, insert, select, update

from digest.model.readers import SuppressionReason
from digest.store.dossier import Dossier
from digest.store.schema import (
    consent,
    delivery,
    forgotten,
    letter,
    subscriber,
    subscription,
    suppression,
)
from digest.store.suppressions import EVERYWHERE

PAGE = 500
# A reader's row that nobody is behind: see _remove_reader().
EMPTY = "forgotten"


def forget(connection: Connection, dossier: Dossier, *, hashed: str, now: datetime) -> None:
    """Erase what the dossier lists, and keep the hash of its address: for all publications, and
    with the reasons that it had. Forgetting again is harmless."""
    reasons = {one.publication: one.reason for one in dossier.suppressions}
    reasons.setdefault(EVERYWHERE, SuppressionReason.UNSUBSCRIBED)
    known = set(
        connection.scalars(select(forgotten.c.publication).where(forgotten.c.hash == hashed))
    )
    for publication, reason in reasons.items():
        if publication not in known:
            connection.execute(
                insert(forgotten).values(
                    hash=hashed, publication=publication, reason=reason.value, at=now
                )
            )
    connection.execute(delete(suppression).where(suppression.c.address == dossier.address))
    if dossier.subscriber_id is not None:
        _remove_reader(connection, dossier.subscriber_id, now)


def any_forgotten(connection: Connection) -> bool:
    """Whether a list must be compared with hashes at all."""
    return bool(connection.scalar(select(exists().where(forgotten.c.hash.is_not(None)))))


def forgotten_among(
    connection: Connection, hashes: Collection[str], *, publication: str
) -> frozenset[str]:
    """Those of the hashes that are of forgotten addresses, for the publication or for all."""
    found: set[str] = set()
    wanted = sorted(hashes)
    for start in range(0, len(wanted), PAGE):
        found.update(
            connection.scalars(
                select(forgotten.c.hash).where(
                    forgotten.c.hash.in_(wanted[start : start + PAGE]),
                    forgotten.c.publication.in_((EVERYWHERE, publication)),
                )
            )
        )
    return frozenset(found)


def known_among(connection: Connection, addresses: Collection[str]) -> frozenset[str]:
    """Those of the addresses that have a reader (again)."""
    found: set[str] = set()
    wanted = sorted(addresses)
    for start in range(0, len(wanted), PAGE):
        found.update(
            connection.scalars(
                select(subscriber.c.address).where(
                    subscriber.c.address.in_(wanted[start : start + PAGE])
                )
            )
        )
    return frozenset(found)


def _remove_reader(connection: Connection, subscriber_id: int, now: datetime) -> None:
    # A relay's reply often repeats the address.
    connection.execute(
        update(delivery).where(delivery.c.subscriber_id == subscriber_id).values(reply="")
    )
    tables: tuple[Table, ...] = (consent, letter, subscription)
    for table in tables:
        connection.execute(delete(table).where(table.c.subscriber_id == subscriber_id))
    last = select(func.max(subscriber.c.id)).scalar_subquery()
    connection.execute(
        delete(subscriber).where(
            subscriber.c.address.startswith(f"{EMPTY}:"), subscriber.c.id != last
        )
    )
    if connection.dialect.name == "sqlite" and _is_last(connection, subscriber_id):
        # SQLite gives the highest number out again: old links and deliveries would be those of
        # the next reader. The row stays for its number, with nothing of the reader in it.
        connection.execute(
            update(subscriber)
            .where(subscriber.c.id == subscriber_id)
            .values(
                address=f"{EMPTY}:{subscriber_id}",
                address_as_given="",
                name="",
                language=None,
                created_at=now,
            )
        )
        return
    connection.execute(delete(subscriber).where(subscriber.c.id == subscriber_id))


def _is_last(connection: Connection, subscriber_id: int) -> bool:
    return bool(connection.scalar(select(func.max(subscriber.c.id))) == subscriber_id)
