"""A list is known by its columns; what they mean does not depend on case or order."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.subscribe.columns import Cells, Layout, recognise
from tests import exports

NOTHING = Cells._make([""] * len(Cells._fields))


def first_rows(export: str) -> list[list[str]]:
    """The header and the first reader."""
    separator = ";" if export.startswith("Email;") else ","
    return list(csv.reader(export.splitlines(), delimiter=separator))[:2]


def known(first_row: list[str], file_name: str = "") -> Layout:
    found = recognise(first_row, file_name=file_name)
    assert isinstance(found, Layout)
    return found


@pytest.mark.parametrize(
    ("export", "file_name", "product", "everybody"),
    [
        (exports.MAILCHIMP_SUBSCRIBED, "subscribed_members_export_1a.csv", "Mailchimp", ""),
        (exports.MAILCHIMP_UNSUBSCRIBED, "unsubscribed_members_export_1a.csv",
         "Mailchimp (unsubscribed)", "unsubscribed"),
        (exports.MAILCHIMP_UNSUBSCRIBED, "list.csv", "Mailchimp (unsubscribed)", "unsubscribed"),
        (exports.MAILCHIMP_CLEANED, "cleaned_members_export_1a.csv", "Mailchimp (cleaned)",
         "cleaned"),
        (exports.MAILCHIMP_CLEANED, "list.csv", "Mailchimp (cleaned)", "cleaned"),
        (exports.MAILCHIMP_NONSUBSCRIBED, "nonsubscribed_members_export_1a.csv", "Mailchimp",
         "nonsubscribed"),
        (exports.SUBSTACK, "email_list.porttide.csv", "Substack", ""),
        (exports.GHOST, "members.2026-03-12.csv", "Ghost", ""),
        (exports.BUTTONDOWN, "subscribers.csv", "Buttondown", ""),
        (exports.LISTMONK, "subscribers.csv", "listmonk", ""),
        (exports.KEILA, "contacts.csv", "Keila", ""),
        ("email,name", "readers.csv", "a list", ""),
        ("Courriel,Nom", "abonnés.csv", "a list", ""),
    ],
)  # fmt: skip
def test_each_product_is_known(export: str, file_name: str, product: str, everybody: str) -> None:
    layout = known(first_rows(export)[0], file_name)
    assert (layout.product, layout.everybody) == (product, everybody)
    assert layout.has_header


@pytest.mark.parametrize(
    ("export", "cells"),
    [
        (exports.MAILCHIMP_SUBSCRIBED, NOTHING._replace(
            first_name="First", last_name="Reader", consent_at="2019-03-12 14:22:01",
            consent_ip="192.0.2.14", confirmed_at="2019-03-12 14:25:40",
            confirmed_ip="192.0.2.15")),
        (exports.SUBSTACK, NOTHING._replace(
            disabled="false", consent_at="2023-05-06T07:08:09.123Z")),
        (exports.GHOST, NOTHING._replace(
            name="First Reader", enabled="true", consent_at="2023-05-06T07:08:09.000Z")),
        (exports.BUTTONDOWN, NOTHING._replace(
            status="regular", consent_at="2023-05-06T07:08:09.123456+00:00",
            consent_ip="192.0.2.14")),
        (exports.LISTMONK, NOTHING._replace(
            name="First Reader", status="enabled",
            consent_at="2024-03-01 10:00:00.123456789 +0000 UTC")),
        (exports.KEILA, NOTHING._replace(
            first_name="First", last_name="Reader", status="active")),
    ],
)  # fmt: skip
def test_what_the_columns_mean(export: str, cells: Cells) -> None:
    header, row = first_rows(export)
    assert known(header).cells(row) == cells._replace(address="reader1@porttide.example")


def test_a_postal_address_is_not_taken_for_the_address() -> None:
    layout = known(["Address", "Email Address"])
    assert layout.cells(["14 Wharf Street", "reader1@porttide.example"]).address == (
        "reader1@porttide.example"
    )


def test_tags_are_no_topics() -> None:
    header, row = first_rows(exports.MAILCHIMP_SUBSCRIBED)
    assert '"Donors","Council watchers"' in row
    assert known(header).cells(row).topics == ""


@pytest.mark.parametrize(
    "header",
    ["EMAIL", " Email ", "\ufeffemail", "E-Mail", "e-mail address", "Email\n Address", "Mail"],
)
def test_names_of_columns_are_compared_loosely(header: str) -> None:
    assert known(["Name", header]).cells(["A", "b@porttide.example"]).address == (
        "b@porttide.example"
    )


@pytest.mark.parametrize(
    ("file_name", "everybody"),
    [
        ("unsubscribed.csv", "unsubscribed"),
        ("Unsubscribes-2026.csv", "unsubscribed"),
        ("non-subscribed.csv", "nonsubscribed"),
        ("nonsubscribed_export.csv", "nonsubscribed"),
        ("cleaned_email_audience_export_1a.csv", "cleaned"),
        ("bounces.csv", "cleaned"),
        ("hard-bounces.csv", "cleaned"),
        ("complaints.csv", "complained"),
        ("suppression_list.csv", "disabled"),
        ("subscribed.csv", ""),
        ("readers-unsubscribed.csv", "unsubscribed"),
        # Somebody has tidied a list up: these are readers.
        ("cleaned.csv", ""),
        ("readers-cleaned-up.csv", ""),
    ],
)
def test_a_file_can_tell_by_its_name_who_is_in_it(file_name: str, everybody: str) -> None:
    assert known(["email"], file_name).everybody == everybody
    assert known(["reader1@porttide.example"], file_name).everybody == everybody


def test_addresses_without_a_header() -> None:
    layout = known(["Reader1@porttide.example", "First Reader"])
    assert (layout.product, layout.has_header) == ("addresses", False)
    cells = layout.cells(["Reader1@porttide.example", "First Reader"])
    assert cells == NOTHING._replace(address="Reader1@porttide.example")


@pytest.mark.parametrize(
    "first_row", [[], [""], ["name", "town"], ["First Reader", "reader1@porttide.example"]]
)
def test_without_a_column_of_addresses_it_says_what_is_expected(first_row: list[str]) -> None:
    found = recognise(first_row)
    assert isinstance(found, str)
    assert '"email" or "Email Address"' in found


@given(st.lists(st.text()), st.text())
def test_any_first_row_is_a_layout_or_a_sentence(first_row: list[str], file_name: str) -> None:
    assert isinstance(recognise(first_row, file_name=file_name), Layout | str)


@given(st.lists(st.text(), max_size=20))
def test_short_and_long_rows_are_taken_as_far_as_they_go(row: list[str]) -> None:
    cells = known(["name", "status", "email"]).cells(row)
    there = {"name": row[:1], "status": row[1:2], "address": row[2:3]}
    assert cells == NOTHING._replace(**{field: "".join(found) for field, found in there.items()})
