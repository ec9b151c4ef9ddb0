"""An edition and readers for the tests of the ledger, put into the tables by hand."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from digest.model.edition import Edition, EditionSection, Source, Story
from digest.model.feeds import Image
from digest.model.ledger import (
    ClaimedBatch,
    Concern,
    Delivery,
    DeliveryState,
    EditionRecord,
    Outcome,
)
from digest.model.message import Recipient
from digest.store.editions import create_edition
from digest.store.schema import batch, delivery, subscriber, subscription

NOW = datetime(2026, 3, 12, 21, 30, 0, 123456, tzinfo=UTC)
SLUG = "evening-tide"
SENT = Outcome(DeliveryState.SENT, code=250, enhanced="2.0.0", text="2.0.0 taken")
DEFERRED = Outcome(DeliveryState.DEFERRED, code=451, text="later")
FAILED = Outcome(DeliveryState.FAILED, Concern.ADDRESS, 550, "5.1.1", "5.1.1 nobody")
EXPIRED = Outcome(DeliveryState.EXPIRED)
SUPPRESSED = Outcome(DeliveryState.SUPPRESSED)


def story(number: int, *, entry_ids: tuple[int, ...] = (), title: str = "A title") -> Story:
    return Story(
        id=number,
        entry_ids=entry_ids or (number,),
        title=title,
        url=f"https://www.porttide.example/{number}",
        lede="The lede — with “typography” and a 🛶",
        byline="A. Writer",
        dateline="PORT KESTREL",
        credit="",
        section="news",
        categories=("Council", "Water"),
        image=Image("https://www.porttide.example/i.jpg", "a boat", 640, None),
        published_at=NOW - timedelta(hours=3),
        updated_at=NOW - timedelta(hours=1, microseconds=1),
        language=None,
        source=Source("tide", "The Tide", None),
        also=(Source("radio", "Radio", "https://www.radiokestrel.example/?p=1&q=é"),),
    )


def an_edition(day: date = date(2026, 3, 12), *, title: str = "A title") -> Edition:
    sections = (EditionSection("news", "News", (story(4, entry_ids=(4, 9)), story(5))),)
    return Edition(
        publication=SLUG,
        day=day,
        since=NOW - timedelta(days=1),
        cutoff=NOW - timedelta(minutes=1),
        lead=story(2, entry_ids=(1, 2), title=title),
        sections=sections,
    )


def put_edition(
    connection: Connection,
    ids: Sequence[int],
    *,
    chosen: Edition | None = None,
    created_at: datetime = NOW,
    batch_size: int = 500,
) -> EditionRecord:
    return create_edition(
        connection,
        chosen or an_edition(),
        subject="A subject",
        html="<p>html</p>",
        text="text",
        created_at=created_at,
        recipient_ids=ids,
        batch_size=batch_size,
    )


def address_of(number: int) -> str:
    return f"reader{number}@readers.example"


def put_readers(connection: Connection, ids: Sequence[int]) -> None:
    """Confirmed subscribers of SLUG."""
    connection.execute(
        insert(subscriber),
        [
            {
                "id": id_,
                "address": address_of(id_),
                "address_as_given": address_of(id_),
                "name": "",
                "created_at": NOW,
            }
            for id_ in ids
        ],
    )
    connection.execute(
        insert(subscription),
        [
            {
                "subscriber_id": id_,
                "publication": SLUG,
                "state": "confirmed",
                "topics": [],
                "created_at": NOW,
                "changed_at": NOW,
            }
            for id_ in ids
        ],
    )


def unsubscribe(connection: Connection, id_: int) -> None:
    connection.execute(
        update(subscription).where(subscription.c.subscriber_id == id_).values(state="unsubscribed")
    )


def load_readers(
    connection: Connection, publication: str, ids: Sequence[int]
) -> dict[int, Recipient]:
    """Who of them still gets the publication, read from the tables."""
    rows = connection.execute(
        select(subscriber.c.id, subscriber.c.address)
        .join(subscription, subscription.c.subscriber_id == subscriber.c.id)
        .where(
            subscription.c.publication == publication,
            subscription.c.state == "confirmed",
            subscriber.c.id.in_(list(ids)),
        )
    )
    return {id_: Recipient(id_, address) for id_, address in rows}


def fact(
    claimed: ClaimedBatch, subscriber_id: int, outcome: Outcome, *, at: datetime = NOW
) -> Delivery:
    return Delivery(
        claimed.edition_id, subscriber_id, claimed.id, claimed.epoch, outcome, "smtp://h:25", at
    )


def states(connection: Connection, edition_id: int) -> dict[int, DeliveryState]:
    """subscriber id -> state, as the ledger has it."""
    rows = connection.execute(
        select(delivery.c.subscriber_id, delivery.c.state).where(
            delivery.c.edition_id == edition_id
        )
    )
    return {id_: DeliveryState(state) for id_, state in rows}


def batch_states(connection: Connection, edition_id: int) -> list[tuple[int, str, int, str]]:
    """(no, kind, n, state) of each batch in order."""
    rows = connection.execute(
        select(batch.c.no, batch.c.kind, batch.c.n, batch.c.state)
        .where(batch.c.edition_id == edition_id)
        .order_by(batch.c.no)
    )
    return [(row.no, row.kind, row.n, row.state) for row in rows]
