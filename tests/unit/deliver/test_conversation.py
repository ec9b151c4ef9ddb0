"""Whatever a relay answers, and however its words are cut: each message ends once, and truly."""

from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest.deliver.conversation import Conversation, Transaction
from digest.deliver.offer import MOST_BYTES_IN_FLIGHT, Offer
from digest.deliver.wire import mail_command, to_wire
from digest.model.ledger import Phase, Reply
from digest.model.message import Envelope
from tests.unit.deliver.model_relay import Choice, Keeps, ModelRelay

BDAT = Offer(has_pipelining=True, has_chunking=True, has_size=True)
GROUPS = Offer(has_pipelining=True)
CHUNKS = Offer(has_chunking=True)
PLAIN = Offer()
OFFERS = {"BDAT": BDAT, "GROUPS": GROUPS, "CHUNKS": CHUNKS, "PLAIN": PLAIN}
MAX_TRIES = 3


def an_envelope(reader: str, size: int = 0) -> Envelope:
    message = f"Subject: {reader}\r\n\r\n.a dot for {reader}\r\n".encode()
    message += b"x" * max(0, size - len(message) - 2) + b"\r\n" if size else b""
    return Envelope("wrap@news.example", reader, f"<{reader}>", message)


@dataclass
class Try:
    """One message handed to the conversation once; a put-back one gets another."""

    number: int
    n_before: int = 0
    ends: list[Reply | None] = field(default_factory=list)
    is_written: bool = False
    is_settled: bool = False
    transaction: Transaction = field(init=False)

    def __post_init__(self) -> None:
        envelope = an_envelope(f"reader{self.number}-{self.n_before}@readers.example")
        self.transaction = Transaction(envelope, self.ends.append)

    @property
    def reader(self) -> str:
        return self.transaction.envelope.recipient

    @property
    def mark(self) -> bytes:
        """What only its body says."""
        return b"a dot for %b\r\n" % self.reader.encode()


class Exchange:
    """A conversation and a relay, with what each wrote on its way to the other."""

    def __init__(self, relay: ModelRelay, *, window: int, n: int, seed: int) -> None:
        self.relay = relay
        self.talk = Conversation(relay.offer, in_flight=window)
        self.window = window
        self.waiting = [Try(number) for number in range(n)]
        self.tries: list[Try] = []
        self.on_the_way = b""
        self.n_heard = 0
        self.n_writes = 0
        self._random = Random(seed)
        self._must_wait = False

    def run(self, *, breaks_after: int | None = None, loses_replies: bool = False) -> None:
        """Until nothing moves. The line breaks after so many moves, or when the relay closes it;
        then `loses_replies`: what was on its way to us is lost too."""
        moves = [self.begin, self.write, self.carry, self.answer, self.settle]
        n_moves = 0
        while not self.talk.trouble and n_moves != breaks_after:
            n_moves += 1
            self._random.shuffle(moves)
            if not any(move() for move in moves):
                break
            if self.relay.is_closed and loses_replies:
                break
        if not (loses_replies or self.talk.trouble):
            self.answer(everything=True)
        if not self.talk.trouble and (self.relay.is_closed or n_moves == breaks_after):
            self.talk.fail("the line broke")
        while self.settle():
            pass

    def begin(self) -> bool:
        if not self.waiting:
            return False
        one = self.waiting.pop(0)
        self.tries.append(one)
        self.relay.messages[one.reader] = one.transaction.envelope.message
        self.talk.begin(one.transaction)
        return True

    def write(self) -> bool:
        data = self.talk.to_write()
        if not data:
            return False
        assert not self._must_wait or self.is_answered
        if not self.relay.offer.has_pipelining:
            assert self.n_writes == self.n_answered
        _, found, rest = data.partition(b"DATA\r\n")
        assert not found or not rest, "something follows DATA"
        self._must_wait = bool(found)
        self.n_writes += 1
        for one in self.tries:
            if one.mark in data:
                assert not one.is_written
                one.is_written = True
        assert sum(one.is_written and not one.is_settled for one in self.tries) <= self.window
        self.on_the_way += data
        return True

    @property
    def n_answered(self) -> int:
        """How many whole replies the client has."""
        return sum(end <= self.n_heard for end in self.relay.ends)

    @property
    def is_answered(self) -> bool:
        return not self.on_the_way and self.n_answered == len(self.relay.ends)

    def carry(self) -> bool:
        """Some of what the client wrote reaches the relay."""
        if not self.on_the_way or self.relay.is_closed:
            return False
        size = self._random.choice([1, 10, 60, 400])
        data, self.on_the_way = self.on_the_way[:size], self.on_the_way[size:]
        self.relay.hear(data)
        return True

    def answer(self, *, everything: bool = False) -> bool:
        """Some of what the relay said reaches the client."""
        size = 10_000 if everything else self._random.choice([1, 1, 5, 30, 300])
        data = bytes(self.relay.sent[self.n_heard : self.n_heard + size])
        self.n_heard += len(data)
        if data:
            self.talk.receive(data)
        for one in self.tries:
            if one.ends == [None]:
                one.is_settled = True
        return bool(data)

    def settle(self) -> bool:
        """One outcome gets into the ledger; whoever was put back waits again."""
        ended = [one for one in self.tries if one.ends and not one.is_settled]
        if ended:
            one = self._random.choice(ended)
            one.is_settled = True
            self.talk.settle(one.transaction)
        known = {(one.number, one.n_before) for one in (*self.tries, *self.waiting)}
        for one in self.tries:
            again = (one.number, one.n_before + 1)
            may_go = again not in known and again[1] < MAX_TRIES and not self.talk.trouble
            if one.ends == [None] and may_go:
                self.waiting.append(Try(*again))
                return True
        return bool(ended)

    def check(self) -> None:
        """What each was told is what the relay did."""
        for one in self.tries:
            (reply,) = one.ends  # once, and at all
            n_accepted = self.relay.accepted[one.reader]
            is_sent = reply is not None and reply.code is not None and reply.code < 300
            is_uncertain = reply is not None and (reply.phase, reply.code) == (Phase.BODY, None)
            assert n_accepted == 1 if is_sent else n_accepted <= is_uncertain, (one.reader, reply)
            assert not is_uncertain or one.is_written
            assert not is_uncertain or not self.talk.trouble.startswith("421")
            if reply is not None and reply.code is not None:
                assert not is_sent or reply.phase is Phase.BODY
                # Its own reply, and not its neighbour's.
                if reply.phase in (Phase.RCPT, Phase.BODY):
                    assert one.reader in reply.text or "no valid recipients" in reply.text


