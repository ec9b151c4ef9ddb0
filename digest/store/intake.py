"""Taking a list of readers in: many rows, few statements. I/O: the database.

An import never subscribes anybody again: who is suppressed or has unsubscribed stays so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from digest.model.readers import SubscriptionState, Wish
from digest.store.schema import consent, subscriber, subscription, suppression
from digest.store.staging import (
    KEPT_OUT,
    KNOWN,
    LEAVES,
    LEFT,
    NEW,
    count_fates,
    stage,
    stored,
    unstage,
    wish,
)

# Columns of `consent` and the staged ones that fill them.
PROOF = {name: name for name in ("at", "ip", "confirmed_at", "confirmed_ip", "note")}


@dataclass(frozen=True, slots=True)
class Taken:
    """What some wishes came to; the sum is the number of wishes."""

    n_added: int = 0
    n_known: int = 0
    n_suppressed: int = 0
    n_kept_out: int = 0


def take_in(
    connection: Connection, publication: str, wishes: Sequence[Wish], *, now: datetime
) -> Taken:
    """Grant the wishes, at best some thousands at a time, inside the caller's transaction.

    Of several for one address a suppression counts, else the first. `n_known` are those whose
    wish was granted before, and such repetitions. A pending subscription is confirmed, as the
    list has the consent; topics and name of a known reader stay as they are.
    """
    single = _one_each(wishes)
    stage(connection, publication, single)
    fates = count_fates(connection)
    if LEAVES in fates:
        _suppress(connection, publication, now)
        _end_subscriptions(connection, publication, now)
    if NEW in fates:
        _subscribe(connection, publication, now)
    unstage(connection)
    return Taken(
        n_added=fates.get(NEW, 0),
        n_known=fates.get(KNOWN, 0) + fates.get(LEFT, 0) + len(wishes) - len(single),
        n_suppressed=fates.get(LEAVES, 0),
        n_kept_out=fates.get(KEPT_OUT, 0),
    )


def _one_each(wishes: Sequence[Wish]) -> list[Wish]:
    chosen: dict[str, Wish] = {}
    for one in wishes:
        held = chosen.setdefault(one.address, one)
        if held.suppress is None and one.suppress is not None:
            chosen[one.address] = one
    return list(chosen.values())


def _suppress(connection: Connection, publication: str, now: datetime) -> None:
    leaving = select(
        wish.c.address,
        literal(publication),
        wish.c.reason,
        wish.c.source,
        wish.c.evidence,
        _instant(now),
    ).where(wish.c.fate == LEAVES)
    columns = ["address", "publication", "reason", "source", "evidence", "at"]
    connection.execute(
        _upsert(connection, suppression)
        .from_select(columns, leaving)
        .on_conflict_do_nothing(index_elements=["address", "publication"])
    )


def _end_subscriptions(connection: Connection, publication: str, now: datetime) -> None:
    leaving = (
        select(subscriber.c.id)
        .join(wish, wish.c.address == subscriber.c.address)
        .where(wish.c.fate == LEAVES)
    )
    ended = connection.scalars(
        update(subscription)
        .where(
            subscription.c.subscriber_id.in_(leaving),
            subscription.c.publication == publication,
            subscription.c.state != SubscriptionState.UNSUBSCRIBED.value,
        )
        .values(state=SubscriptionState.UNSUBSCRIBED.value, changed_at=now)
        .returning(subscription.c.subscriber_id)
    ).all()
    if ended:
        which = subscriber.c.id.in_(ended)
        said = {"note": "evidence"}
        _note(connection, which, publication=publication, event="unsubscribed", proof=said, now=now)


def _subscribe(connection: Connection, publication: str, now: datetime) -> None:
    _insert_subscribers(connection, now)
    _insert_subscriptions(connection, publication, now)
    which = wish.c.fate == NEW
    _note(connection, which, publication=publication, event="imported", proof=PROOF, now=now)


def _insert_subscribers(connection: Connection, now: datetime) -> None:
    newcomers = select(
        wish.c.address, wish.c.as_given, wish.c.name, wish.c.language, _instant(now)
    ).where(wish.c.fate == NEW)
    columns = ["address", "address_as_given", "name", "language", "created_at"]
    connection.execute(
        _upsert(connection, subscriber)
        .from_select(columns, newcomers)
        .on_conflict_do_nothing(index_elements=["address"])
    )


def _insert_subscriptions(connection: Connection, publication: str, now: datetime) -> None:
    newcomers = (
        select(
            subscriber.c.id,
            literal(publication),
            literal(SubscriptionState.CONFIRMED.value),
            stored(connection, "topics"),
            _instant(now),
            _instant(now),
        )
        .join(wish, wish.c.address == subscriber.c.address)
        .where(wish.c.fate == NEW)
    )
    columns = ["subscriber_id", "publication", "state", "topics", "created_at", "changed_at"]
    insertion = _upsert(connection, subscription).from_select(columns, newcomers)
    connection.execute(
        insertion.on_conflict_do_update(
            index_elements=["subscriber_id", "publication"],
            set_={name: insertion.excluded[name] for name in ("state", "topics", "changed_at")},
            # Who has unsubscribed in the meantime, stays so.
            where=subscription.c.state == SubscriptionState.UNCONFIRMED.value,
        )
    )


def _note(
    connection: Connection,
    which: ColumnElement[bool],
    *,
    publication: str,
    event: str,
    proof: Mapping[str, str],
    now: datetime,
) -> None:
    """Append to the record of consent what the list has to say about those readers."""
    noted = (
        select(
            subscriber.c.id,
            literal(publication),
            literal(event),
            _instant(now),
            wish.c.source,
            *(stored(connection, name) for name in proof.values()),
        )
        .join(wish, wish.c.address == subscriber.c.address)
        .where(which)
    )
    columns = ["subscriber_id", "publication", "event", "recorded_at", "source", *proof]
    connection.execute(insert(consent).from_select(columns, noted))


def _instant(now: datetime) -> ColumnElement[datetime]:
    return literal(now, consent.c.recorded_at.type)


def _upsert(connection: Connection, table: Any) -> Any:
    is_postgresql = connection.dialect.name == "postgresql"
    return postgresql_insert(table) if is_postgresql else sqlite_insert(table)
