"""A Maildir instead of a relay: Envelope -> a file in new/ (cr.yp.to/proto/maildir.html).

The file's name is derived from the Message-ID: handing over the same message again overwrites it
and never makes a second one. The bytes are the envelope's, unchanged. I/O: the folder.
"""

import asyncio
import os
from hashlib import sha256
from pathlib import Path

from digest.deliver.relay import Maildir
from digest.errors import RelayError
from digest.model.ledger import Phase, Reply
from digest.model.message import Envelope

FOLDERS = ("tmp", "new", "cur")


class MaildirLine:
    """Answers like a relay's line: 250 once the message is on the disk."""

    def __init__(self, maildir: Maildir) -> None:
        self._label = maildir.label
        self._root = Path(maildir.path)

    n_slots = 1

    def settle(self, envelope: Envelope) -> None:
        """Nothing waits for it: a message is on the disk or it is not."""

    def drop(self) -> None:
        """Nothing is on its way."""

    hang_up = drop

    def open(self) -> None:
        """Make the three folders. Raises RelayError when that can't be done."""
        try:
            for folder in FOLDERS:
                (self._root / folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unusable(error) from error

    async def send(self, envelope: Envelope) -> Reply:
        """Write the message. Raises RelayError when the folder can't take it."""
        try:
            name = await asyncio.to_thread(self._write, envelope)
        except OSError as error:
            raise self._unusable(error) from error
        return Reply(Phase.BODY, 250, "2.0.0", f"kept as {name}")

    def _write(self, envelope: Envelope) -> str:
        name = file_name(envelope.message_id)
        if any((self._root / "cur").glob(f"{name}*")):
            return name  # a mail reader has already seen it
        draft = self._root / "tmp" / f"{name}.{os.getpid()}"
        with draft.open("wb") as file:
            file.write(envelope.message)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._root / "new" / name)
        _sync_folder(self._root / "new")
        return name

    def _unusable(self, error: OSError) -> RelayError:
        words = f"The folder of {self._label} can't be written: {error.strerror}."
        return RelayError(words, is_lasting=True)


def file_name(message_id: str) -> str:
    """A name within the Maildir: the same for the same Message-ID, without "/" or ":"."""
    return f"{sha256(message_id.encode()).hexdigest()[:32]}.eml"


def _sync_folder(folder: Path) -> None:
    # The rename is on the disk only when the folder is.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
