"""What a row wishes for its reader; in doubt, no mail."""

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model.readers import Consent, SuppressionReason, Wish
from digest.subscribe.columns import ANYWHERE, Cells, Layout, recognise
from digest.subscribe.rows import BadRow, Unconfirmed, guarded, read_row
from tests import exports

ADDRESS = "reader1@porttide.example"


def read(header: str, *cells: str, file_name: str = "") -> Wish | BadRow | Unconfirmed:
    """The row of that reader: `header` names the columns after that of the address."""
    layout = recognise(["email", *header.split(",")], file_name=file_name)
    assert isinstance(layout, Layout)
    return read_row(layout, [ADDRESS, *cells], line=7, source="a list: readers.csv")


def wish(header: str, *cells: str) -> Wish:
    found = read(header, *cells)
    assert isinstance(found, Wish)
    return found


def read_all(export: str, file_name: str = "") -> list[Wish | BadRow | Unconfirmed]:
    separator = ";" if export.startswith("Email;") else ","
    header, *rows = csv.reader(io.StringIO(export), delimiter=separator)
    layout = recognise(header, file_name=file_name)
    assert isinstance(layout, Layout)
    return [read_row(layout, row, line=n, source="s") for n, row in enumerate(rows, 2)]


def test_a_plain_row() -> None:
    header = "name,topics,language,status,consent_time,consent_ip,confirm_time,confirm_ip"
    found = wish(
        header, " First Reader ", "council; Arts,council,", "fr_CA", "Subscribed ",
        "2025-09-04T08:12:31-03:00", "192.0.2.14", "2025-09-04 11:20:00", "2001:db8::1",
    )  # fmt: skip
    assert found == Wish(
        address=ADDRESS,
        as_given=ADDRESS,
        name="First Reader",
        topics=("arts", "council"),
        language="fr-CA",
        suppress=None,
        evidence="",
        consent=Consent(
            source="a list: readers.csv",
            at=datetime(2025, 9, 4, 11, 12, 31, tzinfo=UTC),
            ip="192.0.2.14",
            confirmed_at=datetime(2025, 9, 4, 11, 20, tzinfo=UTC),
            confirmed_ip="2001:db8::1",
        ),
    )


@pytest.mark.parametrize(
    "status", ["", "subscribed", "ACTIVE", "enabled", "confirmed", "regular", "premium", "free"]
)
def test_subscribed(status: str) -> None:
    assert wish("status", status).suppress is None


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("unsubscribed", SuppressionReason.UNSUBSCRIBED),
        (" Unsubscribed ", SuppressionReason.UNSUBSCRIBED),
        ("removed", SuppressionReason.UNSUBSCRIBED),
        ("cleaned", SuppressionReason.BOUNCED),
        ("bounced", SuppressionReason.BOUNCED),
        ("undeliverable", SuppressionReason.BOUNCED),
        ("unreachable", SuppressionReason.BOUNCED),
        ("complained", SuppressionReason.COMPLAINED),
        ("disabled", SuppressionReason.DISABLED),
        ("blocklisted", SuppressionReason.DISABLED),
        ("inactive", SuppressionReason.DISABLED),
        ("by_hand", SuppressionReason.BY_HAND),
    ],
)
def test_suppressed_with_what_the_list_says(status: str, reason: SuppressionReason) -> None:
    found = wish("status,unsubscribed_at", status, "2024-01-01")
    assert found.suppress is reason
    assert found.evidence == f"{status.strip().lower()} 2024-01-01"


@pytest.mark.parametrize(
    "status", ["unconfirmed", "Pending", "unactivated", "nonsubscribed", "transactional"]
)
def test_who_never_agreed_is_neither_taken_nor_kept_out(status: str) -> None:
    assert read("status", status) == Unconfirmed(7)
    assert read("status,unsubscribed_at", status, "2024-01-01") != Unconfirmed(7)


