"""Mail that digest signs, as a mailbox gets it; and what happens without the key."""

from pathlib import Path

import dkim
import pytest

from digest.deliver.dkim import Signer, parse_key
from digest.deliver.dkim_record import record_name, record_text
from tests.cli.conftest import Digest
from tests.cli.serving import caught, relaying
from tests.unit.deliver.keys import pem

SECTIONS = "  # Sections in the order of the mail."
TABLE = '  [publications.dkim]\n  selector = "wrap2026"\n'


@pytest.fixture
def signing(newsroom: Path) -> None:
    """The newsroom signs; the key is still to be said."""
    config = newsroom / "config" / "digest.toml"
    text = config.read_text("utf-8")
    assert SECTIONS in text
    config.write_text(text.replace(SECTIONS, TABLE + SECTIONS, 1), "utf-8")


@pytest.fixture
def key(newsroom: Path, signing: None) -> None:
    """It is in a file that .env names."""
    del signing
    (newsroom / "dkim.pem").write_text(pem())
    with (newsroom / ".env").open("a") as env:
        env.write(f"DIGEST_DKIM_KEY_FILE={newsroom}/dkim.pem\n")


def verifies(message: bytes) -> bool:
    """What dkimpy says, with our record in its DNS."""
    ours = Signer("porttide.example", "wrap2026", parse_key(pem()))

    def record(name: bytes, timeout: int = 5) -> bytes:
        del timeout
        assert name.decode() == f"{record_name(ours)}."
        return record_text(ours).encode()

    return bool(dkim.verify(message, dnsfunc=record))


@pytest.mark.usefixtures("readers", "key")
def test_what_every_reader_gets_is_signed(digest: Digest) -> None:
    with relaying() as (relay, box):
        done = digest("send", **relay)
    assert done.code == 0, done.said
    assert len({address for address, _ in box.accepted}) == 23
    assert [address for address, message in box.accepted if not verifies(message)] == []


@pytest.mark.usefixtures("key")
def test_a_test_copy_is_signed_too(digest: Digest, tmp_path: Path) -> None:
    with caught(tmp_path / "caught") as catcher:
        done = digest(
            "send", "--to", "editor@porttide.example",
            DIGEST_SMTP_URL=f"smtp://127.0.0.1:{catcher.port}",
            DIGEST_BASE_URL="https://w.example",
        )  # fmt: skip
        assert done.code == 0, done.said
        assert verifies(catcher.caught[0].read_bytes())


@pytest.mark.usefixtures("readers", "signing")
def test_without_its_key_no_night_begins(digest: Digest) -> None:
    expected = "DIGEST_DKIM_KEY: missing; publications[kestrel].dkim signs with it"
    with relaying() as (relay, box):
        watching, sending = digest("run", **relay), digest("send", **relay)
        assert (watching.code, watching.out) == (2, "")
        assert expected in watching.err
        assert sending.code == 2
        assert expected in sending.err
        assert box.accepted == []
    assert "has no edition yet" in digest("deliveries", "list").err, "the night is still to come"