choices = st.lists(st.sampled_from([*[Choice.ACCEPT] * 5, *Choice]), max_size=40)
# Those of a relay that stays.
words = st.lists(
    st.sampled_from([Choice.ACCEPT, Choice.ACCEPT, Choice.LATER, Choice.NEVER]), max_size=60
)


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from(sorted(OFFERS)),
    choices,
    st.sampled_from(Keeps),
    st.booleans(),
    st.booleans(),
    st.integers(1, 16),
    st.integers(1, 20),
    st.integers(0, 2**32),
    st.none() | st.integers(0, 300),
    st.booleans(),
)
def test_each_message_ends_once_and_truly(
    offer: str,
    choices: list[Choice],
    keeps: Keeps,
    is_generous: bool,
    is_wordy: bool,
    window: int,
    n: int,
    seed: int,
    breaks_after: int | None,
    loses_replies: bool,
) -> None:
    relay = ModelRelay(OFFERS[offer], {}, choices, keeps, is_generous, is_wordy)
    exchange = Exchange(relay, window=window, n=n, seed=seed)
    exchange.run(breaks_after=breaks_after, loses_replies=loses_replies)
    exchange.check()
    if not exchange.talk.trouble:
        assert exchange.talk.is_idle
        assert not exchange.waiting


@example("BDAT", [Choice.ACCEPT, Choice.LATER, Choice.ACCEPT, Choice.LATER, Choice.LATER],
         Keeps.OPEN, False, 1, 0)  # fmt: skip
@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(sorted(OFFERS)),
    words,
    st.sampled_from(Keeps),
    st.booleans(),
    st.integers(1, 16),
    st.integers(0, 2**32),
)
def test_a_relay_that_stays_has_a_word_on_everybody(
    offer: str, choices: list[Choice], keeps: Keeps, is_generous: bool, window: int, seed: int
) -> None:
    """Also one that keeps refused transactions open, and takes the next MAIL for a nested one. It
    may lose its line, for a RSET refused or two messages confused: then the rest is put back."""
    relay = ModelRelay(OFFERS[offer], {}, choices, keeps, is_generous)
    exchange = Exchange(relay, window=window, n=20, seed=seed)
    exchange.run()
    exchange.check()
    last = {one.number: one.ends[0] for one in exchange.tries}
    for reply in last.values():
        assert reply is None or reply.code is not None
        assert reply is None or "nested" not in reply.text
    if not exchange.talk.trouble:
        assert set(last) == set(range(20))
        assert None not in last.values()
    if keeps is Keeps.NOTHING and Choice.NEVER not in choices and Choice.LATER not in choices:
        assert not exchange.talk.trouble
        assert relay.accepted.total() == 20