def test_an_unknown_status_is_no_reason_to_send() -> None:
    assert read("status", "on\nholiday") == BadRow(7, 'unknown status "on holiday"')
    found = read("status", "x" * 1_000)
    assert isinstance(found, BadRow)
    assert len(found.reason) < 100


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("unsubscribed", "", None),
        ("unsubscribed", "false", None),
        ("unsubscribed", "0", None),
        ("unsubscribed", "TRUE", SuppressionReason.DISABLED),
        ("unsubscribed", "2024-01-01", SuppressionReason.DISABLED),
        ("subscribed", "", None),
        ("subscribed", "yes", None),
        ("subscribed", " No ", SuppressionReason.UNSUBSCRIBED),
        ("deleted_at", " ", None),
        ("deleted_at", "2024-01-01", SuppressionReason.UNSUBSCRIBED),
    ],
)
def test_columns_beside_the_status(
    column: str, cell: str, reason: SuppressionReason | None
) -> None:
    assert wish(f"status,{column}", "subscribed", cell).suppress is reason


@pytest.mark.parametrize(
    ("export", "file_name", "fates"),
    [
        (exports.MAILCHIMP_SUBSCRIBED, "", [None]),
        (exports.MAILCHIMP_UNSUBSCRIBED, "", [SuppressionReason.UNSUBSCRIBED]),
        (exports.MAILCHIMP_CLEANED, "", [SuppressionReason.BOUNCED]),
        (exports.MAILCHIMP_NONSUBSCRIBED, "nonsubscribed_members_export_1a.csv", [Unconfirmed(2)]),
        (exports.SUBSTACK, "", [None, None, SuppressionReason.DISABLED]),
        (exports.GHOST, "",
         [None, SuppressionReason.UNSUBSCRIBED, SuppressionReason.UNSUBSCRIBED]),
        (exports.BUTTONDOWN, "", [None, None, SuppressionReason.UNSUBSCRIBED,
                                  SuppressionReason.BOUNCED, Unconfirmed(6)]),
        (exports.LISTMONK, "", [None, SuppressionReason.DISABLED, SuppressionReason.DISABLED]),
        (exports.KEILA, "", [None, SuppressionReason.UNSUBSCRIBED, SuppressionReason.BOUNCED]),
    ],
)  # fmt: skip
def test_each_product(export: str, file_name: str, fates: list[object]) -> None:
    found = read_all(export, file_name)
    assert [one.suppress if isinstance(one, Wish) else one for one in found] == fates


def test_the_reason_given_at_leaving_is_kept() -> None:
    found = read_all(exports.BUTTONDOWN)[2]
    assert isinstance(found, Wish)
    assert found.evidence == "unsubscribed 2024-01-01T00:00:00+00:00 too many mails"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2019-03-12 14:22:01", datetime(2019, 3, 12, 14, 22, 1)),
        (" 2019-03-12T14:22:01Z ", datetime(2019, 3, 12, 14, 22, 1)),
        ("2023-05-06T07:08:09.123Z", datetime(2023, 5, 6, 7, 8, 9, 123_000)),
        ("2025-09-04T08:12:31-03:00", datetime(2025, 9, 4, 11, 12, 31)),
        ("2024-03-01", datetime(2024, 3, 1)),
        ("2024-03-01 10:00:00 +0000 UTC", datetime(2024, 3, 1, 10)),
        ("2024-03-01 10:00:00.5 +0000 UTC", datetime(2024, 3, 1, 10, 0, 0, 500_000)),
        ("2024-03-01 10:00:00.123456789 +0000 UTC", datetime(2024, 3, 1, 10, 0, 0, 123_456)),
        ("2024-03-01 10:00:00 -0330 NST", datetime(2024, 3, 1, 13, 30)),
        ("2024-03-01 10:00:00.123456 +0545 +0545", datetime(2024, 3, 1, 4, 15, 0, 123_456)),
    ],
)
def test_instants(text: str, at: datetime) -> None:
    consent = wish("consent_time,confirm_time", text, text).consent
    assert (consent.at, consent.confirmed_at) == (at.replace(tzinfo=UTC), at.replace(tzinfo=UTC))
    assert consent.note == ""


