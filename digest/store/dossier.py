"""Everything that is held of one address: what a reader may ask for (GDPR article 15). I/O: the
database.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from digest.model.ledger import DeliveryState
from digest.model.readers import Consent, Frequency, SubscriptionState
from digest.store.schema import (
    consent,
    delivery,
    edition,
    letter,
    subscriber,
    subscription,
    suppression,
)
from digest.store.suppressions import Suppression, suppression_of


@dataclass(frozen=True, slots=True)
class Standing:
    """One subscription."""

    publication: str
    state: SubscriptionState
    topics: tuple[str, ...]
    frequency: Frequency
    paused_until: datetime | None
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Noted:
    """A line of the record of consent."""

    publication: str
    event: str
    recorded_at: datetime
    consent: Consent


@dataclass(frozen=True, slots=True)
class Given:
    """What became of an edition's message to the reader."""

    publication: str
    day: date
    state: str
    at: datetime
    n_attempts: int
    code: int | None
    reply: str
    relay: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to this one reader."""

    publication: str
    kind: str
    address: str
    state: str
    created_at: datetime
    reply: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """All rows of an address; `subscriber_id` None: there is no reader of it, at most
    suppressions. Each tuple is in the order of writing, oldest first."""

    address: str
    subscriber_id: int | None = None
    address_as_given: str = ""
    name: str = ""
    language: str | None = None
    created_at: datetime | None = None
    subscriptions: tuple[Standing, ...] = ()
    consents: tuple[Noted, ...] = ()
    deliveries: tuple[Given, ...] = ()
    letters: tuple[Letter, ...] = ()
    suppressions: tuple[Suppression, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is held."""
        return self.subscriber_id is None and not self.suppressions


def open_dossier(connection: Connection, address: str) -> Dossier:
    """What is held of that folded address, in all publications."""
    suppressions = _suppressions(connection, address)
    row = connection.execute(select(subscriber).where(subscriber.c.address == address)).first()
    if row is None:
        return Dossier(address, suppressions=suppressions)
    return Dossier(
        address=address,
        subscriber_id=row.id,
        address_as_given=row.address_as_given,
        name=row.name,
        language=row.language,
        created_at=row.created_at,
        subscriptions=_subscriptions(connection, row.id),
        consents=_consents(connection, row.id),
        deliveries=_deliveries(connection, row.id),
        letters=_letters(connection, row.id),
        suppressions=suppressions,
    )


def _suppressions(connection: Connection, address: str) -> tuple[Suppression, ...]:
    rows = connection.execute(
        select(suppression)
        .where(suppression.c.address == address)
        .order_by(suppression.c.publication)
    )
    return tuple(suppression_of(row) for row in rows)


def _subscriptions(connection: Connection, subscriber_id: int) -> tuple[Standing, ...]:
    rows = connection.execute(
        select(subscription)
        .where(subscription.c.subscriber_id == subscriber_id)
        .order_by(subscription.c.publication)
    )
    return tuple(
        Standing(
            publication=row.publication,
            state=SubscriptionState(row.state),
            topics=tuple(row.topics),
            frequency=Frequency(row.frequency),
            paused_until=row.paused_until,
            created_at=row.created_at,
            changed_at=row.changed_at,
        )
        for row in rows
    )


def _consents(connection: Connection, subscriber_id: int) -> tuple[Noted, ...]:
    rows = connection.execute(
        select(consent).where(consent.c.subscriber_id == subscriber_id).order_by(consent.c.id)
    )
    return tuple(
        Noted(
            publication=row.publication,
            event=row.event,
            recorded_at=row.recorded_at,
            consent=Consent(
                source=row.source,
                at=row.at,
                ip=row.ip,
                confirmed_at=row.confirmed_at,
                confirmed_ip=row.confirmed_ip,
                note=row.note,
                wording=row.wording,
                wording_version=row.wording_version,
                language=row.language,
                page=row.page,
                user_agent=row.user_agent,
            ),
        )
        for row in rows
    )


def _deliveries(connection: Connection, subscriber_id: int) -> tuple[Given, ...]:
    rows = connection.execute(
        select(delivery, edition.c.publication, edition.c.day)
        .join(edition, edition.c.id == delivery.c.edition_id)
        .where(delivery.c.subscriber_id == subscriber_id)
        .order_by(delivery.c.edition_id)
    )
    return tuple(
        Given(
            publication=row.publication,
            day=row.day,
            state=DeliveryState(row.state).name.lower(),
            at=row.at,
            n_attempts=row.n_attempts,
            code=row.code,
            reply=row.reply,
            relay=row.relay,
        )
        for row in rows
    )


def _letters(connection: Connection, subscriber_id: int) -> tuple[Letter, ...]:
    rows = connection.execute(
        select(letter).where(letter.c.subscriber_id == subscriber_id).order_by(letter.c.id)
    )
    return tuple(
        Letter(
            publication=row.publication,
            kind=row.kind,
            address=row.address,
            state=row.state,
            created_at=row.created_at,
            reply=row.reply,
        )
        for row in rows
    )
