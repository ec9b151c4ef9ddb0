"""How often one key (a network, an address) may try to sign up. Pure.

Which key a client is counted by: an IPv4 address, or an IPv6 network of 64 bits, since that is
what one customer is given (RFC 6177).
"""

from ipaddress import IPv6Address, IPv6Network, ip_address

from digest.model.pace import IDLE, Pace, reserve

HOUR_S = 3600
# About 10 MB; those not heard of for longest are forgotten first.
MANY_KEYS = 50_000
CUSTOMER_BITS = 64


class Limiter:
    """`per_hour` tries of each key, of which `burst` may come at once. One refused isn't counted,
    so who keeps trying is not locked out for longer. Not for several threads at once."""

    def __init__(self, per_hour: float, burst: int, *, n_keys: int = MANY_KEYS) -> None:
        self._pace = Pace(per_hour / HOUR_S, burst)
        self._n_keys = n_keys
        # In the order in which keys were last allowed.
        self._states: dict[str, float] = {}

    def allows(self, key: str, now: float) -> bool:
        """Whether the key may try at `now` (seconds); if so, the try is counted."""
        # No state is ever further off than a spent burst: one that is means a clock set back.
        latest = now + self._pace.burst / self._pace.per_s
        state = min(self._states.get(key, IDLE), latest)
        wait_s, next_state = reserve(self._pace, state, now)
        if wait_s > 0:
            self._states[key] = state
            return False
        self._states.pop(key, None)
        self._states[key] = next_state
        if len(self._states) > self._n_keys:
            del self._states[next(iter(self._states))]
        return True

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._states)


def network_key(address: str) -> str:
    """The key of a client's IP address; one that is none is its own."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if not isinstance(ip, IPv6Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(IPv6Network((int(ip), CUSTOMER_BITS), strict=False))
