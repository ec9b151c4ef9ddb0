"""The pieces of a choice and one reader to the envelope handed to the relay. Pure.

Same inputs, same bytes: a retry carries the same Message-ID, so that mailboxes that fold equal
ones hide a duplicate. Costs some ten microseconds a reader.
"""

from digest.compose.headers import ascii_address
from digest.compose.imprint import Imprint, Tokens, message_id_of, personal_values
from digest.compose.own_head import is_plain, own_head, plain_head
from digest.compose.personal import quoted
from digest.compose.plain import tidy
from digest.compose.quoted import encode_piece
from digest.model.message import Envelope, Picked, Recipient


def merge(picked: Picked, recipient: Recipient, *, imprint: Imprint, tokens: Tokens) -> Envelope:
    """The reader's own message.

    Raises ValueError where the address can't stand in a header.
    """
    message_id = message_id_of(imprint, recipient.subscriber_id)
    pieces = picked.pieces.copy()
    if is_plain(recipient, imprint, tokens):
        address = recipient.address
        pieces[1] = plain_head(recipient, imprint, tokens=tokens, message_id=message_id)
        own = _plain_values(recipient, imprint, tokens)
        names = _names(recipient, imprint) if picked.is_greeting else {}
        for at, spot in picked.places:
            value = own.get(spot.name)
            if value is None:
                value = encode_piece(quoted(names[spot.name], spot.quoting))
            pieces[at] = value
    else:
        address = ascii_address(recipient.address)
        values = personal_values(recipient, imprint=imprint, tokens=tokens)
        pieces[1] = own_head(values, imprint, address=address, tokens=tokens, message_id=message_id)
        for at, spot in picked.places:
            pieces[at] = encode_piece(quoted(getattr(values, spot.name), spot.quoting))
    return Envelope(imprint.sender, address, message_id, b"".join(pieces), is_dotless=True)


def _plain_values(recipient: Recipient, imprint: Imprint, tokens: Tokens) -> dict[str, bytes]:
    """The values of a plain reader, but for the name, by what templates call them: nothing must be
    escaped, wherever it stands."""
    return {
        "unsubscribe_url": imprint.unsubscribe_start + tokens.unsubscribe.encode() + b"=\r\n",
        "preferences_url": imprint.preferences_start + tokens.preferences.encode() + b"=\r\n",
        "view_url": imprint.view_piece,
        "address": recipient.address.encode() + b"=\r\n",
    }


def _names(recipient: Recipient, imprint: Imprint) -> dict[str, str]:
    """What most wraps leave out, and what is not plain in many readers, by name."""
    name = tidy(recipient.name)
    return {"name": name, "greeting": imprint.greeting.to(name)}
