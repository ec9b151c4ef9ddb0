"""Readers who come by themselves: where they stand, what they ask for, that they confirm.

All inside the caller's transaction, which may hold many of them. I/O: the database.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from digest.model.readers import SubscriptionState
from digest.model.signup import Deed, Proof, Request, Standing
from digest.store.letters import letters_since, write_letter
from digest.store.schema import consent, subscriber, subscription
from digest.store.suppressions import EVERYWHERE, find_suppression, lift_suppression

REQUESTED, CONFIRMED = "requested", "confirmed"
SOURCE = "sign-up form"


def standing_of_address(
    connection: Connection, publication: str, address: str, *, since: datetime
) -> Standing:
    """Where a folded address stands, with its letters since then. On PostgreSQL the reader is held
    until the transaction ends, so that two requests at once write one letter."""
    subscriber_id = connection.scalar(
        select(subscriber.c.id).where(subscriber.c.address == address).with_for_update()
    )
    return _standing(connection, publication, subscriber_id, address, since)


def standing_of_reader(
    connection: Connection, publication: str, subscriber_id: int, *, since: datetime
) -> Standing:
    """The same for a reader's id; a Standing of nobody where there is none."""
    address = connection.scalar(
        select(subscriber.c.address).where(subscriber.c.id == subscriber_id).with_for_update()
    )
    if address is None:
        return Standing()
    return _standing(connection, publication, subscriber_id, address, since)


def _standing(
    connection: Connection,
    publication: str,
    subscriber_id: int | None,
    address: str,
    since: datetime,
) -> Standing:
    barred = find_suppression(connection, address, publication=publication)
    state = None
    if subscriber_id is not None:
        state = connection.scalar(
            select(subscription.c.state).where(_key(subscriber_id, publication))
        )
    return Standing(
        subscriber_id=subscriber_id,
        state=None if state is None else SubscriptionState(state),
        barred=None if barred is None else barred.reason,
        is_barred_everywhere=barred is not None and barred.publication == EVERYWHERE,
        letters=()
        if subscriber_id is None
        else letters_since(connection, subscriber_id, publication, since=since),
    )


def ensure_reader(connection: Connection, request: Request, *, now: datetime) -> int:
    """The id of the address, made where it is new. Somebody else may make it at the same time."""
    connection.execute(
        _upsert(connection, subscriber)
        .values(
            address=request.address,
            address_as_given=request.as_given,
            name=request.name,
            language=request.proof.language,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["address"])
    )
    found = connection.scalar(
        select(subscriber.c.id).where(subscriber.c.address == request.address).with_for_update()
    )
    if found is None:
        raise LookupError("a reader that was just made is gone")
    return int(found)


def carry_out_request(
    connection: Connection, subscriber_id: int, request: Request, deed: Deed, *, now: datetime
) -> None:
    """Write what was decided about a posted form."""
    if deed.is_taken and deed.state is not None:
        _take_request(connection, subscriber_id, request, state=deed.state, now=now)
    if deed.is_noted:
        _note_request(connection, subscriber_id, request.publication, request.proof, now=now)
    if deed.letter is not None:
        write_letter(
            connection,
            deed.letter,
            subscriber_id=subscriber_id,
            publication=request.publication,
            address=request.address,
            now=now,
        )


def carry_out_confirmation(
    connection: Connection,
    subscriber_id: int,
    publication: str,
    deed: Deed,
    *,
    ip: str | None,
    user_agent: str,
    now: datetime,
) -> None:
    """Write what was decided about a pressed confirmation. Raises LookupError for nobody."""
    address = connection.scalar(
        select(subscriber.c.address).where(subscriber.c.id == subscriber_id)
    )
    if address is None:
        raise LookupError(f"no subscriber {subscriber_id}")
    if deed.state is not None:
        connection.execute(
            update(subscription)
            .where(_key(subscriber_id, publication))
            .values(state=deed.state.value, changed_at=now)
        )
    if deed.is_lifted:
        lift_suppression(connection, address, publication=publication)
    if deed.is_noted:
        _note_confirmation(
            connection, subscriber_id, publication, ip=ip, user_agent=user_agent, now=now
        )
    if deed.letter is not None:
        write_letter(
            connection,
            deed.letter,
            subscriber_id=subscriber_id,
            publication=publication,
            address=address,
            now=now,
        )


def _take_request(
    connection: Connection,
    subscriber_id: int,
    request: Request,
    *,
    state: SubscriptionState,
    now: datetime,
) -> None:
    """The subscription as the form asks for it. Name and language are the form's where no other
    publication has a confirmed reader there: a stranger may not rename somebody."""
    insertion = _upsert(connection, subscription).values(
        subscriber_id=subscriber_id,
        publication=request.publication,
        state=state.value,
        topics=list(request.topics),
        created_at=now,
        changed_at=now,
    )
    connection.execute(
        insertion.on_conflict_do_update(
            index_elements=["subscriber_id", "publication"],
            set_={name: insertion.excluded[name] for name in ("state", "topics", "changed_at")},
            where=subscription.c.state != SubscriptionState.CONFIRMED.value,
        )
    )
    is_read = exists().where(
        subscription.c.subscriber_id == subscriber_id,
        subscription.c.state == SubscriptionState.CONFIRMED.value,
    )
    connection.execute(
        update(subscriber)
        .where(subscriber.c.id == subscriber_id, ~is_read)
        .values(
            name=request.name,
            language=request.proof.language,
            address_as_given=request.as_given,
        )
    )


def _note_request(
    connection: Connection, subscriber_id: int, publication: str, proof: Proof, *, now: datetime
) -> None:
    """Append what was asked for, and in which words."""
    connection.execute(
        insert(consent).values(
            subscriber_id=subscriber_id,
            publication=publication,
            event=REQUESTED,
            recorded_at=now,
            source=SOURCE,
            at=now,
            ip=proof.ip,
            wording=proof.wording,
            wording_version=proof.wording_version,
            language=proof.language,
            page=proof.page,
            user_agent=proof.user_agent,
        )
    )


def _note_confirmation(
    connection: Connection,
    subscriber_id: int,
    publication: str,
    *,
    ip: str | None,
    user_agent: str,
    now: datetime,
) -> None:
    """Append the click, together with the request that it confirms: one row is the whole proof."""
    asked = connection.execute(
        select(consent)
        .where(
            consent.c.subscriber_id == subscriber_id,
            consent.c.publication == publication,
            consent.c.event == REQUESTED,
        )
        .order_by(consent.c.id.desc())
        .limit(1)
    ).first()
    told: dict[str, Any] = {}
    if asked is not None:
        names = ("at", "ip", "wording", "wording_version", "language", "page")
        told = {name: getattr(asked, name) for name in names}
    connection.execute(
        insert(consent).values(
            subscriber_id=subscriber_id,
            publication=publication,
            event=CONFIRMED,
            recorded_at=now,
            source=SOURCE,
            confirmed_at=now,
            confirmed_ip=ip,
            user_agent=user_agent,
            **told,
        )
    )


def _key(subscriber_id: int, publication: str) -> ColumnElement[bool]:
    return and_(
        subscription.c.subscriber_id == subscriber_id, subscription.c.publication == publication
    )


def _upsert(connection: Connection, table: Any) -> Any:
    is_postgresql = connection.dialect.name == "postgresql"
    return postgresql_insert(table) if is_postgresql else sqlite_insert(table)
