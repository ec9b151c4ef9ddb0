"""Lists taken in, on both databases: each as it was exported, and nobody is subscribed again."""

import os
import tracemalloc
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from digest.errors import UnreadableFileError
from digest.model.newsroom import Section
from digest.model.readers import Consent, SubscriptionState, SuppressionReason
from digest.roster import MAX_BAD_ROWS_KEPT, ROWS_PER_COMMIT, ImportReport, import_file
from digest.store.engine import Store
from digest.store.leaving import first_consents
from digest.store.schema import consent, subscriber, subscription, suppression
from digest.store.subscribers import (
    add_subscriber,
    audience_ids,
    find_subscriber,
    recipients,
    unsubscribe,
)
from digest.store.suppressions import EVERYWHERE, find_suppression, suppress_address
from digest.subscribe.rows import BadRow
from tests import exports

NOW = datetime(2026, 3, 12, 21, 30, tzinfo=UTC)
SLUG = "evening-tide"
READER = "reader1@porttide.example"
SECTIONS = (
    Section("news", "News"),
    Section("council", "Town Hall"),
    Section("arts", "Arts & Life"),
)


def take(
    store: Store,
    folder: Path,
    text: str,
    *,
    name: str = "readers.csv",
    publication: str = SLUG,
    sections: Sequence[Section] = (),
    now: datetime = NOW,
) -> ImportReport:
    path = folder / name
    path.write_text(text, "utf-8", newline="")
    report = import_file(store, path, publication=publication, now=now, sections=sections)
    assert report.n_rows == (
        report.n_added + report.n_known + report.n_suppressed
        + report.n_kept_out + report.n_unconfirmed + report.n_bad
    )  # fmt: skip
    return report


def audience(store: Store, publication: str = SLUG) -> list[str]:
    """The addresses that get mail."""
    with store.read() as connection:
        ids = list(audience_ids(connection, publication))
        found = recipients(connection, publication, ids)
    return sorted(one.address for one in found.values())


def reasons(store: Store) -> dict[str, str]:
    """Of all that are suppressed, by address without the domain."""
    with store.read() as connection:
        rows = connection.execute(select(suppression.c.address, suppression.c.reason))
        return {row.address.partition("@")[0]: row.reason for row in rows}


def everything(store: Store) -> list[list[tuple[object, ...]]]:
    with store.read() as connection:
        return [
            sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in (subscriber, subscription, suppression, consent)
        ]


def proof(store: Store, address: str = READER) -> Consent:
    with store.read() as connection:
        found = find_subscriber(connection, SLUG, address)
        assert found is not None
        return first_consents(connection, SLUG, [found.id])[found.id]


@pytest.mark.parametrize(
    ("export", "product", "mailed", "left"),
    [
        (exports.MAILCHIMP_SUBSCRIBED, "Mailchimp", ["reader1"], {}),
        (exports.MAILCHIMP_UNSUBSCRIBED, "Mailchimp (unsubscribed)", [],
         {"gone1": "unsubscribed"}),
        (exports.MAILCHIMP_CLEANED, "Mailchimp (cleaned)", [], {"bounced1": "bounced"}),
        (exports.SUBSTACK, "Substack", ["payer1", "reader1"], {"gone1": "disabled"}),
        (exports.GHOST, "Ghost", ["reader1"], {"gone1": "unsubscribed", "gone2": "unsubscribed"}),
        (exports.BUTTONDOWN, "Buttondown", ["payer1", "reader1"],
         {"gone1": "unsubscribed", "bounced1": "bounced"}),
        (exports.LISTMONK, "listmonk", ["reader1"],
         {"blocked1": "disabled", "gone1": "disabled"}),
        (exports.KEILA, "Keila", ["reader1"], {"gone1": "unsubscribed", "bounced1": "bounced"}),
    ],
)  # fmt: skip
def test_each_product_as_it_exports(
    store: Store,
    tmp_path: Path,
    export: str,
    product: str,
    mailed: list[str],
    left: dict[str, str],
) -> None:
    report = take(store, tmp_path, export)
    assert report.products == (product,)
    assert (report.n_added, report.n_suppressed) == (len(mailed), len(left))
    assert (report.n_bad, report.n_kept_out, report.n_known) == (0, 0, 0)
    assert audience(store) == [f"{name}@porttide.example" for name in mailed]
    assert reasons(store) == left


