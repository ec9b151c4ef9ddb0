"""How much a relay that is warmed up has carried on which day (UTC). I/O: the database."""

from datetime import date

from sqlalchemy import Connection, func, select

from digest.store.schema import relay_day


def carried(connection: Connection, relay: str, today: date) -> tuple[int, int]:
    """(days before today on which the relay took messages, messages it took today)."""
    before = select(func.count()).where(relay_day.c.relay == relay, relay_day.c.day < today)
    now = select(relay_day.c.n).where(relay_day.c.relay == relay, relay_day.c.day == today)
    return int(connection.scalar(before) or 0), int(connection.scalar(now) or 0)
