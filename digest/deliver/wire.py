"""What is said of one message: its commands and its body as they go over the line. Pure."""

from digest.deliver.offer import Offer
from digest.model.message import Envelope


def mail_command(envelope: Envelope, offer: Offer) -> bytes:
    """MAIL with the parameters that the relay offers and the message needs."""
    command = b"MAIL FROM:<%b>" % envelope.sender.encode()
    if offer.has_size:
        command += b" SIZE=%d" % len(envelope.message)
    if not (envelope.recipient.isascii() and envelope.sender.isascii()):
        command += b" BODY=8BITMIME SMTPUTF8" if offer.has_8bitmime else b" SMTPUTF8"
    return command + b"\r\n"


def rcpt_command(envelope: Envelope) -> bytes:
    """RCPT for the one recipient."""
    return b"RCPT TO:<%b>\r\n" % envelope.recipient.encode()


def to_wire(envelope: Envelope) -> bytes:
    """The message as DATA carries it: with dots doubled where lines begin with one, and the final
    dot (RFC 5321 section 4.5.2)."""
    message = envelope.message
    if not envelope.is_dotless:
        message = message.replace(b"\r\n.", b"\r\n..")
        message = b"." + message if message.startswith(b".") else message
    return message + b".\r\n"


def check_line_ends(envelope: Envelope) -> None:
    """Raises ValueError unless the last line ends in CRLF and, where the message is not known to be
    dotless, no CR or LF stands alone (RFC 5321 section 2.3.8): anything else could be cut in two by
    a lenient server."""
    message = envelope.message
    if not message.endswith(b"\r\n"):
        raise ValueError("a message must end with CRLF")
    if envelope.is_dotless:
        return
    n_lines = message.count(b"\r\n")
    if message.count(b"\n") != n_lines or message.count(b"\r") != n_lines:
        raise ValueError("a message must have CRLF line ends and no CR or LF alone")
