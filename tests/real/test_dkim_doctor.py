"""The doctor, on DKIM: against a real name server on loopback."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dns.rcode
import pytest

from digest import dns as our_dns
from digest.check import check_dkim
from digest.deliver.dkim_record import record_text
from digest.dns import find_texts
from digest.errors import DnsError
from digest.model.newsroom import Dkim, Publication
from digest.settings.load import Settings
from tests.real.dns_server import Zone, dns_server
from tests.real.web.server import settings_for
from tests.unit.compose.editions import FRENCH, PUBLICATION
from tests.unit.deliver.keys import pem, signer

NAME = "wrap2026._domainkey.news.porttide.example"
SIGNED = replace(PUBLICATION, dkim=Dkim("wrap2026", "news.porttide.example"))


@pytest.fixture
def zone() -> Iterator[Zone]:
    with dns_server() as zone:
        yield zone


def settings(folder: Path, publication: Publication = SIGNED, key: str | None = None) -> Settings:
    return replace(settings_for(folder, publication), dkim_key=key or pem())


def finding(settings: Settings, zone: Zone) -> tuple[bool | None, str]:
    (found,) = check_dkim(settings, dns_server=zone.server)
    assert found.what == "dkim evening-tide"
    assert "PRIVATE" not in found.detail
    return found.is_ok, found.detail


def test_all_is_well(tmp_path: Path, zone: Zone) -> None:
    zone.texts[NAME] = [record_text(signer())]
    assert finding(settings(tmp_path), zone) == (True, f"a sample verifies with {NAME}")
    assert zone.asked == [NAME]


def test_a_record_in_pieces_is_joined(tmp_path: Path, zone: Zone) -> None:
    text = record_text(signer())
    assert len(text) > 255
    zone.texts[NAME] = [text]
    assert find_texts(NAME, server=zone.server) == (text,)


def test_no_record(tmp_path: Path, zone: Zone) -> None:
    is_ok, detail = finding(settings(tmp_path), zone)
    assert not is_ok
    assert detail == f"{NAME}: no TXT record there; publish {record_text(signer())}"
    zone.texts[NAME] = []
    assert "no TXT record there" in finding(settings(tmp_path), zone)[1]


def test_another_key(tmp_path: Path, zone: Zone) -> None:
    zone.texts[NAME] = [record_text(signer())]
    is_ok, detail = finding(settings(tmp_path, key=pem("genrsa", "1024")), zone)
    assert not is_ok
    assert "the key there is not that of DIGEST_DKIM_KEY" in detail


@pytest.mark.parametrize("rcode", [dns.rcode.SERVFAIL, dns.rcode.REFUSED])
def test_a_server_that_refuses(tmp_path: Path, zone: Zone, rcode: dns.rcode.Rcode) -> None:
    zone.rcode = rcode
    is_ok, detail = finding(settings(tmp_path), zone)
    assert not is_ok
    assert f"the DNS does not answer for {NAME}" in detail


def test_silence(tmp_path: Path, zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(our_dns, "TIMEOUT_S", 0.2)
    zone.is_silent = True
    with pytest.raises(DnsError, match="does not answer"):
        find_texts(NAME, server=zone.server)


def test_a_name_that_is_too_long() -> None:
    with pytest.raises(DnsError):
        find_texts("a" * 64 + ".example", server=("127.0.0.1", 1))


def test_a_domain_that_is_not_the_senders(tmp_path: Path, zone: Zone) -> None:
    stranger = replace(SIGNED, dkim=Dkim("wrap2026", "mailer.example"))
    is_ok, detail = finding(settings(tmp_path, stranger), zone)
    assert not is_ok
    assert "signs for mailer.example, but mail is from news.porttide.example" in detail


def test_a_neighbour_of_the_senders_domain_is_neither_good_nor_wrong(
    tmp_path: Path, zone: Zone
) -> None:
    there = "wrap2026._domainkey.mail.porttide.example"
    zone.texts[there] = [record_text(signer())]
    neighbour = settings(tmp_path, replace(SIGNED, dkim=Dkim("wrap2026", "mail.porttide.example")))
    is_ok, detail = finding(neighbour, zone)
    assert is_ok is None
    assert f"a sample verifies with {there}; but mail is from news.porttide.example" in detail
    zone.texts[there] = []
    assert finding(neighbour, zone)[0] is False


def test_the_key_is_missing(tmp_path: Path, zone: Zone) -> None:
    is_ok, detail = finding(settings_for(tmp_path, SIGNED), zone)
    assert not is_ok
    assert "DIGEST_DKIM_KEY: missing" in detail


def test_a_key_that_nobody_uses(tmp_path: Path) -> None:
    (found,) = check_dkim(settings(tmp_path, PUBLICATION))
    assert not found.is_ok
    assert "mail is not signed" in found.detail


def test_each_publication_is_asked_for(tmp_path: Path, zone: Zone) -> None:
    zone.texts[NAME] = [record_text(signer())]
    both = replace(settings(tmp_path), publications=(SIGNED, FRENCH))
    assert [one.is_ok for one in check_dkim(both, dns_server=zone.server)] == [True]


def test_nothing_is_asked_where_the_relay_signs(tmp_path: Path) -> None:
    assert not list(check_dkim(settings_for(tmp_path)))
