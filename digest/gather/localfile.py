"""A `file:` feed, asked for like a page: with a size cap and a validator. I/O: the file system."""

import mimetypes
from pathlib import Path
from urllib.parse import unquote, urlsplit

from digest.gather.fetched import Fetched, FetchFailed, FetchOutcome, NotModified


def read_local(url: str, *, base: Path, etag: str | None, max_bytes: int) -> FetchOutcome:
    """`file:name` hangs from `base`, `file:///name` from the root; the etag is time and size."""
    path = base / unquote(urlsplit(url).path or "")
    try:
        found = path.stat()
        validator = f"{found.st_mtime_ns:x}-{found.st_size:x}"
        if validator == etag:
            return NotModified()
        if not path.is_file():
            return FetchFailed(f"{path} is not a file")
        with path.open("rb") as file:
            body = file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a usable file name"
        return FetchFailed(f"{path} can't be read: {reason or error}")
    if len(body) > max_bytes:
        return FetchFailed(f"larger than the {max_bytes / 1e6:g} MB allowed")
    kind = mimetypes.guess_type(path.name)[0] or ""
    return Fetched(body, path.resolve().as_uri(), content_type=kind, etag=validator)
