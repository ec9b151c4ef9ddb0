"""Readers by hand and by list, as a person at the newsroom's keyboard meets it."""

import csv
import io
import json
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.model.readers import SuppressionReason
from digest.store.engine import open_store
from digest.store.suppressions import EVERYWHERE, suppress_address
from tests import exports
from tests.cli.conftest import Digest

READER = "reader1@porttide.example"


def counted(out: str, what: str) -> int:
    """The number beside those words in the report of an import."""
    found = re.search(rf"^{re.escape(what)} +([0-9,]+)$", out, re.MULTILINE)
    assert found is not None, out
    return int(found[1].replace(",", ""))


def listed(digest: Digest) -> dict[str, dict[str, object]]:
    done = digest("subscribers", "list", "--json")
    assert done.code == 0
    return {str(one["address"]): one for one in json.loads(done.out)}


def test_add_and_list(digest: Digest) -> None:
    added = digest("subscribers", "add", "Reader1@PortTide.example", "--name", "First Reader",
                   "--topics", "council, arts")  # fmt: skip
    assert (added.code, added.err) == (0, "")
    assert added.out.startswith(f"{READER} gets ")
    assert added.out.endswith(": arts, council\n")
    assert digest("subscribers", "add", "zoe@dépêche.example").code == 0
    found = listed(digest)
    assert list(found) == [READER, "zoe@xn--dpche-bsai.example"]
    created_at = found[READER].pop("created_at")
    assert datetime.fromisoformat(str(created_at)).tzinfo is not None
    assert found[READER] == {
        "address": READER,
        "name": "First Reader",
        "language": None,
        "publication": "kestrel",
        "state": "confirmed",
        "status": "confirmed",
        "topics": ["arts", "council"],
    }
    shown = digest("subscribers", "list", "--limit", "1").out
    assert re.search(rf"^{READER} +First Reader +confirmed +arts, council$", shown, re.MULTILINE)
    assert shown.endswith("2 get it; 1 shown\n")


def test_nobody_yet(digest: Digest) -> None:
    assert digest("subscribers", "list").out.endswith("nobody yet; 0 shown\n")
    assert listed(digest) == {}


def test_words_that_do_not_fit(digest: Digest) -> None:
    for sentence, *words in (
        ("reader1: no @ in the address", "add", "reader1"),
        ("reader1: no @ in the address", "remove", "reader1"),
        ('There is no section "horoscopes"', "add", READER, "--topics", "horoscopes"),
        ("weekly", "add", READER, "--publication", "weekly"),
    ):
        done = digest("subscribers", *words)
        assert done.code == 2
        assert sentence in done.err
    assert listed(digest) == {}


def test_removed_is_for_good_until_they_ask(digest: Digest, newsroom: Path) -> None:
    assert digest("subscribers", "add", READER).code == 0
    gone = digest("subscribers", "remove", READER.upper())
    assert gone.out == f"{READER} gets no mail of kestrel any more\n"
    assert listed(digest)[READER]["state"] == "unsubscribed"
    (newsroom / "list.csv").write_text(f"email\n{READER}\n")
    back = digest("subscribers", "import", "list.csv")
    assert (back.code, counted(back.out, "kept out: had left here")) == (0, 1)
    refused = digest("subscribers", "add", READER)
    assert refused.code == 2
    assert "unsubscribed" in refused.err
    assert "--consent" in refused.err
    assert listed(digest)[READER]["state"] == "unsubscribed"
    asked = digest("subscribers", "add", READER, "--consent", "phoned the desk")
    assert asked.code == 0
    assert listed(digest)[READER]["state"] == "confirmed"


def test_who_never_was_a_reader_can_be_kept_out(digest: Digest, newsroom: Path) -> None:
    gone = digest("subscribers", "remove", READER)
    assert gone.out == f"{READER} was not a subscriber and gets no mail of kestrel any more\n"
    (newsroom / "list.csv").write_text(f"email\n{READER}\n")
    assert counted(digest("subscribers", "import", "list.csv").out, "subscribed") == 0


def test_suppressed_for_all_publications_is_not_lifted_here(digest: Digest, newsroom: Path) -> None:
    assert digest("subscribers", "list").code == 0, "makes the database"
    suppress_everywhere(newsroom, READER, SuppressionReason.COMPLAINED)
    done = digest("subscribers", "add", READER, "--consent", "phoned the desk")
    assert done.code == 2
    assert "complained, 2026-03-12, a complaint. That holds for all publications." in done.err


def test_readers_who_get_no_mail_are_not_called_confirmed(digest: Digest, newsroom: Path) -> None:
    for name in ("reader1", "reader2", "reader3"):
        assert digest("subscribers", "add", f"{name}@porttide.example").code == 0
    suppress_everywhere(newsroom, READER, SuppressionReason.BOUNCED)
    assert digest("subscribers", "remove", "reader2@porttide.example").code == 0
    shown = digest("subscribers", "list").out
    assert re.search(rf"^{READER} +bounced +all$", shown, re.MULTILINE)
    assert shown.endswith("1 gets it, 1 bounced, 1 unsubscribed; 3 shown\n")
    assert listed(digest)[READER]["status"] == "bounced"
    assert "readers   1 gets it, 1 bounced, 1 unsubscribed" in digest("status").out
    counts = json.loads(digest("status", "--json").out)[0]["subscribers"]
    assert counts == {"confirmed": 1, "bounced": 1, "unsubscribed": 1}


