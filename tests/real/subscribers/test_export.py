"""A newsroom that moves takes everybody along, and mails nobody who left."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

from digest.model.readers import Consent, SuppressionReason
from digest.roster import COLUMNS, export_file, import_file
from digest.store import leaving
from digest.store.engine import Store, open_store
from digest.store.leaving import Keepsake, keepsakes
from digest.store.migrate import migrate
from digest.store.subscribers import (
    add_subscriber,
    audience_ids,
    count_by_status,
    find_subscriber,
    unsubscribe,
)
from digest.store.suppressions import EVERYWHERE, suppress_address

NOW = datetime(2026, 3, 12, 21, 30, tzinfo=UTC)
SLUG = "evening-tide"
SUBSCRIBERS = Path(__file__).parents[3] / "config" / "sample" / "subscribers.csv"
PROOF = Consent(
    source="the form",
    at=datetime(2025, 9, 4, 11, 12, 31, 250_000, tzinfo=UTC),
    ip="192.0.2.14",
    confirmed_at=datetime(2025, 9, 4, 11, 20, tzinfo=UTC),
    confirmed_ip="2001:db8::1",
)


def add(store: Store, name: str, *, topics: tuple[str, ...] = (), title: str = "") -> int:
    address = f"{name}@porttide.example"
    with store.write() as connection:
        return add_subscriber(
            connection, publication=SLUG, address=address, as_given=address, name=title,
            language="fr" if topics else None, topics=topics, consented=PROOF, now=NOW,
        ).id  # fmt: skip


def suppress(store: Store, name: str, publication: str, reason: SuppressionReason) -> None:
    with store.write() as connection:
        suppress_address(
            connection, f"{name}@porttide.example", publication=publication, reason=reason,
            source="a test", evidence="", now=NOW,
        )  # fmt: skip


def export(store: Store) -> str:
    out = io.StringIO(newline="")
    n = export_file(store, out, publication=SLUG)
    assert n == len(list(csv.reader(io.StringIO(out.getvalue(), newline="")))) - 1
    return out.getvalue()


def statuses(exported: str) -> dict[str, str]:
    return {row["email"].partition("@")[0]: row["status"]
            for row in csv.DictReader(io.StringIO(exported, newline=""))}  # fmt: skip


def a_newsroom(store: Store) -> None:
    """With readers of every standing."""
    add(store, "stays", topics=("arts", "news"), title="=1+1 “Réader”, 'A'")
    gone = add(store, "gone")
    with store.write() as connection:
        assert unsubscribe(connection, SLUG, gone, source="the link", now=NOW)
    add(store, "bounced")
    suppress(store, "bounced", SLUG, SuppressionReason.BOUNCED)
    add(store, "complained")
    suppress(store, "complained", SLUG, SuppressionReason.UNSUBSCRIBED)
    suppress(store, "complained", EVERYWHERE, SuppressionReason.COMPLAINED)
    suppress(store, "stranger", EVERYWHERE, SuppressionReason.BY_HAND)
    suppress(store, "stranger", SLUG, SuppressionReason.BOUNCED)
    suppress(store, "elsewhere", "sports", SuppressionReason.UNSUBSCRIBED)


def test_how_many_stand_where(store: Store) -> None:
    a_newsroom(store)
    with store.read() as connection:
        counts = count_by_status(connection, SLUG)
        assert counts["confirmed"] == len(list(audience_ids(connection, SLUG)))
    assert counts == {"confirmed": 1, "unsubscribed": 1, "bounced": 1, "complained": 1}


def test_everybody_with_standing(store: Store) -> None:
    a_newsroom(store)
    exported = export(store)
    assert exported.splitlines()[0] == ",".join(COLUMNS)
    assert statuses(exported) == {
        "stays": "confirmed",
        "gone": "unsubscribed",
        "bounced": "bounced",
        "complained": "complained",
        "stranger": "by_hand",
    }


def test_an_empty_newsroom_has_a_header(store: Store) -> None:
    assert export(store) == ",".join(COLUMNS) + "\r\n"


def test_there_nobody_is_mailed_who_left_here(store: Store, tmp_path: Path) -> None:
    a_newsroom(store)
    exported = export(store)
    path = tmp_path / "moving.csv"
    path.write_text(exported, "utf-8", newline="")
    other = open_store(f"sqlite:///{tmp_path / 'other.db'}")
    try:
        migrate(other)
        report = import_file(other, path, publication=SLUG, now=NOW)
        assert (report.n_added, report.n_suppressed, report.n_bad) == (1, 4, 0)
        with other.read() as connection:
            reader = find_subscriber(connection, SLUG, "stays@porttide.example")
            assert reader is not None
            assert list(audience_ids(connection, SLUG)) == [reader.id]
            there = leaving.first_consents(connection, SLUG, [reader.id])[reader.id]
        assert statuses(export(other)) == statuses(exported)
        assert reader.name == "=1+1 “Réader”, 'A'"
        assert (reader.topics, reader.language) == (("arts", "news"), "fr")
        assert (there.at, there.ip) == (PROOF.at, PROOF.ip)
        assert (there.confirmed_at, there.confirmed_ip) == (PROOF.confirmed_at, PROOF.confirmed_ip)
    finally:
        other.close()


def test_taken_in_again_where_it_comes_from(store: Store, tmp_path: Path) -> None:
    a_newsroom(store)
    exported = export(store)
    path = tmp_path / "again.csv"
    path.write_text(exported, "utf-8", newline="")
    report = import_file(store, path, publication=SLUG, now=NOW)
    assert report.n_added == 0
    assert statuses(export(store)) == statuses(exported)
    with store.read() as connection:
        assert len(list(audience_ids(connection, SLUG))) == 1


def test_the_sample_comes_out_as_it_went_in(store: Store) -> None:
    import_file(store, SUBSCRIBERS, publication=SLUG, now=NOW)
    with SUBSCRIBERS.open(encoding="utf-8", newline="") as file:
        given = {
            row["email"].replace("dépêche", "xn--dpche-bsai"):
            datetime.fromisoformat(row["consent_time"]).astimezone(UTC)
            for row in csv.DictReader(file)
            if row["status"] == "subscribed"
        }  # fmt: skip
    out = {one.address: one.consent.at for one in keepsakes(store, SLUG) if one.consent}
    assert out == given


def test_no_spreadsheet_runs_what_a_reader_calls_themself(store: Store) -> None:
    add(store, "reader1", title='=HYPERLINK("https://x.example")')
    (row,) = csv.DictReader(io.StringIO(export(store), newline=""))
    assert row["name"] == '\'=HYPERLINK("https://x.example")'


def test_the_first_consent_is_the_proof(store: Store) -> None:
    reader = add(store, "reader1")
    with store.write() as connection:
        unsubscribe(connection, SLUG, reader, source="the link", now=NOW)
        add_subscriber(
            connection, publication=SLUG, address="reader1@porttide.example", as_given="",
            name="", language=None, topics=(), consented=Consent("by hand", at=NOW), now=NOW,
        )  # fmt: skip
    (kept,) = keepsakes(store, SLUG)
    assert kept.consent == PROOF


def test_more_than_a_page(sqlite_store: Store, tmp_path: Path) -> None:
    n = leaving.PAGE + 1
    path = tmp_path / "readers.csv"
    rows = [f"{kind}{i}@porttide.example,{kind}ed" for kind in ("confirm", "bounc")
            for i in range(n)]  # fmt: skip
    path.write_text("\n".join(["email,status", *rows]), "utf-8")
    import_file(sqlite_store, path, publication=SLUG, now=NOW)
    kept: list[Keepsake] = list(keepsakes(sqlite_store, SLUG))
    assert len({one.address for one in kept}) == len(kept) == 2 * n
    assert {one.status for one in kept[:n]} == {"confirmed"}
    assert {one.status for one in kept[n:]} == {"bounced"}
