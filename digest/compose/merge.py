"""A compiled message, a reader and their selection to the envelope handed to the relay. Pure.

Same inputs, same bytes: a retry carries the same Message-ID, so that mailboxes that fold equal
ones hide a duplicate. Costs some ten microseconds a reader.
"""

from collections.abc import Mapping, Sequence

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
    Heads,
    Key,
    Loop,
    Over,
    Pieces,
    Recipient,
    Selection,
    Spot,
    StoryLoops,
)

_Sections = tuple[tuple[str, tuple[int, ...]], ...]
# All of a reader's sections, and those of them that the brief names.
_Rows = tuple[_Sections, _Sections]
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
    brief = brief_of(selection.sections)
    pieces = compiled.brief if brief else compiled.plain if selection.sections else compiled.bare
    try:
        _add(found, pieces, own, (selection.sections, brief), ())
    except KeyError as error:
        raise ValueError(f"the selection has {error}, which is not in the edition") from error
    return Envelope(imprint.sender, address, message_id, b"".join(found), is_dotless=True)


def _plain_pieces(
    spots: tuple[Spot, ...], recipient: Recipient, imprint: Imprint, tokens: Tokens
) -> list[bytes]:
    """The values of a reader of whom nothing must be escaped, wherever it stands."""
    pieces = {
        "unsubscribe_url": imprint.unsubscribe_start + tokens.unsubscribe.encode() + b"=\r\n",
        "preferences_url": imprint.preferences_start + tokens.preferences.encode() + b"=\r\n",
        "view_url": imprint.view_piece,
        "address": recipient.address.encode() + b"=\r\n",
    }
    try:
        return [pieces[spot.name] for spot in spots]
    except KeyError:  # most wraps greet nobody by name
        pieces["name"] = encode_piece(recipient.name)
        pieces["greeting"] = encode_piece(imprint.greeting.to(recipient.name))
        return [pieces[spot.name] for spot in spots]


def _add(
    found: list[bytes],
    pieces: Pieces,
    own: list[bytes],
    rows: _Rows,
    stories: tuple[int, ...],
) -> None:
    """Adds to `found` the pieces that are this reader's, in order. `own` are their values, `rows`
    their sections and brief, `stories` those of the section around."""
    add = found.append
    for piece in pieces:
        kind = type(piece)  # isinstance would cost as much as all the rest
        if kind is bytes:
            add(piece)  # type: ignore[arg-type]
        elif kind is int:
            add(own[piece])  # type: ignore[index]
        elif isinstance(piece, StoryLoops):
            _add_story_loops(found, piece, rows[piece.over is _BRIEF])
        elif isinstance(piece, Heads):
            heads = piece.items
            for _, ids in rows[piece.over is _BRIEF]:
                add(heads[ids[0]])
        elif isinstance(piece, FlatLoop):
            is_stories = piece.over is _STORIES
            keys = stories if is_stories else [slug for slug, _ in rows[piece.over is _BRIEF]]
            _add_flat(found, piece, keys)
        elif isinstance(piece, Loop):
            _add_loop(found, piece, own, rows, stories)


def _add_story_loops(found: list[bytes], loops: StoryLoops, sections: _Sections) -> None:
    if loops.first is loops.inner:
        _add_sections(found, loops.inner, sections)
    elif len(sections) == 1:
        _add_sections(found, loops.only, sections)
    elif sections:
        _add_sections(found, loops.first, sections[:1])
        _add_sections(found, loops.inner, sections[1:-1])
        _add_sections(found, loops.last, sections[-1:])


def _add_sections(found: list[bytes], loops: Mapping[Key, FlatLoop], sections: _Sections) -> None:
    """The hot path, written out: some ten sections and thirty stories a reader, in two parts."""
    add = found.append
    for slug, ids in sections:
        loop = loops[slug]
        count = len(ids)
        if count == 1:
            add(loop.only[ids[0]])
            continue
        add(loop.first[ids[0]])
        if count > 2 and (inner := loop.inner):
            for story_id in ids[1:-1]:
                add(inner[story_id])
        if last := loop.last:
            add(last[ids[-1]])


def _add_flat(found: list[bytes], loop: FlatLoop, keys: Sequence[Key]) -> None:
    if len(keys) == 1:
        found.append(loop.only[keys[0]])
    elif keys:
        found.append(loop.first[keys[0]])
        if loop.inner:
            found.extend(map(loop.inner.__getitem__, keys[1:-1]))
        if loop.last:
            found.append(loop.last[keys[-1]])


def _add_loop(
    found: list[bytes], loop: Loop, own: list[bytes], rows: _Rows, stories: tuple[int, ...]
) -> None:
    keys: Sequence[tuple[Key, tuple[int, ...]]] = rows[loop.over is _BRIEF]
    if loop.over is _STORIES:
        keys = [(key, stories) for key in stories]
    final = len(keys) - 1
    items = loop.first if final else loop.only
    for at, (key, inner) in enumerate(keys, 1):
        _add(found, items[key], own, rows, inner)
        items = loop.inner if at < final else loop.last
