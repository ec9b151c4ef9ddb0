"""An edition while it goes out, from the ledger alone: any process may look. I/O: the database."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from digest.model.ledger import DeliveryState, EditionRecord
from digest.store.attempts import count_attempts
from digest.store.deliveries import progress
from digest.store.schema import delivery, subscriber

# The rate is that of the last so many seconds.
RATE_OVER = timedelta(seconds=30)
# So many of the deferred are looked at for the domain that most of them have in common.
LOOKED_AT = 5_000


@dataclass(frozen=True, slots=True)
class Slow:
    """The recipients' domain with most deferred readers, and the last thing said about one."""

    domain: str
    n_deferred: int
    code: int | None
    enhanced: str
    reply: str


@dataclass(frozen=True, slots=True)
class Live:
    """`n_left` have no final outcome yet; `left_s` is None while nothing moves. `n_on_the_way` is
    known with `hold` only."""

    counts: Mapping[str, int]
    n_left: int
    rate_per_s: float
    left_s: float | None
    n_uncertain: int
    n_on_the_way: int
    slowest: Slow | None


def live_of(connection: Connection, record: EditionRecord, *, now: datetime) -> Live:
    """Where the edition stands at `now`."""
    counts = progress(connection, record.id)
    n_left = max(0, record.n_total - sum(counts.values()) + counts["deferred"])
    rate = _rate(connection, record.id, now)
    return Live(
        counts=counts,
        n_left=n_left,
        rate_per_s=rate,
        left_s=n_left / rate if rate else None,
        n_uncertain=_n_uncertain(connection, record.id),
        n_on_the_way=count_attempts(connection, record.id),
        slowest=_slowest(connection, record.id) if counts["deferred"] else None,
    )


def _rate(connection: Connection, edition_id: int, now: datetime) -> float:
    """Messages accepted a second, over as much of RATE_OVER as the sending has lasted."""
    since = now - RATE_OVER
    row = connection.execute(
        select(func.count(), func.min(delivery.c.at), func.max(delivery.c.at)).where(
            delivery.c.edition_id == edition_id,
            delivery.c.state == int(DeliveryState.SENT),
            delivery.c.at >= since,
        )
    ).one()
    n, first, last = row
    if not n:
        return 0.0
    lasted_s: float = max((max(now, last) - first).total_seconds(), 1.0)
    return float(n) / lasted_s


def _n_uncertain(connection: Connection, edition_id: int) -> int:
    query = select(func.count()).where(
        delivery.c.edition_id == edition_id,
        delivery.c.state.in_((int(DeliveryState.DEFERRED), int(DeliveryState.HELD))),
        delivery.c.is_uncertain,
    )
    return int(connection.scalar(query) or 0)


def _slowest(connection: Connection, edition_id: int) -> Slow | None:
    rows = connection.execute(
        select(subscriber.c.address, delivery.c.code, delivery.c.enhanced, delivery.c.reply)
        .join(subscriber, subscriber.c.id == delivery.c.subscriber_id)
        .where(delivery.c.edition_id == edition_id, delivery.c.state == int(DeliveryState.DEFERRED))
        .order_by(delivery.c.at.desc())
        .limit(LOOKED_AT)
    ).all()
    if not rows:
        return None
    domains = Counter(row.address.rpartition("@")[2] for row in rows)
    domain, n = max(domains.items(), key=lambda item: (item[1], item[0]))
    last = next(row for row in rows if row.address.endswith(f"@{domain}"))
    return Slow(domain, n, last.code, last.enhanced, last.reply)