def test_the_zip_of_mailchimp(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    again = exports.MAILCHIMP_SUBSCRIBED.splitlines()[1].replace("reader1", "Gone1")
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {
            "subscribed": f"{exports.MAILCHIMP_SUBSCRIBED}{again}\n",
            "unsubscribed": exports.MAILCHIMP_UNSUBSCRIBED,
            "cleaned": exports.MAILCHIMP_CLEANED,
            "nonsubscribed": exports.MAILCHIMP_NONSUBSCRIBED,
        }.items():
            archive.writestr(f"{name}_email_audience_export_1a.csv", text)
    report = import_file(store, path, publication=SLUG, now=NOW)
    assert report == ImportReport(
        products=("Mailchimp", "Mailchimp (unsubscribed)", "Mailchimp (cleaned)", "Mailchimp"),
        n_rows=5,
        n_added=2,
        n_suppressed=2,
        n_unconfirmed=1,
    )
    assert audience(store) == [READER]


def test_what_comes_with_a_reader_is_kept(store: Store, tmp_path: Path) -> None:
    text = exports.MAILCHIMP_SUBSCRIBED.replace(READER, "Reader1@PortTide.example")
    take(store, tmp_path, text)
    with store.read() as connection:
        found = find_subscriber(connection, SLUG, READER)
        row = connection.execute(select(subscriber)).one()
    assert found is not None
    assert (found.name, found.state) == ("First Reader", SubscriptionState.CONFIRMED)
    assert (found.topics, found.created_at) == ((), NOW)
    assert row.address_as_given == "Reader1@PortTide.example"
    assert proof(store) == Consent(
        source="Mailchimp: readers.csv",
        at=datetime(2019, 3, 12, 14, 22, 1, tzinfo=UTC),
        ip="192.0.2.14",
        confirmed_at=datetime(2019, 3, 12, 14, 25, 40, tzinfo=UTC),
        confirmed_ip="192.0.2.15",
    )


def test_instants_of_listmonk_and_words_for_others(store: Store, tmp_path: Path) -> None:
    take(store, tmp_path, exports.LISTMONK)
    assert proof(store).at == datetime(2024, 3, 1, 10, 0, 0, 123_456, tzinfo=UTC)
    take(store, tmp_path, "email,consent_time\nreader2@porttide.example,last spring\n")
    in_words = proof(store, "reader2@porttide.example")
    assert (in_words.at, in_words.note) == (None, "as given: last spring")


def test_what_the_list_says_of_leaving_is_kept(store: Store, tmp_path: Path) -> None:
    take(store, tmp_path, exports.BUTTONDOWN)
    with store.read() as connection:
        found = find_suppression(connection, "gone1@porttide.example", publication=SLUG)
    assert found is not None
    assert (found.reason, found.publication) == (SuppressionReason.UNSUBSCRIBED, SLUG)
    assert found.source == "Buttondown: readers.csv"
    assert found.evidence == "unsubscribed 2024-01-01T00:00:00+00:00 too many mails"
    assert found.at == NOW


@pytest.mark.parametrize(
    "export",
    [exports.GHOST, exports.BUTTONDOWN, "email,topics\nreader1@porttide.example,arts\n"],
)
def test_twice_changes_nothing(store: Store, tmp_path: Path, export: str) -> None:
    first = take(store, tmp_path, export)
    before = everything(store)
    second = take(store, tmp_path, export, now=NOW + timedelta(days=1))
    assert everything(store) == before
    assert (second.n_added, second.n_suppressed) == (0, 0)
    assert second.n_known + second.n_kept_out == first.n_added + first.n_suppressed


def test_who_unsubscribed_here_stays_so(store: Store, tmp_path: Path) -> None:
    take(store, tmp_path, f"email\n{READER}\n")
    with store.write() as connection:
        found = find_subscriber(connection, SLUG, READER)
        assert found is not None
        assert unsubscribe(connection, SLUG, found.id, source="the link", now=NOW)
    before = everything(store)
    report = take(store, tmp_path, "email,status\nREADER1@porttide.example,subscribed\n")
    assert (report.n_kept_out, report.n_added) == (1, 0)
    assert everything(store) == before
    assert audience(store) == []


@pytest.mark.parametrize("publication", [SLUG, EVERYWHERE])
def test_who_is_suppressed_here_stays_so(store: Store, tmp_path: Path, publication: str) -> None:
    with store.write() as connection:
        suppress_address(
            connection, READER, publication=publication, reason=SuppressionReason.BOUNCED,
            source="a bounce", evidence="5.1.1", now=NOW,
        )  # fmt: skip
    before = everything(store)
    report = take(store, tmp_path, f"email\n{READER}\n")
    assert (report.n_kept_out, report.n_added) == (1, 0)
    assert everything(store) == before


def test_who_left_in_a_list_stays_out_of_the_next(store: Store, tmp_path: Path) -> None:
    take(store, tmp_path, f"email\n{READER}\n")
    left = take(store, tmp_path, f"email,status\n{READER},unsubscribed\n")
    assert left.n_suppressed == 1
    with store.read() as connection:
        found = find_subscriber(connection, SLUG, READER)
    assert found is not None
    assert found.state is SubscriptionState.UNSUBSCRIBED
    back = take(store, tmp_path, f"email\n{READER}\n")
    assert (back.n_kept_out, back.n_added) == (1, 0)
    assert audience(store) == []


def test_the_end_of_a_subscription_is_noted(store: Store, tmp_path: Path) -> None:
    take(store, tmp_path, f"email\n{READER}\n")
    take(store, tmp_path, f"email,status\n{READER},complained\n", now=NOW + timedelta(days=1))
    with store.read() as connection:
        notes = connection.execute(select(consent).order_by(consent.c.id)).all()
    assert [(one.event, one.note) for one in notes] == [
        ("imported", ""),
        ("unsubscribed", "complained"),
    ]
    assert notes[1].recorded_at == NOW + timedelta(days=1)


def test_the_first_reason_stays(store: Store, tmp_path: Path) -> None:
    take(store, tmp_path, f"email,status\n{READER},bounced\n")
    again = take(store, tmp_path, f"email,status\n{READER},unsubscribed\n")
    assert (again.n_known, again.n_suppressed) == (1, 0)
    assert reasons(store) == {"reader1": "bounced"}


def test_leaving_one_publication_is_not_leaving_another(store: Store, tmp_path: Path) -> None:
    take(store, tmp_path, f"email,status\n{READER},unsubscribed\n", publication="sports")
    take(store, tmp_path, f"email\n{READER}\n")
    assert (audience(store), audience(store, "sports")) == ([READER], [])


@pytest.mark.parametrize("rows", [["subscribed", "bounced"], ["bounced", "subscribed"]])
def test_leaving_counts_more_than_subscribing(
    store: Store, tmp_path: Path, rows: list[str]
) -> None:
    text = "".join(f"Reader{n}@porttide.example,{row}\n" for row in rows for n in (1, 2))
    report = take(store, tmp_path, f"email,status\n{text}")
    assert (report.n_added, report.n_suppressed, report.n_known) == (0, 2, 2)
    assert audience(store) == []
    assert reasons(store) == {"reader1": "bounced", "reader2": "bounced"}


def test_leaving_counts_more_however_far_down_it_stands(store: Store, tmp_path: Path) -> None:
    rows = [f"{READER},subscribed", *["reader2@porttide.example,"] * ROWS_PER_COMMIT]
    report = take(store, tmp_path, "\n".join(["email,status", *rows, f"{READER},cleaned"]))
    assert (report.n_added, report.n_suppressed) == (2, 1)
    assert report.n_known == ROWS_PER_COMMIT - 1
    assert audience(store) == ["reader2@porttide.example"]


def test_one_address_in_several_forms_is_one_reader(store: Store, tmp_path: Path) -> None:
    text = (
        "email,name\n Reader1@PortTide.example ,First\nREADER1@PORTTIDE.EXAMPLE,Second\n"
        "zoe@dépêche.example,Zoé\nZoe@xn--dpche-bsai.example,\n"
    )
    report = take(store, tmp_path, text)
    assert (report.n_added, report.n_known) == (2, 2)
    assert audience(store) == [READER, "zoe@xn--dpche-bsai.example"]
    with store.read() as connection:
        names = connection.scalars(select(subscriber.c.name).order_by(subscriber.c.id)).all()
    assert names == ["First", "Zoé"]


def test_bad_rows_are_reported_and_do_not_stop_the_rest(store: Store, tmp_path: Path) -> None:
    text = (
        f'email,name,status\n{READER},"A\nB",\nreader2,,\n\n'
        'reader3@porttide.example,,on holiday\n,nobody,\nreader4@porttide.example,"never closed,\n'
        "reader5@porttide.example,,\n"
    )
    report = take(store, tmp_path, text)
    assert report.bad == (
        BadRow(4, "no @ in the address"),
        BadRow(6, 'unknown status "on holiday"'),
        BadRow(7, "no address"),
    )
    assert (report.n_bad, report.n_added) == (3, 3)
    assert audience(store) == [READER, "reader4@porttide.example", "reader5@porttide.example"]


def test_after_an_endless_line_the_numbers_are_right(store: Store, tmp_path: Path) -> None:
    report = take(store, tmp_path, f"email\n{'x' * 3_000_000}\n{READER}\nreader2\n")
    assert [one.line for one in report.bad] == [2, 4]
    assert audience(store) == [READER]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the file is empty"),
        ("\r\n\r\n", "the file is empty"),
        ("name,town\nFirst,Port Kestrel\n", '"email" or "Email Address"'),
    ],
)
def test_a_file_without_addresses_is_refused(
    store: Store, tmp_path: Path, text: str, reason: str
) -> None:
    with pytest.raises(UnreadableFileError, match=rf"readers\.csv: .*{reason}"):
        take(store, tmp_path, text)
    assert audience(store) == []


