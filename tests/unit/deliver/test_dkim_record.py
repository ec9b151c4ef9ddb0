"""The record in the DNS: a good one is found good, each bad one is told in its own words."""

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.deliver.dkim import Signer, parse_key, sign
from digest.deliver.dkim_record import advice_on, fault_of, record_name, record_text
from tests.unit.deliver.keys import pem, signer

AT = datetime(2024, 3, 12, 21, 0, tzinfo=UTC)
GOOD = record_text(signer())
P = GOOD.partition("p=")[2]
OTHER = record_text(Signer("x.example", "x", parse_key(pem("genrsa", "1024"))))


def fault(*texts: str) -> str:
    sample = sign(signer(), b"From: a@news.example\r\n\r\nbody\r\n", at=AT)
    return fault_of(signer(), texts, sample=sample)


def test_where_it_is() -> None:
    assert record_name(signer()) == "wrap2026._domainkey.news.porttide.example"


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"p={P}",
        f"v=DKIM1;p={P};",
        f"v=DKIM1; h=sha1:sha256; k=rsa; s=email; t=s; n=ours; p={P[:60]} {P[60:]} ; ",
        f"v=DKIM1; s=*; h=sha256; p={P}",
    ],
)
def test_good_ones(text: str) -> None:
    assert fault(text) == ""


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ((), f"no TXT record there; publish {GOOD}"),
        ((GOOD, GOOD), "2 TXT records there"),
        (("v=spf1 -all",), "not a DKIM key"),
        (("hello",), "not a DKIM key"),
        (("",), "not a DKIM key"),
        ((f"v=DKIM2; p={P}",), "not a DKIM key"),
        ((f"k=rsa; v=DKIM1; p={P}",), "not a DKIM key"),
        ((f"p={P}; v=DKIM1",), "not a DKIM key"),
        ((f"v=DKIM1; p={P}; p={P}",), "not a DKIM key"),
        (("v=DKIM1; k=rsa; p=",), "revokes the key"),
        ((f"v=DKIM1; k=ed25519; p={P}",), "says k=ed25519; expected k=rsa"),
        ((f"v=DKIM1; h=sha1; p={P}",), "allows h=sha1; expected sha256"),
        ((f"v=DKIM1; s=tlsrpt; p={P}",), "is for s=tlsrpt; expected email"),
        ((f"v=DKIM1; t=y:s; p={P}",), "t=y, a test"),
        ((f"v=DKIM1; p={P[:99]}*",), "not base64"),
        ((f'v=DKIM1; p="{P}"',), "not base64"),
        ((f"v=DKIM1; p={P[:100]}",), "the key there is not that of DIGEST_DKIM_KEY; publish v="),
        ((OTHER,), "the key there is not that of DIGEST_DKIM_KEY"),
    ],
)
def test_bad_ones(texts: tuple[str, ...], words: str) -> None:
    assert words in fault(*texts)


def test_a_bad_sample_is_told_from_a_bad_key() -> None:
    sample = sign(signer(), b"From: a@news.example\r\n\r\nbody\r\n", at=AT) + b"more\r\n"
    assert "a sample signed with it does not verify" in fault_of(signer(), (GOOD,), sample=sample)


def test_a_short_key_is_advised_against() -> None:
    assert advice_on(signer()) == ""
    short = Signer("x.example", "x", parse_key(pem("genrsa", "1024")))
    assert "with 1024 bits; better make a key of 2048" in advice_on(short)


def test_the_commands_of_the_docs_make_key_and_record(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "dkim.md").read_text(encoding="utf-8")
    commands = re.findall(r"^(?:openssl|chmod|echo) .*$", text, re.MULTILINE)
    assert len(commands) == 3
    done = subprocess.run(
        ["sh", "-ec", "\n".join(commands)], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    made = Signer("x.example", "x", parse_key((tmp_path / "dkim.pem").read_text()))
    assert done.stdout.strip() == record_text(made)
