"""Deliveries: the append-only outcome of (edition, subscriber).

deferred < held < failed < expired < suppressed < sent: an upsert may only rise, so that no later
word takes back a message that was accepted. An outcome is a fact and is taken from a worker that
has lost its batch, too. No row: not attempted, or unknown. I/O: the database.
"""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import BigInteger, Connection, bindparam, func, select, text

from digest.model.ledger import Delivery, DeliveryState, Outcome
from digest.model.message import Recipient
from digest.store.schema import Instant, delivery

# Who of these ids still gets the publication's mail; an absent id gets none.
LoadRecipients = Callable[[Connection, str, Sequence[int]], Mapping[int, Recipient]]
# Stops mail to a reader whose address failed, in the transaction that records the failure.
Suppress = Callable[[Connection, Recipient, Outcome], object]

MAX_REPLY = 500  # characters kept of a relay's words
WITHOUT_ATTEMPT = (DeliveryState.SUPPRESSED, DeliveryState.EXPIRED)

COLUMNS = (
    "edition_id", "subscriber_id", "batch_id", "epoch", "state", "code", "enhanced", "reply",
    "relay", "at", "is_uncertain", "n_attempts",
)  # fmt: skip
# Facts follow the higher state; of equal states, the later.
_FACTS = ("batch_id", "epoch", "code", "enhanced", "reply", "relay", "at", "is_uncertain", "state")
_RISES = ", ".join(
    f"{name} = CASE WHEN excluded.state >= delivery.state "
    f"THEN excluded.{name} ELSE delivery.{name} END"
    for name in _FACTS
)


def upsert_sql(source: str) -> str:
    """One statement for SQLite and PostgreSQL; `source` gives the values of COLUMNS: VALUES or a
    query."""
    return (
        f"INSERT INTO delivery ({', '.join(COLUMNS)}) {source} "
        f"ON CONFLICT (edition_id, subscriber_id) DO UPDATE SET {_RISES}, "
        "n_attempts = delivery.n_attempts + excluded.n_attempts"
    )


_UPSERT = text(upsert_sql(f"VALUES ({', '.join(f':{name}' for name in COLUMNS)})")).bindparams(
    bindparam("edition_id", type_=BigInteger),
    bindparam("subscriber_id", type_=BigInteger),
    bindparam("at", type_=Instant),
)


def record(connection: Connection, deliveries: Sequence[Delivery]) -> None:
    """Write the outcomes; commit to make them true. None: nothing happens."""
    if deliveries:
        connection.execute(_UPSERT, [_row(item) for item in deliveries])


def progress(connection: Connection, edition_id: int) -> dict[str, int]:
    """How many recipients stand where, by the name of DeliveryState in lower case, each present.

    Who is in none of them has not been attempted.
    """
    rows = connection.execute(
        select(delivery.c.state, func.count())
        .where(delivery.c.edition_id == edition_id)
        .group_by(delivery.c.state)
    )
    found = {DeliveryState(state): n for state, n in rows}
    return {state.name.lower(): found.get(state, 0) for state in DeliveryState}


def _row(item: Delivery) -> dict[str, object]:
    return {
        "edition_id": item.edition_id,
        "subscriber_id": item.subscriber_id,
        "batch_id": item.batch_id,
        "epoch": item.epoch,
        "state": int(item.outcome.state),
        "code": item.outcome.code,
        "enhanced": item.outcome.enhanced[:16],
        # PostgreSQL takes no NUL in a text, and a relay's words are foreign.
        "reply": item.outcome.text.replace("\0", "")[:MAX_REPLY],
        "relay": item.relay,
        "at": item.at,
        "is_uncertain": item.outcome.is_uncertain,
        "n_attempts": int(item.is_attempt and item.outcome.state not in WITHOUT_ATTEMPT),
    }
