"""What a posted form says, read no further than a small form can go. I/O: the request."""

from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import Request

MAX_BODY_BYTES = 64 * 1024
MAX_FIELDS = 50


async def read_form(request: Request) -> dict[str, str]:
    """The last value of each field of an application/x-www-form-urlencoded body; {} for a body of
    another kind or that is none. Raises HTTPException 413 above MAX_BODY_BYTES."""
    body = await _read(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return {}
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=MAX_FIELDS)
    except ValueError:
        return {}
    return {name: values[-1] for name, values in fields.items()}


async def _read(request: Request) -> bytes:
    # What the client says first, then what it does: a chunked body has no length.
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and int(length) > MAX_BODY_BYTES:
        raise HTTPException(413)
    chunks: list[bytes] = []
    n_read = 0
    async for chunk in request.stream():
        n_read += len(chunk)
        if n_read > MAX_BODY_BYTES:
            raise HTTPException(413)
        chunks.append(chunk)
    return b"".join(chunks)
