"""A model of a night: workers that claim, send, book, die and come back late, an operator, and what
the relay really took, kept apart from the ledger."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from enum import Enum

from sqlalchemy import Connection, select

from digest.claims import Claims
from digest.held import Held, Job, Withdrawn
from digest.model.ledger import Delivery, DeliveryState, EditionState, Outcome
from digest.model.message import Recipient
from digest.scribe import Scribe
from digest.store.batches import hasten
from digest.store.editions import finish_edition, get_edition, pause_edition, resume_edition
from digest.store.engine import Store
from digest.store.rework import release_deliveries, retry_deferred
from digest.store.schema import batch
from digest.terms import Terms
from tests.real.store.ledger import (
    DEFERRED,
    FAILED,
    NOW,
    SENT,
    SLUG,
    address_of,
    an_edition,
    put_edition,
    states,
)

LAST = 99


class Fate(Enum):
    """What happens to a message that a worker is about to send."""

    SENT = "the relay takes it and says so"
    DEFERRED = "the relay says later"
    FAILED = "the relay refuses the reader"
    UNHEARD = "the relay takes it and the line breaks"
    NOT_SENT = "no connection can be made for it"
    DIED_BEFORE = "the worker dies before it leaves"
    DIED_AFTER = "the relay takes it and the worker dies"
    LATE = "the relay takes it and the worker is paused before it books that"
    LATE_NO = "the relay says later and the worker is paused before it books that"


SAID = {Fate.SENT: SENT, Fate.DEFERRED: DEFERRED, Fate.FAILED: FAILED}
TAKEN = (Fate.SENT, Fate.UNHEARD, Fate.DIED_AFTER, Fate.LATE)
DOUBTFUL = (Fate.UNHEARD, Fate.DIED_BEFORE, Fate.DIED_AFTER, Fate.LATE, Fate.LATE_NO)
LATER = {Fate.LATE: SENT, Fate.LATE_NO: DEFERRED}


class Night:
    """An edition for readers 1 to n in batches of `size`. `accepted` counts what the relay took,
    `unknown` how often nobody heard of that in time, `released` how often somebody said that a held
    reader may get it again; of `doubtful` readers it may have seemed so."""

    def __init__(self, store: Store, n: int, size: int, *, day: date, is_holding: bool) -> None:
        self.store = store
        self.ids = frozenset(range(1, n + 1))
        self.now = NOW
        self.is_holding = is_holding
        self.accepted: Counter[int] = Counter()
        self.unknown: Counter[int] = Counter()
        self.released: Counter[int] = Counter()
        self.doubtful: set[int] = set()
        self._workers: dict[int, Held] = {}
        self._late: list[Delivery] = []
        with store.write() as connection:
            chosen = an_edition(day)
            self.edition_id = put_edition(
                connection, sorted(self.ids), chosen=chosen, batch_size=size
            ).id
        self._terms = Terms(
            edition_id=self.edition_id,
            publication=SLUG,
            stale_at=NOW + timedelta(days=1_000),
            owner="w",
            clock=lambda: self.now,
            load_recipients=_all_of_them,
            is_holding=is_holding,
        )
        self._claims = Claims(store, self._terms)
        self._scribe = Scribe(store, self._terms)

    def claim(self, worker: int) -> None:
        held = self._claims.claim()
        if held is not None:
            self._workers[worker] = held

    def send(self, worker: int, fate: Fate) -> None:
        """The next reader of the worker's batch."""
        held = self._workers.get(worker)
        if held is None or not held.waiting:
            return
        held.is_ours = self._claims.renew([held], self.now)[0]
        if not held.is_ours:
            return
        job = Job(held.waiting.popleft(), held)
        if self.is_holding:
            self._scribe.write([job])
        reader = job.recipient.subscriber_id
        self.accepted[reader] += fate in TAKEN
        self.unknown[reader] += fate in TAKEN and fate is not Fate.SENT
        if fate in DOUBTFUL:
            self.doubtful.add(reader)
        if fate in LATER:
            self._late.append(self._terms.delivery(held.batch, reader, LATER[fate]))
        if fate in LATER or fate in (Fate.DIED_BEFORE, Fate.DIED_AFTER):
            del self._workers[worker]
        elif fate is Fate.NOT_SENT:
            if self.is_holding:
                self._scribe.write([Withdrawn(job)])
            held.waiting.appendleft(job.recipient)
        else:
            outcome = SAID.get(fate) or self._uncertain()
            self._scribe.write([self._terms.delivery(held.batch, reader, outcome)])

    def hear_late(self) -> None:
        """A paused worker wakes and books what it heard."""
        if self._late:
            self._scribe.write([self._late.pop(0)])

    def close(self, worker: int) -> None:
        if worker in self._workers and self._claims.close(self._workers[worker].batch):
            del self._workers[worker]

    def give_back(self, worker: int) -> None:
        if worker in self._workers:
            self._claims.release([self._workers.pop(worker)])

    def vanish(self, worker: int) -> None:
        self._workers.pop(worker, None)

    def pass_time(self) -> None:
        self.now += timedelta(seconds=31)

    def pause(self) -> None:
        with self.store.write() as connection:
            pause_edition(connection, self.edition_id, reason="look")

    def resume(self) -> None:
        with self.store.write() as connection:
            resume_edition(connection, self.edition_id, now=self.now)

    def retry(self) -> None:
        with self.store.write() as connection:
            retry_deferred(connection, self.edition_id)

    def release(self, state: DeliveryState) -> None:
        with self.store.write() as connection:
            found = states(connection, self.edition_id)
            n = release_deliveries(connection, self.edition_id, state)
        if n and state is DeliveryState.HELD:
            self.released.update(id_ for id_, one in found.items() if one is state)

    def finish(self) -> None:
        with self.store.write() as connection:
            finish_edition(connection, self.edition_id, now=self.now)

    def end(self) -> None:
        """A last worker, alone and in good health, goes on until nothing is left; those that were
        paused wake after that."""
        self.resume()
        for _ in range(1_000):
            self.now += timedelta(hours=3)
            with self.store.write() as connection:
                hasten(connection, self.edition_id)
            self.claim(LAST)
            if LAST not in self._workers:
                break
            while self._workers[LAST].waiting:
                self.send(LAST, Fate.SENT)
            self.close(LAST)
        self.finish()
        self._check_edition()
        while self._late:
            self.hear_late()
        self._scribe.close()

    def check(self) -> None:
        """Nobody is lost, nobody has more copies than was promised, and the ledger says so."""
        with self.store.read() as connection:
            found = states(connection, self.edition_id)
            batches = connection.execute(
                select(batch.c.kind, batch.c.n, batch.c.state).where(
                    batch.c.edition_id == self.edition_id
                )
            ).all()
        assert found.keys() == self.ids
        assert {row.state for row in batches} == {"done"}
        assert sum(row.n for row in batches if row.kind == "first") == len(found)
        for reader, state in found.items():
            n = self.accepted[reader]
            if state is DeliveryState.SENT:
                assert n > 0
            elif n:
                # Who was sent it without the relay's word may be refused the second time.
                assert self.unknown[reader] > 0
            if state is DeliveryState.HELD:
                assert self.is_holding
                assert reader in self.doubtful
            if self.is_holding:
                assert n <= 1 + self.released[reader]
            else:
                # A second copy needs a first one that nobody heard of.
                assert n <= 1 + self.unknown[reader]

    def _check_edition(self) -> None:
        """It is sent where somebody has it or may have it, else cancelled."""
        with self.store.read() as connection:
            record = get_edition(connection, self.edition_id)
            found = states(connection, self.edition_id)
        got_it = {DeliveryState.SENT, DeliveryState.HELD}
        may_have_it = {reader for reader, state in found.items() if state in got_it}
        if record.state is EditionState.CANCELLED:
            # That somebody has it was heard later.
            assert may_have_it <= self.doubtful
        else:
            assert record.state is EditionState.SENT
            assert may_have_it

    def _uncertain(self) -> Outcome:
        state = DeliveryState.HELD if self.is_holding else DeliveryState.DEFERRED
        return DEFERRED._replace(state=state, code=None, is_uncertain=True)


def _all_of_them(
    _connection: Connection, _publication: str, ids: Sequence[int]
) -> dict[int, Recipient]:
    return {id_: Recipient(id_, address_of(id_)) for id_ in ids}
