"""The Maildir: whole files in new/, one per Message-ID, whatever is run again."""

import asyncio
from pathlib import Path

import pytest

from digest.deliver.line import line_opener
from digest.deliver.relay import Maildir
from digest.errors import RelayError
from digest.model.ledger import Phase, Reply
from tests.real.deliver.relays import MESSAGE, an_envelope


def send(folder: Path, *numbers: int, message: bytes = MESSAGE) -> list[Reply]:
    opener = line_opener(Maildir(str(folder)), local_hostname="h.example", timeout_s=1)

    async def run() -> list[Reply]:
        async with opener() as line:
            return [await line.send(an_envelope(n)._replace(message=message)) for n in numbers]

    return asyncio.run(run())


def test_whole_messages_in_new(tmp_path: Path) -> None:
    replies = send(tmp_path / "var" / "outbox", 1, 2)
    assert {(reply.phase, reply.code) for reply in replies} == {(Phase.BODY, 250)}
    new = sorted((tmp_path / "var" / "outbox" / "new").iterdir())
    assert [path.read_bytes() for path in new] == [MESSAGE] * 2
    assert {path.suffix for path in new} == {".eml"}
    assert list((tmp_path / "var" / "outbox" / "tmp").iterdir()) == []


def test_a_rerun_overwrites(tmp_path: Path) -> None:
    send(tmp_path, 1)
    send(tmp_path, 1, message=b"Subject: y\r\n\r\n")
    assert [path.read_bytes() for path in (tmp_path / "new").iterdir()] == [b"Subject: y\r\n\r\n"]


def test_what_a_mail_reader_has_seen_is_not_delivered_again(tmp_path: Path) -> None:
    send(tmp_path, 1)
    (new,) = (tmp_path / "new").iterdir()
    new.rename(tmp_path / "cur" / f"{new.name}:2,S")
    assert send(tmp_path, 1)[0].code == 250
    assert list((tmp_path / "new").iterdir()) == []


def test_a_folder_that_can_not_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RelayError, match="can't be written: Not a directory"):
        send(tmp_path / "file" / "outbox", 1)


def test_a_folder_that_went_away(tmp_path: Path) -> None:
    opener = line_opener(Maildir(str(tmp_path / "out")), local_hostname="h", timeout_s=1)

    async def run() -> None:
        async with opener() as line:
            (tmp_path / "out").rename(tmp_path / "elsewhere")
            await line.send(an_envelope())

    with pytest.raises(RelayError, match="can't be written: No such file"):
        asyncio.run(run())