# One by one: what is written, command by command.


class Talk:
    """A conversation whose relay is the test."""

    def __init__(self, offer: Offer, *, n: int, window: int = 1, size: int = 0) -> None:
        self.talk = Conversation(offer, in_flight=window)
        self.ends: dict[int, Reply | None] = {}
        self.all: dict[int, Transaction] = {}
        for number in range(1, n + 1):
            self.begin(number, size)

    def begin(self, number: int, size: int = 0) -> None:
        def end(reply: Reply | None) -> None:
            assert number not in self.ends
            self.ends[number] = reply

        self.all[number] = Transaction(an_envelope(f"{number}", size), end)
        self.talk.begin(self.all[number])

    def writes(self) -> str:
        """The commands of one write, in short."""
        data = self.talk.to_write()
        for number, one in self.all.items():
            message = one.envelope.message
            data = data.replace(b"BDAT %d LAST\r\n" % len(message) + message, b"CHUNK%d " % number)
            data = data.replace(to_wire(one.envelope), b"BODY%d " % number)
            data = data.replace(b"RCPT TO:<%d>\r\n" % number, b"RCPT%d " % number)
        return data.replace(b"MAIL FROM:<wrap@news.example>", b"MAIL").decode().replace("\r\n", " ")

    def says(self, *replies: str) -> str:
        """The relay says this; what we write then."""
        self.talk.receive("".join(f"{reply}\r\n" for reply in replies).encode())
        return self.writes()

    def settles(self, *numbers: int) -> str:
        """The outcomes are in the ledger; what we write then."""
        for number in numbers:
            self.talk.settle(self.all[number])
        return self.writes()

    @property
    def codes(self) -> dict[int, tuple[Phase, int | None] | None]:
        return {n: None if end is None else (end.phase, end.code) for n, end in self.ends.items()}


CHUNKED = Offer(has_pipelining=True, has_chunking=True)


def test_a_window_of_chunks() -> None:
    talk = Talk(CHUNKED, n=4, window=2)
    assert talk.writes() == "MAIL RCPT1 CHUNK1 MAIL RCPT2 CHUNK2 MAIL RCPT3 "
    assert talk.says("250 a", "250 b", "250 one") == ""
    assert talk.codes == {1: (Phase.BODY, 250)}
    assert talk.settles(1) == "CHUNK3 MAIL RCPT4 "


def test_the_end_of_one_message_goes_with_the_next_ones_group() -> None:
    talk = Talk(GROUPS, n=3)
    assert talk.writes() == "MAIL RCPT1 DATA "
    assert talk.says("250 a", "250 b") == ""
    assert talk.says("354 go on") == "BODY1 MAIL RCPT2 DATA "
    assert talk.says("250 one", "250 a", "250 b", "354 go on") == ""
    assert talk.settles(1) == "BODY2 MAIL RCPT3 DATA "


def test_without_pipelining_one_at_a_time() -> None:
    talk = Talk(CHUNKS, n=2)
    assert talk.writes() == "MAIL "
    assert talk.says("250 a") == "RCPT1 "
    assert talk.says("250 b") == "CHUNK1 "
    assert talk.says("250 one") == "MAIL "
    talk = Talk(PLAIN, n=2)
    assert talk.writes() == "MAIL "
    assert talk.says("250 a") == "RCPT1 "
    assert talk.says("250 b") == "DATA "
    assert talk.says("354 go on") == "BODY1 "
    assert talk.says("250 one") == "MAIL "
    assert talk.says("250 a") == "RCPT2 "
    assert talk.says("550 b") == "RSET "


def test_a_refused_recipient_shifts_nobody() -> None:
    talk = Talk(CHUNKED, n=3, window=3)
    assert talk.writes() == "MAIL RCPT1 CHUNK1 MAIL RCPT2 CHUNK2 MAIL RCPT3 CHUNK3 "
    talk.says("250 a", "250 b", "250 one", "250 a", "550 two", "554 none", "250 a", "250 b")
    assert talk.says("250 three") == ""
    assert {number: reply and reply.text for number, reply in talk.ends.items()} == {
        1: "one",
        2: "two",
        3: "three",
    }


