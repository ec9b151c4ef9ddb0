"""Warm-up of a relay that receivers do not know yet: few messages at first, twice as many each day
it is used. Pure.
"""

# Who may send so many in a day is known.
WARM = 1_000_000


def ramp_limit(first_day_limit: int | None, days_used: int) -> int | None:
    """How many messages the relay may take today, None for any number.

    `first_day_limit` None: it needs no warm-up. `days_used`: the days before today on which it took
    messages; a night that it was not used on does not count, so that a pause makes no jump.
    """
    if first_day_limit is None:
        return None
    # Shifting further than WARM's own length would only make large numbers.
    limit = first_day_limit << min(days_used, WARM.bit_length())
    return None if limit > WARM else limit
