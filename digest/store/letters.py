"""Letters: mails to one reader each, written down with what caused them and sent soon after.

waiting -> sent | failed. A claim puts the next attempt down before this one begins, so a process
that dies leaves nothing behind but a letter that is tried again then. I/O: the database.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from digest.model.signup import Letter, LetterKind, LetterState
from digest.store.schema import letter, subscriber

WAITING = LetterState.WAITING.value


def write_letter(
    connection: Connection,
    kind: LetterKind,
    *,
    subscriber_id: int,
    publication: str,
    address: str,
    now: datetime,
) -> None:
    """Put one down; it is due at once."""
    connection.execute(
        insert(letter).values(
            kind=kind.value,
            subscriber_id=subscriber_id,
            publication=publication,
            address=address,
            created_at=now,
            not_before=now,
            n_tries=0,
            state=WAITING,
            reply="",
        )
    )


def due_letters(connection: Connection, *, now: datetime, limit: int) -> tuple[Letter, ...]:
    """Those whose time has come, the longest due first."""
    rows = connection.execute(
        select(letter, subscriber.c.language)
        .join(subscriber, subscriber.c.id == letter.c.subscriber_id)
        .where(
            letter.c.state == WAITING,
            letter.c.not_before <= now,
            letter.c.kind.in_([kind.value for kind in LetterKind]),
        )
        .order_by(letter.c.not_before, letter.c.id)
        .limit(limit)
    )
    return tuple(_letter(row) for row in rows)


def claim_letter(connection: Connection, one: Letter, *, again_at: datetime) -> bool:
    """Count an attempt, and put the next one down. False: somebody else was faster."""
    claimed = connection.execute(
        update(letter)
        .where(letter.c.id == one.id, letter.c.state == WAITING, letter.c.n_tries == one.n_tries)
        .values(n_tries=one.n_tries + 1, not_before=again_at)
    )
    return claimed.rowcount > 0


def give_back(connection: Connection, one: Letter, *, now: datetime) -> None:
    """Undo a claim: no attempt was made."""
    connection.execute(
        update(letter)
        .where(
            letter.c.id == one.id, letter.c.state == WAITING, letter.c.n_tries == one.n_tries + 1
        )
        .values(n_tries=one.n_tries, not_before=now)
    )


def settle_letter(connection: Connection, one: Letter, state: LetterState, *, reply: str) -> None:
    """What became of it: its end, or (WAITING) the words of a relay that wants it later."""
    connection.execute(
        update(letter)
        .where(letter.c.id == one.id, letter.c.state == WAITING)
        .values(state=state.value, reply=reply)
    )


def letters_since(
    connection: Connection, subscriber_id: int, publication: str, *, since: datetime
) -> tuple[tuple[LetterKind, datetime], ...]:
    """Which were written to the reader since then, and when; whatever became of them."""
    rows = connection.execute(
        select(letter.c.kind, letter.c.created_at)
        .where(
            letter.c.subscriber_id == subscriber_id,
            letter.c.publication == publication,
            letter.c.created_at >= since,
            letter.c.kind.in_([kind.value for kind in LetterKind]),
        )
        .order_by(letter.c.id)
    )
    return tuple((LetterKind(kind), at) for kind, at in rows)


def count_letters(connection: Connection) -> dict[LetterState, int]:
    """How many stand where; states without any are absent."""
    rows = connection.execute(select(letter.c.state, func.count()).group_by(letter.c.state))
    return {LetterState(state): n for state, n in rows}


def _letter(row: Row[Any]) -> Letter:
    return Letter(
        id=row.id,
        kind=LetterKind(row.kind),
        subscriber_id=row.subscriber_id,
        publication=row.publication,
        address=row.address,
        language=row.language,
        created_at=row.created_at,
        n_tries=row.n_tries,
    )
