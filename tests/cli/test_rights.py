"""What a reader may ask for: what is held of them, all of it, and that it goes."""

import json
import re
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from digest.store.engine import Store, open_store
from digest.store.schema import forgotten, metadata
from digest.store.subscribers import find_subscriber
from tests.cli.conftest import Digest
from tests.cli.test_subscribers import counted, listed

READER, OTHER = "reader1@porttide.example", "reader2@porttide.example"


def store_of(newsroom: Path) -> Store:
    return open_store(f"sqlite:///{newsroom / 'var' / 'digest.db'}")


def test_the_record_is_shown_in_order(digest: Digest) -> None:
    added = digest("subscribers", "add", READER, "--name", "First", "--topics", "arts",
                   "--consent", "phoned the desk")  # fmt: skip
    assert added.code == 0
    assert digest("subscribers", "remove", READER).code == 0
    shown = digest("subscribers", "show", READER.upper())
    assert shown.code == 0
    assert shown.out.startswith(f"{READER} (First)\n")
    assert re.search(r"^kestrel +unsubscribed +arts +nightly", shown.out, re.MULTILINE)
    assert "gets no mail of kestrel: unsubscribed" in shown.out
    record = shown.out.partition("record")[2]
    assert re.search(r"confirmed +added by hand +phoned the desk", record)
    assert record.index("confirmed") < record.index("unsubscribed")
    held = json.loads(digest("subscribers", "show", READER, "--json").out)
    events = [one["event"] for one in held["consents"]]
    assert events == ["confirmed", "unsubscribed"]
    unknown = digest("subscribers", "show", OTHER)
    assert (unknown.code, unknown.out) == (2, "")
    assert f"nothing is held of {OTHER}" in unknown.err


def test_all_that_is_held_is_exported(digest: Digest, newsroom: Path) -> None:
    for address in (READER, OTHER):
        assert digest("subscribers", "add", address, "--consent", "at the fair").code == 0
    assert digest("send").code == 0
    assert digest("subscribers", "remove", READER).code == 0
    done = digest("subscribers", "export-data", READER)
    assert (done.code, done.err) == (0, "")
    assert OTHER not in done.out
    held = json.loads(done.out)
    assert held["address"] == READER
    assert datetime.fromisoformat(held["created_at"]).tzinfo is not None
    (standing,) = held["subscriptions"]
    assert (standing["publication"], standing["state"], standing["frequency"]) == (
        "kestrel", "unsubscribed", "nightly",
    )  # fmt: skip
    assert [one["consent"]["note"] for one in held["consents"]] == ["at the fair", ""]
    (delivery,) = held["deliveries"]
    assert (delivery["publication"], delivery["state"]) == ("kestrel", "sent")
    (barred,) = held["suppressions"]
    assert (barred["reason"], barred["source"]) == ("unsubscribed", "removed by hand")
    nothing = digest("subscribers", "export-data", "nobody@porttide.example")
    assert nothing.code == 0
    assert json.loads(nothing.out)["subscriptions"] == []


def everywhere(store: Store, words: tuple[str, ...]) -> list[str]:
    """Tables in which one of the words stands."""
    with store.read() as connection:
        return [
            table.name
            for table in metadata.sorted_tables
            for row in connection.execute(select(table))
            if any(word in str(row).lower() for word in words)
        ]


def test_forgotten_but_for_a_keyed_hash(digest: Digest, newsroom: Path) -> None:
    assert digest("subscribers", "add", READER, "--name", "Rosalind").code == 0
    assert digest("subscribers", "add", OTHER, "--name", "Wilhelmina").code == 0
    assert digest("send").code == 0
    assert digest("subscribers", "remove", OTHER).code == 0
    asked = digest("subscribers", "forget", OTHER)
    assert asked.code == 1, "nobody is there to say yes"
    assert "1 deliveries" in asked.out
    store = store_of(newsroom)
    assert everywhere(store, (OTHER,))
    done = digest("subscribers", "forget", OTHER, "--yes")
    assert (done.code, done.err) == (0, "")
    assert everywhere(store, (OTHER, "reader2", "wilhelmina")) == []
    with store.read() as connection:
        rows = connection.execute(select(forgotten)).all()
        assert find_subscriber(connection, "kestrel", READER) is not None
    assert {row.publication for row in rows} == {"", "kestrel"}
    (hashed,) = {row.hash for row in rows}
    assert re.fullmatch(r"[0-9a-f]{64}", hashed)
    assert json.loads(digest("subscribers", "export-data", OTHER).out)["subscriber_id"] is None
    again = digest("subscribers", "forget", OTHER, "--yes")
    assert (again.code, again.out) == (0, f"nothing is held of {OTHER}\n")
    store.close()


def test_no_list_brings_back_who_was_forgotten(digest: Digest, newsroom: Path) -> None:
    assert digest("subscribers", "add", READER).code == 0
    assert digest("subscribers", "forget", READER, "--yes").code == 0
    (newsroom / "list.csv").write_text(
        f"email,status\n{READER.upper()},\n{OTHER},\n{READER},unsubscribed\n"
    )
    done = digest("subscribers", "import", "list.csv")
    assert (done.code, counted(done.out, "subscribed")) == (0, 1)
    assert counted(done.out, "kept out: had left here") == 2
    assert list(listed(digest)) == [OTHER]
    store = store_of(newsroom)
    assert everywhere(store, (READER,)) == [], "not even that they left is kept in clear"
    store.close()
    refused = digest("subscribers", "add", READER)
    assert refused.code == 2
    assert "asked to be forgotten" in refused.err
    assert "--consent" in refused.err
    keyless = digest("subscribers", "import", "list.csv", DIGEST_SECRET_KEY="another key, " * 4)
    assert keyless.code == 0, "another key knows nobody: docs/law.md says so"


def test_who_was_forgotten_may_come_back_by_themselves(digest: Digest, newsroom: Path) -> None:
    assert digest("subscribers", "add", READER).code == 0
    assert digest("subscribers", "forget", READER, "--yes").code == 0
    assert digest("subscribers", "add", READER, "--consent", "wrote to us").code == 0
    assert listed(digest)[READER]["status"] == "confirmed"
    (newsroom / "list.csv").write_text(f"email\n{READER}\n")
    done = digest("subscribers", "import", "list.csv")
    assert counted(done.out, "known already, or repeated") == 1
    assert listed(digest)[READER]["status"] == "confirmed"


def test_a_number_is_never_somebody_elses(digest: Digest, newsroom: Path) -> None:
    """SQLite would give the number of the last reader to the next one, and with it old links."""
    store = store_of(newsroom)
    ids = []
    for n in range(3):
        assert digest("subscribers", "add", f"reader{n}@porttide.example").code == 0
        with store.read() as connection:
            found = find_subscriber(connection, "kestrel", f"reader{n}@porttide.example")
        assert found is not None
        ids.append(found.id)
        assert digest("subscribers", "forget", f"reader{n}@porttide.example", "--yes").code == 0
    assert ids == [1, 2, 3]
    assert listed(digest) == {}
    with store.read() as connection:
        left = connection.scalars(select(metadata.tables["subscriber"].c.address)).all()
    assert left == ["forgotten:3"]
    store.close()