def test_354_for_a_refused_recipient_gets_a_lone_dot() -> None:
    talk = Talk(GROUPS, n=2)
    assert talk.writes() == "MAIL RCPT1 DATA "
    assert talk.says("250 a", "550 b", "354 go on") == ". RSET MAIL RCPT2 DATA "
    assert talk.says("554 none", "250 reset", "250 a", "250 b", "354 go on") == "BODY2 "
    talk.says("250 two")
    assert talk.codes == {1: (Phase.RCPT, 550), 2: (Phase.BODY, 250)}


def test_data_refused_for_a_refused_recipient_gets_a_reset() -> None:
    talk = Talk(GROUPS, n=2)
    talk.writes()
    assert talk.says("250 a", "550 b", "503 none") == "RSET MAIL RCPT2 DATA "
    assert talk.codes == {1: (Phase.RCPT, 550)}


def test_a_nested_message_that_was_taken_was_taken() -> None:
    """The relay keeps the refused transaction open: MAIL is nested, but RCPT counts."""
    talk = Talk(CHUNKED, n=3, window=2)
    assert talk.writes() == "MAIL RCPT1 CHUNK1 MAIL RCPT2 CHUNK2 MAIL RCPT3 "
    talk.says("250 a", "550 one", "554 none", "503 nested", "250 b", "250 two")
    assert talk.codes == {1: (Phase.RCPT, 550), 2: (Phase.BODY, 250)}
    talk.begin(4)
    assert talk.settles(1) == "CHUNK3 RSET MAIL RCPT4 "


def test_a_nested_message_whose_body_has_not_left_goes_again_after_a_reset() -> None:
    talk = Talk(CHUNKED, n=2)
    assert talk.writes() == "MAIL RCPT1 CHUNK1 MAIL RCPT2 "
    assert talk.says("250 a", "550 one", "554 none", "503 nested", "250 b") == "RSET "
    assert talk.codes == {1: (Phase.RCPT, 550), 2: None}
    # It has recipient 2: until that is undone, no other message may follow.
    talk.begin(3)
    assert talk.settles(1) == ""
    assert talk.says("250 reset") == "RSET MAIL RCPT3 CHUNK3 "


def test_a_nested_message_that_can_not_be_undone_ends_the_line() -> None:
    talk = Talk(CHUNKED, n=3)
    talk.writes()
    assert talk.says("250 a", "550 one", "554 none", "503 nested", "250 b") == "RSET "
    assert talk.says("451 not now") == ""
    assert talk.codes == {1: (Phase.RCPT, 550), 2: None, 3: None}


def test_a_nested_message_that_the_relay_waits_for_is_not_sent() -> None:
    """Nobody knows who its recipients are."""
    talk = Talk(GROUPS, n=3)
    talk.writes()
    assert talk.says("250 a", "250 b", "354 go on") == "BODY1 MAIL RCPT2 DATA "
    assert talk.says("452 one", "503 nested", "250 b", "354 go on") == ""
    assert talk.codes == {1: (Phase.BODY, 452), 2: None, 3: None}
    assert talk.talk.trouble


def test_who_is_put_back_holds_up_nobody() -> None:
    """Its body had left: the room it took is free again, without the ledger."""
    talk = Talk(CHUNKED, n=3)
    assert talk.writes() == "MAIL RCPT1 CHUNK1 MAIL RCPT2 "
    assert talk.says("250 a", "550 one", "554 none") == ""
    assert talk.settles(1) == "CHUNK2 MAIL RCPT3 "
    assert talk.says("503 nested", "503 b", "503 none") == "CHUNK3 "
    assert talk.codes == {1: (Phase.RCPT, 550), 2: None}


def test_421_leaves_nobody_behind_it_uncertain() -> None:
    talk = Talk(CHUNKED, n=4, window=3)
    talk.writes()
    talk.says("250 a", "250 b", "250 one", "421 closing", "250 what else?")
    assert talk.codes == {1: (Phase.BODY, 250), 2: (Phase.MAIL, 421), 3: None, 4: None}
    assert talk.talk.trouble == "421 closing"
    talk.begin(5)
    assert (talk.ends[5], talk.writes()) == (None, "")


@pytest.mark.parametrize("offer", OFFERS.values(), ids=OFFERS)
def test_421_unasked(offer: Offer) -> None:
    talk = Talk(offer, n=2)
    assert talk.says("421 4.4.2 timeout") == ""
    assert talk.codes == {1: None, 2: None}


