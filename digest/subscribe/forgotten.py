"""An address that was forgotten, as a keyed hash. Pure.

Whoever has the database but not the key can't try addresses against it. With another key
(DIGEST_SECRET_KEY) nobody is known again.
"""

from digest.model.mac import StartedMac


class Forgetter:
    """Makes the hashes of one installation. Raises ValueError for an empty key."""

    def __init__(self, key: bytes) -> None:
        if not key:
            raise ValueError("a hash of addresses needs a key")
        self._mac = StartedMac(key, b"digest forgotten\0")

    def hash(self, address: str) -> str:
        """64 hexadecimal digits of HMAC-SHA256 over the folded address."""
        return self._mac.digest(address.encode("utf-8", "surrogatepass")).hex()
