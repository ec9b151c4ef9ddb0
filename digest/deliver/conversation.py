"""One connection's conversation, without the connection: messages and a relay's bytes in, bytes
and replies out. Pure.

Three dialects, by what the relay offers: MAIL RCPT BDAT LAST in one write, several messages on
their way (RFC 3030 with RFC 2920); the end of one message with the next one's MAIL RCPT DATA in
one write (RFC 2920 section 3.1); one command at a time (RFC 5321 section 4.1.4). Each reply is
matched to its command, so a refused recipient never shifts the others.

A body leaves only while fewer than `in_flight` outcomes are unsettled: the caller settles each
once it is in the ledger.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from digest.deliver.offer import MOST_BYTES_IN_FLIGHT, Offer
from digest.deliver.policy import parse_enhanced
from digest.deliver.replies import ReplyReader, Said
from digest.model.ledger import Phase, Reply
from digest.model.message import Envelope


class Step(Enum):
    """A command, or a body, that the relay owes a reply to; HEAD stands for all that may go out
    together before the body."""

    HEAD = "head"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"  # the message after DATA, with its final dot
    CHUNK = "chunk"  # BDAT LAST with the whole message
    DOT = "dot"  # an empty message: the relay said 354 although it refused the recipient
    RSET = "rset"


_PHASES = {
    Step.MAIL: Phase.MAIL,
    Step.RCPT: Phase.RCPT,
    Step.DATA: Phase.DATA,
    Step.BODY: Phase.BODY,
    Step.CHUNK: Phase.BODY,
    Step.DOT: Phase.DATA,
    Step.RSET: Phase.MAIL,
}
_IN_STEPS = {True: (Step.MAIL, Step.RCPT, Step.CHUNK),
             False: (Step.MAIL, Step.RCPT, Step.DATA, Step.BODY)}  # fmt: skip
_IN_GROUPS = {True: (Step.HEAD, Step.CHUNK), False: (Step.HEAD, Step.BODY)}
BAD_SEQUENCE = 503
CLOSING = 421
GO_ON = 354


@dataclass(slots=True, eq=False)
class Transaction:
    """One message on its way. `has_left` once its body has been written; `on_end` is called once,
    with the relay's last word on it, or None: it was surely not taken, and another connection may
    have it."""

    envelope: Envelope
    on_end: Callable[[Reply | None], object]
    has_begun: bool = False
    has_left: bool = False
    is_put_back: bool = False
    refusal: Reply | None = field(default=None, repr=False)


_Owed = tuple[Step, Transaction | None]


class Conversation:
    """What has been said and what is owed. `trouble` says why the connection is of no more use;
    then every transaction has ended."""

    def __init__(self, offer: Offer, *, in_flight: int) -> None:
        self.trouble = ""
        self._offer = offer
        self._steps = (_IN_GROUPS if offer.has_pipelining else _IN_STEPS)[offer.has_chunking]
        self._credit = in_flight
        self._bytes_out = 0
        self._reader = ReplyReader()
        self._todo: deque[_Owed] = deque()
        self._owed: deque[_Owed] = deque()
        self._has_refused = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to say or to hear."""
        return not self._todo and not self._owed

    @property
    def awaited(self) -> Phase | None:
        """What the next reply will be about; None when none is owed."""
        return _PHASES[self._owed[0][0]] if self._owed else None

    def begin(self, transaction: Transaction) -> None:
        """Queue a message, behind those begun before."""
        for step in self._steps:
            self._todo.append((step, transaction))

    def settle(self, transaction: Transaction) -> None:
        """The transaction's outcome is in the ledger: another body may leave."""
        if transaction.has_left:
            transaction.has_left = False
            self._credit += 1
            self._bytes_out -= len(transaction.envelope.message)

    def to_write(self) -> bytes:
        """What may be said now; b"" when the relay is to speak first."""
        todo, out = self._todo, []
        while todo and self._may_follow(todo[0]):
            step, transaction = item = todo.popleft()
            out.append(self._bytes(step, transaction))
            if step is not Step.HEAD:
                self._owed.append(item)
        return b"".join(out)

    def receive(self, data: bytes) -> None:
        """Take in what the relay says; ends the transactions that it settles."""
        for said in self._reader.feed(data):
            if self.trouble:
                return
            self._hear(said)
        if self._reader.nonsense and not self.trouble:
            self.fail(f"unexpected reply: {self._reader.nonsense}")

    def fail(self, why: str) -> None:
        """The line broke, or nothing came in time. What has left is uncertain; what was begun ends
        without a code; what was not is put back."""
        self._end_all(why, is_closed_by_relay=False)

    def _may_follow(self, item: _Owed) -> bool:
        step, transaction = item
        owed = self._owed
        # DATA ends a group: what comes next depends on its reply (RFC 2920 section 3.1).
        if owed and (not self._offer.has_pipelining or owed[-1][0] is Step.DATA):
            return False
        if (step is Step.BODY or step is Step.CHUNK) and transaction is not None:
            size = len(transaction.envelope.message)
            is_full = self._bytes_out and self._bytes_out + size > MOST_BYTES_IN_FLIGHT
            return self._credit > 0 and not is_full
        return True

    def _bytes(self, step: Step, transaction: Transaction | None) -> bytes:
        if transaction is None:
            return b".\r\n" if step is Step.DOT else b"RSET\r\n"
        envelope = transaction.envelope
        if step is Step.HEAD:
            return self._head(transaction)
        if step is Step.MAIL:
            transaction.has_begun = True
            return mail_command(envelope, self._offer)
        if step is Step.RCPT:
            return rcpt_command(envelope)
        if step is Step.DATA:
            return b"DATA\r\n"
        transaction.has_left = True
        self._credit -= 1
        self._bytes_out += len(envelope.message)
        if step is Step.CHUNK:
            return b"BDAT %d LAST\r\n%b" % (len(envelope.message), envelope.message)
        return to_wire(envelope)

    def _head(self, transaction: Transaction) -> bytes:
        """MAIL, RCPT and, without CHUNKING, DATA, which ends the group."""
        transaction.has_begun = True
        envelope = transaction.envelope
        head = mail_command(envelope, self._offer) + rcpt_command(envelope)
        owed = self._owed
        owed.append((Step.MAIL, transaction))
        owed.append((Step.RCPT, transaction))
        if self._offer.has_chunking:
            return head
        owed.append((Step.DATA, transaction))
        return head + b"DATA\r\n"

    def _hear(self, said: Said) -> None:
        if not self._owed:
            # A relay that closes may say so unasked (RFC 5321 section 3.8).
            why = f"{said.code} {said.text}"
            self._end_all(why, is_closed_by_relay=said.code == CLOSING)
            return
        step, transaction = self._owed.popleft()
        if said.code == CLOSING:
            self._closed(step, transaction, said)
        elif transaction is None:
            if step is Step.RSET and said.code >= 400:
                self.fail(f"RSET was refused: {said.code} {said.text}")
        elif step is Step.DATA:
            self._hear_data(transaction, said)
        elif step is Step.MAIL or step is Step.RCPT:
            self._hear_envelope(step, transaction, said)
        else:
            self._hear_last(step, transaction, said)

    def _hear_envelope(self, step: Step, transaction: Transaction, said: Said) -> None:
        if said.code < 300:
            return
        if said.code < 400:
            self._nonsense(step, transaction, said)
            return
        # A relay that keeps a refused transaction open takes the next MAIL for a nested one.
        if step is Step.MAIL and said.code == BAD_SEQUENCE and self._has_refused:
            transaction.is_put_back = True
        self._refuse(step, transaction, said)
        if not (self._owed and self._owed[0][1] is transaction):
            self._end_refused(transaction)

    def _hear_data(self, transaction: Transaction, said: Said) -> None:
        if 354 != said.code < 400:
            self._nonsense(Step.DATA, transaction, said)
            return
        if said.code == GO_ON and transaction.refusal is None:
            return  # the body is the next thing to do
        if said.code == GO_ON:
            # It waits for a message although it has no recipient (RFC 2920 section 3.1).
            self._todo.popleft()
            self._todo.appendleft((Step.DOT, None))
            self._end(transaction, transaction.refusal)
            return
        self._refuse(Step.DATA, transaction, said)
        self._end_refused(transaction)

    def _hear_last(self, step: Step, transaction: Transaction, said: Said) -> None:
        if 300 <= said.code < 400:
            self._nonsense(step, transaction, said)
            return
        if transaction.refusal is not None:
            self._end_refused(transaction)
            return
        self._has_refused |= said.code >= 400
        self._end(transaction, _reply(step, said))

    def _refuse(self, step: Step, transaction: Transaction, said: Said) -> None:
        self._has_refused = True
        if transaction.refusal is None:
            transaction.refusal = _reply(step, said)

    def _end_refused(self, transaction: Transaction) -> None:
        """Leave out what is left to say of it, and make the relay ready for the next one."""
        todo = self._todo
        while todo and todo[0][1] is transaction:
            todo.popleft()
        if not todo or todo[0][0] in (Step.MAIL, Step.HEAD):
            todo.appendleft((Step.RSET, None))
        self._end(transaction, transaction.refusal)

    def _nonsense(self, step: Step, transaction: Transaction, said: Said) -> None:
        self._owed.appendleft((step, transaction))
        self.fail(f"unexpected reply: {said.code} {said.text}")

    def _closed(self, step: Step, transaction: Transaction | None, said: Said) -> None:
        """421: the relay handles nothing behind what it answers so (RFC 5321 section 3.8)."""
        if transaction is not None:
            self._todo = deque(item for item in self._todo if item[1] is not transaction)
            self._owed = deque(item for item in self._owed if item[1] is not transaction)
            self._end(transaction, transaction.refusal or _reply(step, said))
        self._end_all(f"{said.code} {said.text}", is_closed_by_relay=True)

    def _end_all(self, why: str, *, is_closed_by_relay: bool) -> None:
        self.trouble = why
        open_ones = dict.fromkeys(one for _, one in (*self._owed, *self._todo) if one is not None)
        phases = {one: _PHASES[step] for step, one in reversed(self._owed) if one is not None}
        self._owed.clear()
        self._todo.clear()
        for one in open_ones:
            if one.refusal is not None:
                self._end(one, one.refusal)
            elif is_closed_by_relay or not one.has_begun:
                self._end(one, None)
            else:
                phase = Phase.BODY if one.has_left else phases.get(one, Phase.DATA)
                self._end(one, Reply(phase, None, "", why))

    def _end(self, transaction: Transaction, reply: Reply | None) -> None:
        transaction.on_end(None if transaction.is_put_back else reply)


def mail_command(envelope: Envelope, offer: Offer) -> bytes:
    """MAIL with the parameters that the relay offers and the message needs."""
    command = b"MAIL FROM:<%b>" % envelope.sender.encode()
    if offer.has_size:
        command += b" SIZE=%d" % len(envelope.message)
    if not envelope.recipient.isascii():
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
        refuse_bare_line_ends(message)
        message = message.replace(b"\r\n.", b"\r\n..")
        message = b"." + message if message.startswith(b".") else message
    return message + b".\r\n"


def refuse_bare_line_ends(message: bytes) -> None:
    """Raises ValueError unless lines end in CRLF, no CR or LF stands alone and the last line ends
    (RFC 5321 section 2.3.8): anything else could be cut in two by a lenient server."""
    n_lines = message.count(b"\r\n")
    if message.count(b"\n") != n_lines or message.count(b"\r") != n_lines:
        raise ValueError("a message must have CRLF line ends and no CR or LF alone")
    if not message.endswith(b"\r\n"):
        raise ValueError("a message must end with CRLF")


def _reply(step: Step, said: Said) -> Reply:
    text = said.text
    return Reply(_PHASES[step], said.code, parse_enhanced(text), text)
