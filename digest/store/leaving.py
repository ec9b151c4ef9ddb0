"""What a newsroom takes along when it leaves: every reader with standing and proof of consent, and
every suppression. I/O: the database.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, exists, select

from digest.model.readers import Consent, Subscriber
from digest.store.engine import Store
from digest.store.schema import consent, subscriber, subscription, suppression
from digest.store.subscribers import list_subscribers
from digest.store.suppressions import EVERYWHERE, reasons_of

PAGE = 5_000


@dataclass(frozen=True, slots=True)
class Keepsake:
    """One address. `status` is the reason of its suppression, else the subscription's state."""

    address: str
    status: str
    name: str = ""
    topics: tuple[str, ...] = ()
    language: str | None = None
    consent: Consent | None = None


def keepsakes(store: Store, publication: str) -> Iterator[Keepsake]:
    """All readers by id, then those suppressed who are none, by address; a page at a time, and no
    transaction stays open between pages."""
    after = 0
    while True:
        with store.read() as connection:
            page = list_subscribers(connection, publication, after_id=after, limit=PAGE)
            found = _with_proof(connection, publication, page)
        yield from found
        if len(page) < PAGE:
            break
        after = page[-1].id
    yield from _strangers(store, publication)


def _with_proof(
    connection: Connection, publication: str, page: Sequence[Subscriber]
) -> list[Keepsake]:
    reasons = reasons_of(connection, [one.address for one in page], publication=publication)
    proofs = first_consents(connection, publication, [one.id for one in page])
    return [
        Keepsake(
            address=one.address,
            status=reasons[one.address].value if one.address in reasons else one.state.value,
            name=one.name,
            topics=one.topics,
            language=one.language,
            consent=proofs.get(one.id),
        )
        for one in page
    ]


def first_consents(
    connection: Connection, publication: str, ids: Sequence[int]
) -> dict[int, Consent]:
    """The first record of each reader's agreeing to the publication, by subscriber id."""
    rows = connection.execute(
        select(consent)
        .where(
            consent.c.subscriber_id.in_(ids),
            consent.c.publication == publication,
            # Who has only asked has not agreed yet; the confirmation repeats what they asked for.
            consent.c.event.not_in(("unsubscribed", "requested")),
        )
        .order_by(consent.c.id.desc())
    )
    return {
        row.subscriber_id: Consent(
            source=row.source,
            at=row.at,
            ip=row.ip,
            confirmed_at=row.confirmed_at,
            confirmed_ip=row.confirmed_ip,
            note=row.note,
        )
        for row in rows
    }


def _strangers(store: Store, publication: str) -> Iterator[Keepsake]:
    after = ""
    is_reader = (
        exists()
        .where(
            and_(
                subscriber.c.address == suppression.c.address,
                subscription.c.subscriber_id == subscriber.c.id,
                subscription.c.publication == publication,
            )
        )
        .correlate(suppression)
    )
    query = (
        select(suppression.c.address)
        .where(suppression.c.publication.in_((EVERYWHERE, publication)), ~is_reader)
        .distinct()
        .order_by(suppression.c.address)
        .limit(PAGE)
    )
    while True:
        with store.read() as connection:
            page = connection.scalars(query.where(suppression.c.address > after)).all()
            reasons = reasons_of(connection, page, publication=publication)
        yield from (Keepsake(address, reasons[address].value) for address in page)
        if len(page) < PAGE:
            return
        after = page[-1]
