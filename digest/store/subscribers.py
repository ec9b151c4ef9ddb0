"""Readers and their subscriptions: who they are, and who gets an edition. I/O: the database.

Addresses are folded (subscribe/address.py). Whoever is not confirmed, or is suppressed for the
publication or for all, gets no mail: `audience_ids` and `recipients` leave them out, and who does
not want a given night's mail with `tonight`.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    and_,
    func,
    insert,
    or_,
    select,
    update,
)

from digest.model.message import Recipient
from digest.model.readers import (
    Consent,
    Subscriber,
    SubscriptionState,
    SuppressionReason,
    Tonight,
)
from digest.store.schema import consent, subscriber, subscription, suppression
from digest.store.suppressions import EVERYWHERE, is_suppressed, suppress_address

PAGE = 5_000
# So many readers are looked at for some with different topics.
SAMPLED = 500


def find_subscriber(connection: Connection, publication: str, address: str) -> Subscriber | None:
    """The reader of that folded address, whatever the state of the subscription, or None."""
    row = connection.execute(_whole(publication).where(subscriber.c.address == address)).first()
    return None if row is None else _subscriber(row)


def get_subscriber(connection: Connection, publication: str, subscriber_id: int) -> Subscriber:
    """The reader of that id. Raises LookupError."""
    row = connection.execute(_whole(publication).where(subscriber.c.id == subscriber_id)).first()
    if row is None:
        raise LookupError(f"no subscriber {subscriber_id} of {publication}")
    return _subscriber(row)


def list_subscribers(
    connection: Connection,
    publication: str,
    *,
    state: SubscriptionState | None = None,
    after_id: int = 0,
    limit: int = PAGE,
) -> tuple[Subscriber, ...]:
    """The next readers by id; an empty tuple at the end."""
    query = _whole(publication).where(subscriber.c.id > after_id)
    if state is not None:
        query = query.where(subscription.c.state == state.value)
    rows = connection.execute(query.order_by(subscriber.c.id).limit(limit))
    return tuple(_subscriber(row) for row in rows)


def count_by_status(connection: Connection, publication: str) -> dict[str, int]:
    """How many readers stand where: by the reason of their suppression (one for all publications
    goes first), else the state of their subscription; "confirmed" are those who get it. Those with
    nobody are absent."""
    for_all, own = suppression.alias(), suppression.alias()
    status = func.coalesce(for_all.c.reason, own.c.reason, subscription.c.state)
    rows = connection.execute(
        select(status, func.count())
        .select_from(subscription)
        .join(subscriber, subscriber.c.id == subscription.c.subscriber_id)
        .outerjoin(for_all, _is_of(for_all, EVERYWHERE))
        .outerjoin(own, _is_of(own, publication))
        .where(subscription.c.publication == publication)
        .group_by(status)
    )
    return {str(status): n for status, n in rows}


def _is_of(table: FromClause, publication: str) -> ColumnElement[bool]:
    return and_(table.c.address == subscriber.c.address, table.c.publication == publication)


def add_subscriber(
    connection: Connection,
    *,
    publication: str,
    address: str,
    as_given: str,
    name: str,
    language: str | None,
    topics: Sequence[str],
    consented: Consent,
    now: datetime,
) -> Subscriber:
    """Confirm the reader's subscription, making what is not there, with the record of consent.

    Whether they may be subscribed (again) is the caller's to know: see find_suppression.
    """
    subscriber_id = _subscriber_id(connection, address, as_given, name, language, now)
    values = {
        "state": SubscriptionState.CONFIRMED.value,
        "topics": list(topics),
        "changed_at": now,
    }
    key = and_(
        subscription.c.subscriber_id == subscriber_id,
        subscription.c.publication == publication,
    )
    if connection.execute(update(subscription).where(key).values(**values)).rowcount == 0:
        connection.execute(
            insert(subscription).values(
                subscriber_id=subscriber_id, publication=publication, created_at=now, **values
            )
        )
    note_consent(connection, subscriber_id, publication, "confirmed", consented, now=now)
    return get_subscriber(connection, publication, subscriber_id)


def unsubscribe(
    connection: Connection,
    publication: str,
    subscriber_id: int,
    *,
    source: str,
    now: datetime,
    noted: Consent | None = None,
) -> bool:
    """End the subscription, suppress the address for the publication, and note it (`noted`, where
    more than the source is known). False, and nothing is written, when it had ended or never
    was."""
    ended = connection.execute(
        update(subscription)
        .where(
            subscription.c.subscriber_id == subscriber_id,
            subscription.c.publication == publication,
            subscription.c.state != SubscriptionState.UNSUBSCRIBED.value,
        )
        .values(state=SubscriptionState.UNSUBSCRIBED.value, changed_at=now)
    )
    if ended.rowcount == 0:
        return False
    suppress_address(
        connection,
        get_subscriber(connection, publication, subscriber_id).address,
        publication=publication,
        reason=SuppressionReason.UNSUBSCRIBED,
        source=source,
        evidence="",
        now=now,
    )
    left = noted or Consent(source=source, at=now)
    note_consent(connection, subscriber_id, publication, "unsubscribed", left, now=now)
    return True


def note_consent(
    connection: Connection,
    subscriber_id: int,
    publication: str,
    event: str,
    consented: Consent,
    *,
    now: datetime,
) -> None:
    """Append to the record of what the reader agreed to (CASL section 13)."""
    connection.execute(
        insert(consent).values(
            subscriber_id=subscriber_id,
            publication=publication,
            event=event,
            recorded_at=now,
            source=consented.source,
            at=consented.at,
            ip=consented.ip,
            confirmed_at=consented.confirmed_at,
            confirmed_ip=consented.confirmed_ip,
            note=consented.note,
            wording=consented.wording,
            wording_version=consented.wording_version,
            language=consented.language,
            page=consented.page,
            user_agent=consented.user_agent,
        )
    )


def audience_ids(
    connection: Connection, publication: str, *, tonight: Tonight | None = None
) -> Iterator[int]:
    """The ids of all who get the publication (tonight, if so asked), ascending, a page at a
    time."""
    after = 0
    while True:
        # By the subscription's own column: its index gives the order, and no page is sorted.
        query = _audience(publication, tonight).with_only_columns(subscription.c.subscriber_id)
        rest = query.where(subscription.c.subscriber_id > after)
        page = connection.scalars(rest.order_by(subscription.c.subscriber_id).limit(PAGE)).all()
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1]


def count_audience(
    connection: Connection, publication: str, *, tonight: Tonight | None = None
) -> int:
    """How many get the publication (tonight, if so asked)."""
    query = _audience(publication, tonight).with_only_columns(func.count())
    return int(connection.scalar(query) or 0)


def recipients(
    connection: Connection,
    publication: str,
    ids: Sequence[int],
    *,
    tonight: Tonight | None = None,
) -> dict[int, Recipient]:
    """Those of the ids who get the publication (tonight, if so asked) right now, by id."""
    rows = connection.execute(_audience(publication, tonight).where(subscriber.c.id.in_(ids)))
    return {row[0]: _recipient(row) for row in rows}


def sample_recipients(
    connection: Connection, publication: str, *, limit: int
) -> tuple[Recipient, ...]:
    """Some of the first readers, those with topics that differ before others."""
    rows = connection.execute(_audience(publication).order_by(subscriber.c.id).limit(SAMPLED))
    first_of_kind: dict[str, Recipient] = {}
    others: list[Recipient] = []
    for row in rows:
        reader = _recipient(row)
        kind = json.dumps(sorted(reader.topics))
        if kind in first_of_kind:
            others.append(reader)
        else:
            first_of_kind[kind] = reader
    return (*first_of_kind.values(), *others)[:limit]


def _audience(publication: str, tonight: Tonight | None = None) -> Select[Any]:
    everybody = (
        select(
            subscriber.c.id,
            subscriber.c.address,
            subscriber.c.name,
            subscriber.c.language,
            subscription.c.topics,
        )
        .join(subscription, subscription.c.subscriber_id == subscriber.c.id)
        .where(
            subscription.c.publication == publication,
            subscription.c.state == SubscriptionState.CONFIRMED.value,
            ~is_suppressed(publication),
        )
    )
    return everybody if tonight is None else everybody.where(_wants(tonight))


def _wants(tonight: Tonight) -> ColumnElement[bool]:
    return and_(
        subscription.c.frequency.in_(sorted(one.value for one in tonight.frequencies)),
        or_(subscription.c.paused_until.is_(None), subscription.c.paused_until <= tonight.at),
    )


def _whole(publication: str) -> Select[Any]:
    return (
        select(subscriber, subscription.c.state, subscription.c.topics)
        .join(subscription, subscription.c.subscriber_id == subscriber.c.id)
        .where(subscription.c.publication == publication)
        .add_columns(subscription.c.publication)
    )


def _subscriber(row: Row[Any]) -> Subscriber:
    return Subscriber(
        id=row.id,
        address=row.address,
        name=row.name,
        language=row.language,
        publication=row.publication,
        state=SubscriptionState(row.state),
        topics=tuple(row.topics),
        created_at=row.created_at,
    )


def _recipient(row: Sequence[Any]) -> Recipient:
    id_, address, name, language, topics = row  # by place: a name costs a look-up for each reader
    return Recipient(id_, address, name, frozenset(topics), language)


def _subscriber_id(
    connection: Connection,
    address: str,
    as_given: str,
    name: str,
    language: str | None,
    now: datetime,
) -> int:
    known = connection.scalar(select(subscriber.c.id).where(subscriber.c.address == address))
    if known is not None:
        return int(known)
    made = connection.execute(
        insert(subscriber)
        .values(
            address=address,
            address_as_given=as_given,
            name=name,
            language=language,
            created_at=now,
        )
        .returning(subscriber.c.id)
    )
    return int(made.scalar_one())