def test_a_broken_line_is_the_fault_of_one() -> None:
    """Those behind that can't have been taken need not wait for another hour."""
    talk = Talk(CHUNKED, n=4, window=2)
    assert talk.writes() == "MAIL RCPT1 CHUNK1 MAIL RCPT2 CHUNK2 MAIL RCPT3 "
    talk.says("250 a", "250 b", "250 one", "250 a")
    talk.talk.fail("the line broke")
    assert talk.codes == {1: (Phase.BODY, 250), 2: (Phase.BODY, None), 3: None, 4: None}
    talk = Talk(GROUPS, n=3)
    talk.writes()
    talk.says("250 a")
    talk.talk.fail("the line broke")
    assert talk.codes == {1: (Phase.RCPT, None), 2: None, 3: None}


def test_a_refused_recipient_is_refused_even_if_the_line_breaks() -> None:
    talk = Talk(CHUNKED, n=1)
    talk.writes()
    talk.says("250 a", "550 one")
    talk.talk.fail("the line broke")
    assert talk.codes == {1: (Phase.RCPT, 550)}


def test_a_nested_message_whose_line_breaks_may_have_been_taken() -> None:
    talk = Talk(CHUNKED, n=2, window=2)
    talk.writes()
    talk.says("250 a", "550 one", "554 none", "503 nested")
    talk.talk.fail("the line broke")
    assert talk.codes == {1: (Phase.RCPT, 550), 2: (Phase.BODY, None)}


def test_a_reset_refused_ends_the_line_once_nothing_is_on_its_way() -> None:
    talk = Talk(PLAIN, n=2)
    talk.writes()
    talk.says("250 a")
    assert talk.says("550 one") == "RSET "
    talk.says("502 what?")
    assert talk.codes == {1: (Phase.RCPT, 550), 2: None}
    talk = Talk(CHUNKED, n=1)
    talk.writes()
    assert talk.says("250 a", "550 one", "554 none") == "RSET "
    talk.begin(2)
    assert talk.settles(1) == "MAIL RCPT2 CHUNK2 "
    talk.says("502 what?", "250 a", "250 b", "250 two")
    assert talk.codes == {1: (Phase.RCPT, 550), 2: (Phase.BODY, 250)}


def test_no_more_than_so_many_bytes_are_on_their_way() -> None:
    talk = Talk(CHUNKED, n=3, window=16, size=MOST_BYTES_IN_FLIGHT // 2)
    assert talk.writes() == "MAIL RCPT1 CHUNK1 MAIL RCPT2 CHUNK2 MAIL RCPT3 "
    talk.says("250 a", "250 b", "250 one")
    assert talk.settles(1) == "CHUNK3 "
    talk = Talk(CHUNKED, n=2, window=16, size=MOST_BYTES_IN_FLIGHT * 2)
    assert talk.writes() == "MAIL RCPT1 CHUNK1 MAIL RCPT2 "  # a big one goes alone


@pytest.mark.parametrize("said", ["354 go on", "150 hm", "what?", ""])
@pytest.mark.parametrize("n_before", [0, 1, 2])
def test_what_answers_nothing_ends_the_line(said: str, n_before: int) -> None:
    talk = Talk(CHUNKED, n=1)
    talk.writes()
    talk.says(*["250 ok"] * n_before, said)
    assert talk.codes == {1: (Phase.BODY, None)}
    assert "unexpected reply" in talk.talk.trouble


@pytest.mark.parametrize("message", [b"a\r\nb\n\r\n", b"a\rb\r\n", b"a", b""])
@pytest.mark.parametrize("offer", OFFERS.values(), ids=OFFERS)
def test_a_message_that_could_be_cut_in_two_is_not_begun(offer: Offer, message: bytes) -> None:
    talk = Talk(offer, n=1)
    with pytest.raises(ValueError, match="a message must"):
        talk.talk.begin(Transaction(an_envelope("2")._replace(message=message), print))
    assert "1" in talk.writes() or not offer.has_pipelining
    assert not talk.talk.trouble


@pytest.mark.parametrize(
    ("offer", "sender", "recipient", "expected"),
    [
        (Offer(), "a@b.example", "c@d.example", "MAIL FROM:<a@b.example>"),
        (Offer(has_size=True), "a@b.example", "c@d.example", "MAIL FROM:<a@b.example> SIZE=3"),
        (Offer(has_smtputf8=True), "a@b.example", "é@d.example",
         "MAIL FROM:<a@b.example> SMTPUTF8"),
        (Offer(has_smtputf8=True, has_8bitmime=True), "é@b.example", "c@d.example",
         "MAIL FROM:<é@b.example> BODY=8BITMIME SMTPUTF8"),
    ],
)  # fmt: skip
def test_what_mail_says(offer: Offer, sender: str, recipient: str, expected: str) -> None:
    assert mail_command(Envelope(sender, recipient, "<1>", b"x\r\n"), offer) == (
        f"{expected}\r\n".encode()
    )