def test_a_list_of_addresses_alone(store: Store, tmp_path: Path) -> None:
    report = take(store, tmp_path, f"\ufeff{READER}\nreader2@porttide.example\nreader3\n")
    assert (report.products, report.n_added) == (("addresses",), 2)
    assert report.bad == (BadRow(3, "no @ in the address"),)
    gone = take(store, tmp_path, f"{READER}\n", name="unsubscribed.csv")
    assert gone.n_suppressed == 1
    assert audience(store) == ["reader2@porttide.example"]


def test_who_never_agreed_is_not_taken(store: Store, tmp_path: Path) -> None:
    report = take(store, tmp_path, f"email,status\n{READER},pending\n")
    assert report.n_unconfirmed == 1
    with store.read() as connection:
        assert find_subscriber(connection, SLUG, READER) is None
    assert reasons(store) == {}


def test_topics_by_slug_or_title(store: Store, tmp_path: Path) -> None:
    text = (
        "email,topics\nreader1@porttide.example,Town Hall;ARTS;council\n"
        "reader2@porttide.example,\nreader3@porttide.example,horoscopes;news;Old Boats\n"
    )
    report = take(store, tmp_path, text, sections=SECTIONS)
    assert report.unknown_topics == {"horoscopes", "old boats"}
    with store.read() as connection:
        found = recipients(connection, SLUG, list(audience_ids(connection, SLUG)))
    wanted = {one.address[:7]: one.topics for one in found.values()}
    assert wanted == {"reader1": {"arts", "council"}, "reader2": set(), "reader3": {"news"}}


