"""When a relay's refusals are believed."""

from collections import deque
from datetime import UTC, datetime

from digest.held import Held, Job, Refusal, Standing
from digest.model.ledger import ClaimedBatch, Concern, DeliveryState, Outcome
from digest.model.message import Recipient

NOW = datetime(2026, 3, 12, tzinfo=UTC)
DEAD = Outcome(DeliveryState.FAILED, Concern.ADDRESS, 550, "5.1.1", "5.1.1 no such user")
HELD = Held(ClaimedBatch(1, 1, 1, ()), deque(), renew_at=NOW, check_at=NOW)


def refused(n: int) -> list[Refusal]:
    """So many refusals of one relay, in order."""
    jobs = [Job(Recipient(number, f"r{number}@readers.example"), HELD) for number in range(n)]
    return [Refusal(job, DEAD, "a", number) for number, job in enumerate(jobs, start=1)]


def test_a_message_proves_only_what_came_before_it_was_begun() -> None:
    refusals = refused(5)
    standing = Standing(doubtful=list(refusals))
    assert standing.proven_by(0) == []
    assert standing.proven_by(3) == refusals[:3]
    assert standing.proven_by(3) == []
    assert standing.doubtful == refusals[3:]


def test_what_is_left_is_proven_by_the_run_where_the_relay_took_something() -> None:
    refusals = refused(2)
    standing = Standing(doubtful=list(refusals))
    assert standing.proven_by_run() == []
    standing.has_accepted = True
    assert (standing.proven_by_run(), standing.proven_by_run()) == (refusals, [])


def test_a_relay_that_was_given_up_proves_nothing() -> None:
    standing = Standing(has_accepted=True, is_trusted=False, doubtful=refused(2))
    assert (standing.proven_by(9), standing.proven_by_run()) == ([], [])
