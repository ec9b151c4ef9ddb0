"""Forgetting on both databases: what goes, what stays, and nobody else is touched."""

from datetime import UTC, datetime

from sqlalchemy import func, insert, select

from digest.model.readers import Consent, SuppressionReason
from digest.store.dossier import open_dossier
from digest.store.engine import Store
from digest.store.forgetting import any_forgotten, forget, forgotten_among, known_among
from digest.store.schema import consent, delivery, letter, subscriber
from digest.store.subscribers import add_subscriber, recipients
from digest.store.suppressions import EVERYWHERE, suppress_address
from tests.real.store.ledger import NOW, put_edition

SLUG, OTHER_SLUG = "evening-tide", "morning-gull"
ADA, OMAR = "ada@readers.example", "omar@readers.example"
HASH = "a" * 64
LATER = datetime(2026, 4, 1, tzinfo=UTC)


def add(store: Store, address: str, slug: str = SLUG) -> int:
    with store.write() as connection:
        return add_subscriber(
            connection, publication=slug, address=address, as_given=address.upper(), name="A name",
            language="en", topics=("news",), consented=Consent(source="test"), now=NOW,
        ).id  # fmt: skip


def bounced(store: Store, address: str) -> None:
    with store.write() as connection:
        suppress_address(
            connection, address, publication=EVERYWHERE, reason=SuppressionReason.BOUNCED,
            source="relay", evidence=f"550 no such user {address}", now=NOW,
        )  # fmt: skip


def sent_to(store: Store, *readers: int) -> int:
    with store.write() as connection:
        edition = put_edition(connection, sorted(readers))
        for reader in readers:
            connection.execute(
                insert(delivery).values(
                    edition_id=edition.id, subscriber_id=reader, batch_id=1, epoch=1, state=4,
                    reply=f"250 taken for reader {reader}", at=NOW,
                )
            )  # fmt: skip
    return edition.id


def test_all_of_one_reader_and_nothing_of_another(store: Store) -> None:
    ada, omar = add(store, ADA), add(store, OMAR)
    assert add(store, ADA, OTHER_SLUG) == ada
    edition = sent_to(store, ada, omar)
    bounced(store, ADA)
    with store.write() as connection:
        for reader in (ada, omar):
            connection.execute(
                insert(letter).values(
                    kind="welcome", subscriber_id=reader, publication=SLUG, address=ADA,
                    created_at=NOW, not_before=NOW, state="sent",
                )
            )  # fmt: skip
        before = open_dossier(connection, OMAR)
        whole = open_dossier(connection, ADA)
        assert [one.publication for one in whole.subscriptions] == [SLUG, OTHER_SLUG]
        assert len(whole.consents) == 2
        assert len(whole.letters) == len(whole.deliveries) == len(whole.suppressions) == 1
        forget(connection, whole, hashed=HASH, now=LATER)
    with store.read() as connection:
        assert open_dossier(connection, ADA).is_empty
        assert open_dossier(connection, OMAR) == before
        assert recipients(connection, SLUG, [ada, omar]).keys() == {omar}
        assert connection.scalar(select(func.count()).select_from(consent)) == 1
        rows = connection.execute(select(delivery).where(delivery.c.edition_id == edition))
        replies = {row.subscriber_id: row.reply for row in rows}
        assert replies == {ada: "", omar: f"250 taken for reader {omar}"}, "the ledger's sum holds"


def test_the_hash_keeps_the_reason_and_counts_everywhere(store: Store) -> None:
    add(store, ADA)
    with store.read() as connection:
        assert not any_forgotten(connection)
    bounced(store, ADA)
    for _ in range(2):
        with store.write() as connection:
            forget(connection, open_dossier(connection, ADA), hashed=HASH, now=LATER)
    with store.read() as connection:
        assert any_forgotten(connection)
        for slug in (SLUG, OTHER_SLUG, "to-come"):
            found = forgotten_among(connection, [HASH, "b" * 64], publication=slug)
            assert found == {HASH}
        assert known_among(connection, [ADA, OMAR]) == frozenset()


def test_numbers_are_never_given_again(store: Store) -> None:
    seen = []
    for _ in range(3):
        seen.append(add(store, ADA))
        with store.write() as connection:
            forget(connection, open_dossier(connection, ADA), hashed=HASH, now=LATER)
    assert len(set(seen)) == 3
    add(store, OMAR)
    with store.read() as connection:
        held = connection.scalars(select(subscriber.c.address).order_by(subscriber.c.id)).all()
    assert ADA not in held
    assert len(held) <= 2
