"""How often one network, and one address, may ask to be subscribed. Pure.

The answer to a reader is the same either way, so nobody learns what was counted.
"""

from datetime import datetime

from digest.subscribe.limits import Limiter, network_key

# An office or a library shares one address; a reader who mistypes tries a few times.
PER_NETWORK_AN_HOUR, NETWORK_BURST = 60, 20
PER_ADDRESS_AN_HOUR, ADDRESS_BURST = 6, 3


class Turnstile:
    """Counts requests; of one process, and losing it costs nothing."""

    def __init__(self) -> None:
        self._networks = Limiter(PER_NETWORK_AN_HOUR, NETWORK_BURST)
        self._addresses = Limiter(PER_ADDRESS_AN_HOUR, ADDRESS_BURST)

    def allows(self, *, ip: str, address: str, now: datetime) -> bool:
        """Whether this request is within the limits; if so, it is counted."""
        at = now.timestamp()
        return self._networks.allows(network_key(ip), at) and self._addresses.allows(address, at)
