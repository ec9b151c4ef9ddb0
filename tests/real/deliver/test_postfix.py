"""A night through a real Postfix, with its own limits and words."""

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.model.ledger import DeliveryState
from digest.model.message import Envelope, Recipient
from digest.store.engine import Store
from tests.real.deliver.postfix import Postfix, open_folder, started_postfix
from tests.real.deliver.relays import certificate
from tests.real.deliver.runs import envelope_for, newsroom
from tests.real.store.ledger import address_of, states

pytestmark = pytest.mark.needs_postfix

SENT, DEFERRED, FAILED = DeliveryState.SENT, DeliveryState.DEFERRED, DeliveryState.FAILED


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as made:
        yield made


@pytest.fixture
def postfix(folder: Path) -> Iterator[Postfix]:
    certificate(folder)
    with started_postfix(folder, tls_level="may") as server:
        yield server


def state_of(number: int) -> DeliveryState:
    return {7: FAILED, 8: DEFERRED}.get(number % 10, SENT)


@pytest.mark.parametrize("scheme", ["smtp", "smtp+starttls"])
def test_a_night_through_postfix(sqlite_store: Store, postfix: Postfix, scheme: str) -> None:
    room = newsroom(sqlite_store, 60, batch_size=25)
    trusting = ssl.create_default_context(cafile=str(postfix.folder / "cert.pem"))
    url = f"{scheme}://127.0.0.1:{{port}}"
    report = asyncio.run(room.run(postfix.port, url=url, tls_context=trusting))
    expected = {number: state_of(number) for number in range(1, 61)}
    with sqlite_store.read() as connection:
        assert states(connection, room.edition_id) == expected
    assert postfix.accepted() == {address_of(n): 1 for n in range(1, 61) if state_of(n) is SENT}
    assert sorted(room.suppressed) == [7, 17, 27, 37, 47, 57]
    assert report.stopped_because == ""
    again = asyncio.run(room.run(postfix.port, url=url, tls_context=trusting))
    assert again.n_sent == 0


def test_a_line_that_postfix_drops_costs_nobody_the_mail(sqlite_store: Store, folder: Path) -> None:
    """smtpd_hard_error_limit: after so many errors in a row it says 421 and hangs up."""
    dead = (7, 17, 27, 37, 47, 57, 67, 77)
    room = newsroom(sqlite_store, 79, ids=(*dead, 79))
    with started_postfix(folder) as postfix:
        report = asyncio.run(room.run(postfix.port, n_connections=1))
        assert report.counts["sent"] == 1
        # What stood behind its 421 in the pipeline may go down with the line, and is tried again.
        n_runs = 1
        while not report.is_finished and n_runs < 5:
            report = asyncio.run(room.run(postfix.port, n_connections=1, is_eager=True))
            n_runs += 1
    assert "too many errors after" in (folder / "log" / "mail.log").read_text()
    assert (report.is_finished, report.counts["failed"], report.counts["sent"]) == (True, 8, 1)
    assert set(room.suppressed) <= set(dead)


def test_a_message_too_big_for_postfix_stops_the_run(sqlite_store: Store, postfix: Postfix) -> None:
    room = newsroom(sqlite_store, 9)

    def big(recipient: Recipient) -> Envelope:
        return envelope_for(recipient)._replace(message=b"Subject: x\r\n\r\n" + b"x\r\n" * 40_000)

    report = asyncio.run(room.run(postfix.port, make_envelope=big, n_connections=1))
    assert "552 the message has 120,014 bytes, the relay takes" in report.stopped_because
    assert (room.suppressed, report.counts["failed"], postfix.accepted()) == ([], 0, {})
