"""Sign-ups and confirmations carried out: where the reader stands, what the rules say, what is
written. I/O: the store.
"""

from collections.abc import Sequence
from datetime import datetime

from digest.model.signup import Deed, Request
from digest.store.engine import Store
from digest.store.signups import (
    carry_out_confirmation,
    carry_out_request,
    ensure_reader,
    standing_of_address,
    standing_of_reader,
)
from digest.subscribe.rules import LOOK_BACK, NOTHING, when_asked, when_confirmed


def take_requests(store: Store, requests: Sequence[Request], *, now: datetime) -> tuple[Deed, ...]:
    """What became of each posted form, written in one short transaction for all of them. Whoever
    asked must not be told. Raises StoreError: then nothing was written."""
    deeds = []
    since = now - LOOK_BACK
    with store.write() as connection:
        for one in requests:
            standing = standing_of_address(connection, one.publication, one.address, since=since)
            deed = when_asked(standing, now=now)
            subscriber_id = standing.subscriber_id
            if deed != NOTHING and subscriber_id is None:
                subscriber_id = ensure_reader(connection, one, now=now)
                # Once more: another request for the same new address may have been faster.
                standing = standing_of_address(
                    connection, one.publication, one.address, since=since
                )
                deed = when_asked(standing, now=now)
            if deed != NOTHING and subscriber_id is not None:
                carry_out_request(connection, subscriber_id, one, deed, now=now)
            deeds.append(deed)
    return tuple(deeds)


def take_confirmation(
    store: Store,
    subscriber_id: int,
    publication: str,
    *,
    ip: str | None,
    user_agent: str,
    now: datetime,
) -> Deed:
    """What became of a pressed confirmation. Raises StoreError: then nothing was written."""
    with store.write() as connection:
        standing = standing_of_reader(connection, publication, subscriber_id, since=now - LOOK_BACK)
        deed = when_confirmed(standing)
        if deed != NOTHING and not deed.is_spent:
            carry_out_confirmation(
                connection, subscriber_id, publication, deed, ip=ip, user_agent=user_agent, now=now
            )
    return deed