@pytest.mark.parametrize(
    "text",
    [
        "03/12/2019", "last spring", "1552400521", "2019-02-30", "2024-03-01 10:00:00 +9999 UTC",
        # What programs write for "never": no database with a time zone gives such an instant back.
        "0001-01-01 00:00:00 +0000 UTC", "0001-01-01T00:00:00+14:00", "1899-12-30", "9999-12-31",
    ],
)  # fmt: skip
def test_an_unreadable_time_is_kept_in_words(text: str) -> None:
    consent = wish("consent_time,consent_ip", f" {text}\n", "192.0.2.14").consent
    assert (consent.at, consent.note) == (None, f"as given: {text}")
    assert consent.ip == "192.0.2.14"


def test_a_readable_time_beside_an_unreadable_one() -> None:
    consent = wish("consent_time,confirm_time", "2019-03-12", "soon").consent
    assert consent.at == datetime(2019, 3, 12, tzinfo=UTC)
    assert (consent.confirmed_at, consent.note) == (None, "as given: 2019-03-12; soon")


@pytest.mark.parametrize(
    ("text", "language"),
    [("", None), ("en", "en"), ("pt_BR", "pt-BR"), ("the tongue of kings", None), ("x" * 36, None)],
)
def test_languages(text: str, language: str | None) -> None:
    assert wish("language", text).language == language


def test_first_and_last_name_make_a_name() -> None:
    assert wish("first name,last name", "First", "Reader").name == "First Reader"
    assert wish("prénom,nom,first name", "", "", "First").name == "First"
    assert wish("name,first name", "Whole", "First").name == "Whole"
    assert wish("name", "First\r\n\tReader\0").name == "First Reader"
    assert len(wish("name", "x" * 300).name) == 200


def test_a_bad_address_is_a_bad_row() -> None:
    layout = recognise(["email", "status"])
    assert isinstance(layout, Layout)
    bad = read_row(layout, ["reader1"], line=3, source="s")
    assert bad == BadRow(3, "no @ in the address")
    # Nobody to keep out.
    gone = read_row(layout, ["", "unsubscribed"], line=4, source="s")
    assert gone == BadRow(4, "no address")


@pytest.mark.parametrize("name", ["=1+1", "+1 902 555 0100", "-A", "@reader", "'=1+1", "''-A"])
def test_no_spreadsheet_runs_a_name(name: str) -> None:
    assert guarded(name) == f"'{name}"
    assert wish("name", guarded(name)).name == name


@pytest.mark.parametrize("name", ["", "First", "'t Hooft", "O'Leary", "a=b", "''"])
def test_other_names_are_written_as_they_are(name: str) -> None:
    assert guarded(name) == name
    assert wish("name", name).name == name


NAMES = st.text(max_size=30) | st.text("'=+-@a ", max_size=8)


@given(NAMES)
def test_a_guarded_name_comes_back(text: str) -> None:
    name = wish("name", text).name
    assert not guarded(name).startswith(("=", "+", "-", "@"))
    assert wish("name", guarded(name)).name == name


WORDS = st.sampled_from(["", ADDRESS, "unsubscribed", "true", "2024-03-01 10:00:00 +0000 UTC"])


# The first unusual address imports a library, which takes a while.
@settings(deadline=None)
@given(
    st.lists(st.sampled_from([*ANYWHERE, "optin_time", "clean_time", "attributes", "type"])),
    st.lists(st.text() | WORDS, max_size=20),
    st.text(),
)
def test_never_raises(header: list[str], row: list[str], file_name: str) -> None:
    layout = recognise(["email", *header], file_name=file_name)
    assert isinstance(layout, Layout)
    found = read_row(layout, [ADDRESS, *row], line=2, source="s")
    assert isinstance(found, Wish | BadRow | Unconfirmed)
    if isinstance(found, Wish):
        kept = (found.name, found.evidence, found.consent.note, *found.topics)
        assert all(text.isprintable() for text in kept)
    assert isinstance(read_row(layout, row, line=2, source="s"), Wish | BadRow | Unconfirmed)


def test_every_meaning_is_a_field_of_cells() -> None:
    assert set(ANYWHERE.values()) <= set(Cells._fields)