def test_without_sections_topics_are_taken_as_they_come(store: Store, tmp_path: Path) -> None:
    report = take(store, tmp_path, f"email,topics\n{READER},Old Boats;news\n")
    assert report.unknown_topics == set()
    with store.read() as connection:
        found = find_subscriber(connection, SLUG, READER)
    assert found is not None
    assert found.topics == ("news", "old boats")


def test_a_known_reader_keeps_name_and_topics(store: Store, tmp_path: Path) -> None:
    with store.write() as connection:
        before = add_subscriber(
            connection, publication=SLUG, address=READER, as_given=READER, name="Their own",
            language="fr", topics=("arts",), consented=Consent("by hand"), now=NOW,
        )  # fmt: skip
    report = take(store, tmp_path, f"email,name,topics\n{READER},Another,news\n")
    assert report.n_known == 1
    with store.read() as connection:
        assert find_subscriber(connection, SLUG, READER) == before


def test_a_pending_subscription_is_confirmed(store: Store, tmp_path: Path) -> None:
    with store.write() as connection:
        added = add_subscriber(
            connection, publication=SLUG, address=READER, as_given=READER, name="",
            language=None, topics=(), consented=Consent("the form"), now=NOW,
        )  # fmt: skip
        connection.execute(subscription.update().values(state=SubscriptionState.UNCONFIRMED.value))
    assert audience(store) == []
    report = take(store, tmp_path, f"email,topics\n{READER},arts\n")
    assert report.n_added == 1
    with store.read() as connection:
        found = find_subscriber(connection, SLUG, READER)
    assert found is not None
    assert (found.id, found.state) == (added.id, SubscriptionState.CONFIRMED)
    assert found.topics == ("arts",)


def test_text_of_any_kind_is_stored(store: Store, tmp_path: Path) -> None:
    name = 'Zoé 🛶 \\ "quoted" \'n <b> {{x}} \\u0000 港'
    quoted = name.replace('"', '""')
    take(store, tmp_path, f'email,name,consent_ip\n{READER},"{quoted}",a\0b\n')
    with store.read() as connection:
        found = find_subscriber(connection, SLUG, READER)
    assert found is not None
    assert found.name == name
    assert proof(store).ip == "a b"


def test_a_file_whose_name_is_no_text(store: Store, tmp_path: Path) -> None:
    take(store, tmp_path, f"email\n{READER}\n", name=os.fsdecode(b"abonn\xe9s.csv"))
    assert proof(store).source == "a list: abonn?s.csv"


def test_memory_does_not_grow_with_the_list(sqlite_store: Store, tmp_path: Path) -> None:
    path = tmp_path / "readers.csv"

    def peak(n_rows: int) -> int:
        with path.open("w", encoding="utf-8") as file:
            file.write("email,status\n")
            for n in range(n_rows):
                file.write(f"reader{n % 500}@porttide.example,{'' if n % 2 else 'on holiday'}\n")
        tracemalloc.start()
        try:
            report = import_file(sqlite_store, path, publication=SLUG, now=NOW)
            _, found = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert report.n_bad == n_rows // 2
        assert len(report.bad) == MAX_BAD_ROWS_KEPT
        return found

    # From three chunks on as many are held: one being read, one waiting, one being written.
    assert peak(20 * ROWS_PER_COMMIT) < 2 * peak(4 * ROWS_PER_COMMIT)
