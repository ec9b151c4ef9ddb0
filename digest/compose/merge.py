"""A compiled message, a reader and their selection to the envelope handed to the relay. Pure.

Same inputs, same bytes: a retry carries the same Message-ID, so that mailboxes that fold equal
ones hide a duplicate. Costs some ten microseconds a reader.
"""

from collections.abc import Sequence

from digest.compose.headers import ascii_address
from digest.compose.imprint import Imprint, Tokens, message_id_of, personal_values
from digest.compose.own_head import is_plain, own_head, plain_head
from digest.compose.personal import quoted
from digest.compose.quoted import encode_piece
from digest.compose.topics import brief_of
from digest.model.message import (
    CompiledMessage,
    Envelope,
    FlatLoop,
    IfAny,
    Key,
    Loop,
    Over,
    Pieces,
    Recipient,
    Selection,
    Spot,
)

_Sections = tuple[tuple[str, tuple[int, ...]], ...]
# A member of an Enum costs a look-up in its class each time.
_STORIES, _BRIEF = Over.STORIES, Over.BRIEF


def merge(
    compiled: CompiledMessage,
    recipient: Recipient,
    *,
    selection: Selection,
    imprint: Imprint,
    tokens: Tokens,
) -> Envelope:
    """The reader's own message.

    Raises ValueError where the address can't stand in a header or the selection has what is not
    in the edition.
    """
    message_id = message_id_of(imprint, recipient.subscriber_id)
    if is_plain(recipient, imprint, tokens):
        address = recipient.address
        head = plain_head(recipient, imprint, tokens=tokens, message_id=message_id)
        own = _plain_pieces(compiled.spots, recipient, imprint, tokens)
    else:
        address = ascii_address(recipient.address)
        values = personal_values(recipient, imprint=imprint, tokens=tokens)
        head = own_head(values, imprint, address=address, tokens=tokens, message_id=message_id)
        own = [
            encode_piece(quoted(getattr(values, spot.name), spot.quoting))
            for spot in compiled.spots
        ]
    found = [compiled.head, head]
    try:
        _add(found, compiled.pieces, own, selection.sections, ())
    except KeyError as error:
        raise ValueError(f"the selection has {error}, which is not in the edition") from error
    return Envelope(imprint.sender, address, message_id, b"".join(found))


def _plain_pieces(
    spots: tuple[Spot, ...], recipient: Recipient, imprint: Imprint, tokens: Tokens
) -> list[bytes]:
    """The values of a reader of whom nothing must be escaped, wherever it stands."""
    pieces = {
        "unsubscribe_url": b"%b%b=\r\n" % (imprint.unsubscribe_start, tokens.unsubscribe.encode()),
        "preferences_url": b"%b%b=\r\n" % (imprint.preferences_start, tokens.preferences.encode()),
        "view_url": imprint.view_piece,
        "address": b"%b=\r\n" % recipient.address.encode(),
    }
    return [
        pieces.get(spot.name) or _name_piece(spot.name, recipient.name, imprint) for spot in spots
    ]


def _name_piece(spot: str, name: str, imprint: Imprint) -> bytes:
    return encode_piece(name if spot == "name" else imprint.greeting.to(name))


def _add(
    found: list[bytes],
    pieces: Pieces,
    own: list[bytes],
    sections: _Sections,
    stories: tuple[int, ...],
) -> None:
    """Adds to `found` the pieces that are this reader's, in order. `own` are their values,
    `stories` those of the section around."""
    for piece in pieces:
        if isinstance(piece, bytes):
            found.append(piece)
        elif isinstance(piece, int):
            found.append(own[piece])
        elif isinstance(piece, FlatLoop):
            _add_flat(found, piece, sections, stories)
        elif isinstance(piece, Loop):
            _add_loop(found, piece, own, sections, stories)
        else:
            _add_if(found, piece, own, sections, stories)


def _add_flat(
    found: list[bytes], loop: FlatLoop, sections: _Sections, stories: tuple[int, ...]
) -> None:
    keys: Sequence[Key] = stories
    if loop.over is not _STORIES:
        keys = [slug for slug, _ in _rows(loop.over, sections)]
    if not keys:
        return
    if loop.first is loop.inner:
        found.extend(map(loop.inner.__getitem__, keys))
    elif len(keys) == 1:
        found.append(loop.only[keys[0]])
    else:
        found.append(loop.first[keys[0]])
        if loop.inner:
            found.extend(map(loop.inner.__getitem__, keys[1:-1]))
        if loop.last:
            found.append(loop.last[keys[-1]])


def _add_loop(
    found: list[bytes],
    loop: Loop,
    own: list[bytes],
    sections: _Sections,
    stories: tuple[int, ...],
) -> None:
    rows: Sequence[tuple[Key, tuple[int, ...]]] = _rows(loop.over, sections)
    if loop.over is _STORIES:
        rows = [(key, stories) for key in stories]
    final = len(rows) - 1
    for at, (key, inner) in enumerate(rows):
        if at == 0:
            items = loop.first if final else loop.only
        else:
            items = loop.inner if at < final else loop.last
        _add(found, items[key], own, sections, inner)


def _add_if(
    found: list[bytes],
    condition: IfAny,
    own: list[bytes],
    sections: _Sections,
    stories: tuple[int, ...],
) -> None:
    side = condition.some if _rows(condition.over, sections) else condition.none
    _add(found, side, own, sections, stories)


def _rows(over: Over, sections: _Sections) -> _Sections:
    return brief_of(sections) if over is _BRIEF else sections
