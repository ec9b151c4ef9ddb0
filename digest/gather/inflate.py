"""Compressed HTTP bodies, opened without ever holding more than the cap (RFC 9110 section 8.4.1).

A kilobyte can unpack to a megabyte, so the output of every step is bounded. Not covered: br and
zstd, which are never asked for. Pure.
"""

import zlib
from collections.abc import Iterator

ACCEPT_ENCODING = "gzip, deflate"
STEP_BYTES = 65536


class Inflater:
    """Undoes one Content-Encoding, piece by piece."""

    def __init__(self, encoding: str) -> None:
        """Raises ValueError for an encoding other than gzip, deflate and identity."""
        self._encoding = encoding.strip().lower()
        if self._encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise ValueError(f"compressed as {self._encoding[:20]!r}, which was not asked for")
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib, by its header
        self._is_first = True

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Pieces of plain bytes, each of 64 KiB at most. Raises ValueError on damaged data."""
        if self._encoding in ("", "identity"):
            yield data
            return
        while data:
            yield self._step(data)
            data = self._inflate.unconsumed_tail

    def _step(self, data: bytes) -> bytes:
        is_first, self._is_first = self._is_first, False
        try:
            return self._inflate.decompress(data, STEP_BYTES)
        except zlib.error as error:
            if is_first and self._encoding == "deflate":
                # Some servers send raw deflate, without the zlib header that the name stands for.
                self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
                return self._step(data)
            raise ValueError("the compressed body is damaged") from error