def suppress_everywhere(newsroom: Path, address: str, reason: SuppressionReason) -> None:
    store = open_store(f"sqlite:///{newsroom / 'var' / 'digest.db'}")
    with store.write() as connection:
        suppress_address(
            connection, address, publication=EVERYWHERE, reason=reason, source="a complaint",
            evidence="", now=datetime(2026, 3, 12, tzinfo=UTC),
        )  # fmt: skip
    store.close()


def test_the_report_of_an_import(digest: Digest, newsroom: Path) -> None:
    text = (
        f"email,status,topics\n{READER},,Town Hall\nreader2,,\nREADER1@porttide.example,,\n"
        "gone1@porttide.example,unsubscribed,\npending1@porttide.example,pending,\n"
        "reader3@porttide.example,,horoscopes\n"
    )
    (newsroom / "list.csv").write_text(text)
    done = digest("subscribers", "import", "list.csv")
    assert done.code == 1, "a row could not be used"
    assert done.err == ""
    assert done.out.startswith("from a list\n")
    numbers = {
        "read": 6,
        "subscribed": 2,
        "known already, or repeated": 1,
        "left or failed there: never mailed": 1,
        "kept out: had left here": 0,
        "not taken: never agreed there": 1,
        "not usable": 1,
    }
    assert {what: counted(done.out, what) for what in numbers} == numbers
    assert "\nline 3: no @ in the address\n" in done.out
    assert "left out, as kestrel has no such sections: horoscopes" in done.out
    found = listed(digest)
    assert list(found) == [READER, "reader3@porttide.example"]
    assert found[READER]["topics"] == ["council"]


def test_of_many_bad_rows_the_first_are_shown(digest: Digest, newsroom: Path) -> None:
    (newsroom / "list.csv").write_text("email\n" + "reader\n" * 1_500)
    done = digest("subscribers", "import", "list.csv")
    assert done.code == 1
    assert done.out.count("no @ in the address") == 20
    assert done.out.endswith("\n... and 1,480 more\n")


def test_an_export_in_utf_16_and_in_a_zip(digest: Digest, newsroom: Path) -> None:
    (newsroom / "members.csv").write_text(exports.GHOST, "utf-16")
    ghost = digest("subscribers", "import", "members.csv")
    assert (ghost.code, counted(ghost.out, "subscribed")) == (0, 1)
    assert ghost.out.startswith("from Ghost\n")
    with zipfile.ZipFile(newsroom / "export.zip", "w") as archive:
        archive.writestr("posts.csv", "post_id,title\n")
        archive.writestr("email_list.porttide.csv", exports.SUBSTACK)
    substack = digest("subscribers", "import", "export.zip")
    assert substack.code == 0
    assert substack.out.startswith("from Substack\n")
    assert set(listed(digest)) == {READER, "payer1@porttide.example"}


def test_a_file_that_can_not_be_taken(digest: Digest, newsroom: Path) -> None:
    (newsroom / "towns.csv").write_text("name,town\nFirst,Port Kestrel\n")
    (newsroom / "empty.csv").touch()
    (newsroom / "image.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    for name, sentence in (
        ("towns.csv", 'one of them "email" or "Email Address"'),
        ("empty.csv", "the file is empty"),
        ("image.png", "expected a first row"),
        ("nowhere.csv", "No such file or directory"),
        ("config", "Is a directory"),
    ):
        done = digest("subscribers", "import", name)
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith(f"digest: {name}: ")
        assert sentence in done.err


@pytest.mark.usefixtures("readers")
def test_export_to_a_file_or_standard_output(digest: Digest, newsroom: Path) -> None:
    to_file = digest("subscribers", "export", "out.csv")
    assert (to_file.code, to_file.out) == (0, "25 readers written to out.csv\n")
    written = (newsroom / "out.csv").read_bytes().decode()
    rows = list(csv.DictReader(io.StringIO(written, newline="")))
    assert len(rows) == 25
    assert {row["status"] for row in rows} == {"confirmed", "unsubscribed", "bounced"}
    assert {row["name"] for row in rows} >= {"Dunnock, Percival", "Céleste Amirault-Voss"}
    to_screen = digest("subscribers", "export")
    assert to_screen.out.splitlines() == written.splitlines()
    again = digest("subscribers", "import", "out.csv")
    assert (again.code, counted(again.out, "subscribed")) == (0, 0)


def test_export_to_a_place_that_is_not_there(digest: Digest) -> None:
    done = digest("subscribers", "export", "nowhere/out.csv")
    assert done.code == 1
    assert done.err == "digest: nowhere/out.csv: No such file or directory\n"
