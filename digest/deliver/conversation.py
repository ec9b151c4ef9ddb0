"""One connection's conversation, without the connection: messages and a relay's bytes in, bytes
and replies out. Pure.

Three dialects, by what the relay offers: MAIL RCPT BDAT LAST in one write, several messages on
their way (RFC 3030 with RFC 2920); the end of one message with the next one's MAIL RCPT DATA in
one write (RFC 2920 section 3.1); one command at a time (RFC 5321 section 4.1.4). Each reply is
matched to its command, so a refused recipient never shifts the others.

A body leaves only while fewer than `in_flight` outcomes are unsettled: the caller settles each
once it is in the ledger. Not covered: a relay that, against RFC 5321 section 4.1.1.4, keeps the
recipients of a body that it has refused; the next message on the way would go to them, too.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from digest.deliver.offer import MOST_BYTES_IN_FLIGHT, Offer
from digest.deliver.policy import parse_enhanced
from digest.deliver.replies import ReplyReader, Said
from digest.deliver.wire import check_line_ends, mail_command, rcpt_command, to_wire
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
    CLEAR = "clear"  # RSET of a transaction that has a recipient: nothing follows unless it is done


_PHASES = {
    Step.MAIL: Phase.MAIL,
    Step.RCPT: Phase.RCPT,
    Step.DATA: Phase.DATA,
    Step.BODY: Phase.BODY,
    Step.CHUNK: Phase.BODY,
    Step.DOT: Phase.DATA,
    Step.RSET: Phase.MAIL,
    Step.CLEAR: Phase.MAIL,
}
_IN_STEPS = {True: (Step.MAIL, Step.RCPT, Step.CHUNK),
             False: (Step.MAIL, Step.RCPT, Step.DATA, Step.BODY)}  # fmt: skip
_IN_GROUPS = {True: (Step.HEAD, Step.CHUNK), False: (Step.HEAD, Step.BODY)}
# A member of an Enum costs a look-up in its class each time.
_HEAD, _MAIL, _RCPT, _DATA = Step.HEAD, Step.MAIL, Step.RCPT, Step.DATA
_BODY, _CHUNK = Step.BODY, Step.CHUNK
_ENDS_OF_GROUPS = (Step.DATA, Step.CLEAR)
BAD_SEQUENCE = 503
CLOSING = 421
GO_ON = 354


@dataclass(slots=True, eq=False)
class Transaction:
    """One message on its way. `has_left` while its body is written and not settled; `on_end` is
    called once, with the relay's last word on it, or None: it was surely not taken, and another
    connection may have it."""

    envelope: Envelope
    on_end: Callable[[Reply | None], object]
    has_left: bool = False
    # The relay took its MAIL for a second one within a transaction that it had kept open.
    is_nested: bool = False
    # Refused, and so that the body can't be taken, whatever else is accepted.
    is_barred: bool = False
    refusal: Reply | None = field(default=None, repr=False)

    @property
    def last_word(self) -> Reply | None:
        """What it ends with when it was refused."""
        return None if self.is_nested else self.refusal


_Owed = tuple[Step, Transaction | None]


class Conversation:
    """What has been said and what is owed. `trouble` says why the connection is of no more use;
    then every transaction has ended."""

    def __init__(self, offer: Offer, *, in_flight: int) -> None:
        self.trouble = ""
        self._offer = offer
        self._has_pipelining, self._has_chunking = offer.has_pipelining, offer.has_chunking
        self._steps = (_IN_GROUPS if offer.has_pipelining else _IN_STEPS)[offer.has_chunking]
        self._credit = in_flight
        self._bytes_out = 0
        self._reader = ReplyReader()
        self._todo: deque[_Owed] = deque()
        self._owed: deque[_Owed] = deque()
        self._has_refused = False
        self._keeps_open = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to say or to hear."""
        return not self._todo and not self._owed

    @property
    def awaited(self) -> Phase | None:
        """What the next reply will be about; None when none is owed."""
        return _PHASES[self._owed[0][0]] if self._owed else None

    def begin(self, transaction: Transaction) -> None:
        """Queue a message, behind those begun before. Raises ValueError for one that could not be
        sent as it is."""
        check_line_ends(transaction.envelope)
        if self.trouble:
            transaction.on_end(None)
            return
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
        todo, owed = self._todo, self._owed
        out: list[bytes] = []
        while todo:
            # DATA ends a group: what comes next depends on its reply (RFC 2920 section 3.1).
            if owed and (not self._has_pipelining or owed[-1][0] in _ENDS_OF_GROUPS):
                break
            step, transaction = item = todo[0]
            if step is _HEAD and transaction is not None:
                self._say_head(transaction, out)
            elif (step is _BODY or step is _CHUNK) and transaction is not None:
                if not self._has_room(transaction):
                    break
                self._say_body(step, transaction, out)
                owed.append(item)
            else:
                self._say(step, transaction, out)
                owed.append(item)
            todo.popleft()
        return b"".join(out)

    def receive(self, data: bytes) -> None:
        """Take in what the relay says; ends the transactions that it settles."""
        for said in self._reader.feed(data):
            if self.trouble:
                return
            if said.code < 300 and self._owed:
                step, transaction = self._owed[0]
                # The quick way of what comes twice a message: MAIL or RCPT is accepted.
                is_opening = step is _MAIL or step is _RCPT
                if is_opening and transaction is not None and transaction.refusal is None:
                    self._owed.popleft()
                    continue
            self._hear(said)
        if self._reader.nonsense and not self.trouble:
            self.fail(f"unexpected reply: {self._reader.nonsense}")

    def fail(self, why: str) -> None:
        """The line broke, or nothing came in time. What has left is uncertain; what the relay owed
        its next word to ends without a code; the others are put back."""
        self._end_all(why, is_closed_by_relay=False)

    def _has_room(self, transaction: Transaction) -> bool:
        if self._credit <= 0:
            return False
        size = len(transaction.envelope.message)
        return not self._bytes_out or self._bytes_out + size <= MOST_BYTES_IN_FLIGHT

    def _say(self, step: Step, transaction: Transaction | None, out: list[bytes]) -> None:
        if transaction is None:
            out.append(b".\r\n" if step is Step.DOT else b"RSET\r\n")
        elif step is Step.MAIL:
            out.append(mail_command(transaction.envelope, self._offer))
        elif step is Step.RCPT:
            out.append(rcpt_command(transaction.envelope))
        else:
            out.append(b"DATA\r\n")

    def _say_head(self, transaction: Transaction, out: list[bytes]) -> None:
        """MAIL, RCPT and, without CHUNKING, DATA, which ends the group."""
        owed = self._owed
        if self._keeps_open:
            out.append(b"RSET\r\n")
            owed.append((Step.RSET, None))
        out.append(mail_command(transaction.envelope, self._offer))
        out.append(rcpt_command(transaction.envelope))
        owed.append((_MAIL, transaction))
        owed.append((_RCPT, transaction))
        if not self._has_chunking:
            out.append(b"DATA\r\n")
            owed.append((_DATA, transaction))

    def _say_body(self, step: Step, transaction: Transaction, out: list[bytes]) -> None:
        message = transaction.envelope.message
        transaction.has_left = True
        self._credit -= 1
        self._bytes_out += len(message)
        if step is _CHUNK:
            out.append(b"BDAT %d LAST\r\n" % len(message))
            out.append(message)
        else:
            out.append(to_wire(transaction.envelope))

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
            if step is not Step.DOT and said.code >= 400:
                self._hear_no_reset(step, said)
        elif step is Step.DATA:
            self._hear_data(transaction, said)
        elif step is Step.MAIL or step is Step.RCPT:
            self._hear_envelope(step, transaction, said)
        else:
            self._hear_last(step, transaction, said)

    def _hear_no_reset(self, step: Step, said: Said) -> None:
        """Without RSET a refused transaction may stay open. What is on its way will be answered;
        when nothing is, the others are better off elsewhere."""
        has_left = any(owed is Step.BODY or owed is Step.CHUNK for owed, _ in self._owed)
        if step is Step.CLEAR or not has_left:
            self._end_all(f"RSET was refused: {said.code} {said.text}", is_closed_by_relay=True)

    def _hear_envelope(self, step: Step, transaction: Transaction, said: Said) -> None:
        if said.code < 300:
            # It has refused MAIL and takes RCPT: into a transaction that it had kept open.
            transaction.is_barred = False
        elif said.code < 400:
            self._nonsense(step, transaction, said)
            return
        else:
            self._refuse(step, transaction, said)
        if not (self._owed and self._owed[0][1] is transaction):
            self._end_refused(transaction)

    def _hear_data(self, transaction: Transaction, said: Said) -> None:
        if 354 != said.code < 400:
            self._nonsense(Step.DATA, transaction, said)
        elif said.code != GO_ON:
            self._refuse(Step.DATA, transaction, said)
            self._end_refused(transaction)
        elif transaction.is_barred:
            # It waits for a message although it has no recipient (RFC 2920 section 3.1).
            self._todo.popleft()
            self._todo.extendleft(((Step.RSET, None), (Step.DOT, None)))
            self._end(transaction, transaction.last_word)
        elif transaction.refusal is not None:
            # Whose transaction is it in? Only closing the line gets out of it unheard.
            self._todo.popleft()
            self._end(transaction, transaction.last_word)
            self._end_all("the relay confuses two messages", is_closed_by_relay=True)

    def _hear_last(self, step: Step, transaction: Transaction, said: Said) -> None:
        if 300 <= said.code < 400:
            self._nonsense(step, transaction, said)
        elif transaction.refusal is not None and (transaction.is_barred or said.code >= 400):
            self._end_refused(transaction)
        else:
            self._has_refused |= said.code >= 400
            self._end(transaction, _reply(step, said))

    def _refuse(self, step: Step, transaction: Transaction, said: Said) -> None:
        if step is Step.MAIL and said.code == BAD_SEQUENCE and self._has_refused:
            # A relay that keeps refused transactions open: from now on each gets a RSET before it.
            transaction.is_nested = self._keeps_open = True
        transaction.is_barred = not transaction.is_nested or step is not Step.MAIL
        self._has_refused = True
        if transaction.refusal is None:
            transaction.refusal = _reply(step, said)

    def _end_refused(self, transaction: Transaction) -> None:
        """Leave out what is left to say of it, and make the relay ready for the next one."""
        todo = self._todo
        while todo and todo[0][1] is transaction:
            todo.popleft()
        if not todo or todo[0][0] in (Step.MAIL, Step.HEAD):
            # Not barred: a recipient is in there, who must not get the next message.
            todo.appendleft((Step.RSET if transaction.is_barred else Step.CLEAR, None))
        self._end(transaction, transaction.last_word)

    def _nonsense(self, step: Step, transaction: Transaction, said: Said) -> None:
        self._owed.appendleft((step, transaction))
        self.fail(f"unexpected reply: {said.code} {said.text}")

    def _closed(self, step: Step, transaction: Transaction | None, said: Said) -> None:
        """421: the relay handles nothing behind what it answers so (RFC 5321 section 3.8)."""
        if transaction is not None:
            self._todo = deque(item for item in self._todo if item[1] is not transaction)
            self._owed = deque(item for item in self._owed if item[1] is not transaction)
            is_refused = transaction.refusal is not None
            self._end(transaction, transaction.last_word if is_refused else _reply(step, said))
        self._end_all(f"{said.code} {said.text}", is_closed_by_relay=True)

    def _end_all(self, why: str, *, is_closed_by_relay: bool) -> None:
        self.trouble = why
        step, blamed = self._owed[0] if self._owed else (Step.MAIL, None)
        open_ones = dict.fromkeys(one for _, one in (*self._owed, *self._todo) if one is not None)
        self._owed.clear()
        self._todo.clear()
        for one in open_ones:
            may_be_taken = one.has_left and not one.is_barred and not is_closed_by_relay
            if may_be_taken:
                self._end(one, Reply(Phase.BODY, None, "", why))
            elif one.refusal is not None:
                self._end(one, one.last_word)
            elif one is blamed and not is_closed_by_relay:
                self._end(one, Reply(_PHASES[step], None, "", why))
            else:
                self._end(one, None)

    def _end(self, transaction: Transaction, reply: Reply | None) -> None:
        if reply is None:
            # It was not taken, and so there is nothing to wait for in the ledger.
            self.settle(transaction)
        transaction.on_end(reply)


def _reply(step: Step, said: Said) -> Reply:
    text = said.text
    return Reply(_PHASES[step], said.code, parse_enhanced(text), text)
