"""Date lines and wire credits, in English and French."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.gather.wire import AGENCIES, credit_from_byline, find_agency, split_dateline, take_apart


@pytest.mark.parametrize(
    ("text", "place", "agency"),
    [
        ("HALIFAX - Rain.", "HALIFAX", ""),
        ("HALIFAX, N.S. (CP) — Rain.", "HALIFAX, N.S.", "The Canadian Press"),
        ("PARIS – Rain.", "PARIS", ""),
        ("ST. JOHN’S, N.L. — Rain.", "ST. JOHN’S, N.L.", ""),
        ("MONTRÉAL — Rain.", "MONTRÉAL", ""),
        ("SAINT-JÉRÔME, Qué. — Rain.", "SAINT-JÉRÔME, Qué.", ""),
        ("NEW YORK (AP) — Rain.", "NEW YORK", "The Associated Press"),
        ("LONDON, March 1 (Reuters) - Rain.", "LONDON", "Reuters"),
        ("Paris (AFP) – Rain.", "Paris", "Agence France-Presse"),
        ("PORT KESTREL -- Rain.", "PORT KESTREL", ""),
        ("OTTAWA—Rain.", "OTTAWA", ""),
    ],
)
def test_dateline(text: str, place: str, agency: str) -> None:
    assert split_dateline(text) == (place, agency, "Rain.")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Rain fell on Halifax - and more is to come.",
        "BREAKING - Rain.",
        "WATCH LIVE — Rain.",
        "COVID-19 - Rain.",
        "MISE À JOUR – Pluie.",
        "Halifax - Rain.",
        "Minister (Finance) - Rain.",
        "NDP - Rain.",
        "HALIFAX-bound ferry turns back",
        "HALIFAX (the city) - Rain.",
        "A - B",
    ],
)
def test_no_dateline(text: str) -> None:
    assert split_dateline(text) == ("", "", text)


@pytest.mark.parametrize(
    ("line", "agency"),
    [
        (
            "This report by The Canadian Press was first published March 1, 2023.",
            "The Canadian Press",
        ),
        (
            "Ce rapport de La Presse Canadienne a été initialement publié le 1er mars 2023.",
            "La Presse Canadienne",
        ),
        (
            "Cette dépêche de La Presse Canadienne a été initialement publiée le 2 mai 2024.",
            "La Presse Canadienne",
        ),
        (
            "Ce texte de La Presse Canadienne a d’abord été publié le 1er mars 2023.",
            "La Presse Canadienne",
        ),
        ("© 2023 The Canadian Press", "The Canadian Press"),
        (
            "Copyright 2023 The Associated Press. All rights reserved. This material may not be "
            "published.",
            "The Associated Press",
        ),
        ("© Agence France-Presse", "Agence France-Presse"),
        ("The Canadian Press", "The Canadian Press"),
        ("— Reuters", "Reuters"),
    ],
)
def test_credit_line(line: str, agency: str) -> None:
    told = take_apart(("TORONTO — One.", "Two.", line))
    assert (told.paragraphs, told.dateline, told.credit) == (("One.", "Two."), "TORONTO", agency)


def test_two_closing_lines() -> None:
    told = take_apart(
        (
            "One.",
            "This report by The Canadian Press was first published March 1, 2023.",
            "The Canadian Press",
        )
    )
    assert (told.paragraphs, told.credit) == (("One.",), "The Canadian Press")


def test_credit_run_into_the_last_sentence() -> None:
    told = take_apart(
        ("It rained. This report by The Canadian Press was first published March 1, 2023.",)
    )
    assert (told.paragraphs, told.credit) == (("It rained.",), "The Canadian Press")


@pytest.mark.parametrize(
    "paragraphs",
    [
        (),
        ("One.", "Two."),
        ("The Canadian Press said on Monday that it will move.",),
        ("This report by the auditor was first published March 1, 2023.",),
    ],
)
def test_no_credit(paragraphs: tuple[str, ...]) -> None:
    told = take_apart(paragraphs)
    assert (told.paragraphs, told.credit) == (paragraphs, "")


def test_a_credit_alone_leaves_no_text() -> None:
    assert take_apart(("The Canadian Press",)).paragraphs == ()


@pytest.mark.parametrize(
    ("byline", "agency"),
    [
        ("The Canadian Press", "The Canadian Press"),
        ("Canadian Press", "The Canadian Press"),
        ("Nell Pike, The Canadian Press", "The Canadian Press"),
        ("Par La Presse canadienne", "La Presse Canadienne"),
        ("AFP", "Agence France-Presse"),
        ("Nell Pike", ""),
        ("", ""),
    ],
)
def test_byline(byline: str, agency: str) -> None:
    assert credit_from_byline(byline) == agency


def test_no_name_means_two_agencies() -> None:
    for agency in AGENCIES:
        for name in (agency.name, *agency.aliases):
            assert find_agency(name) == agency.name


@given(st.lists(st.text()))
def test_never_raises(paragraphs: list[str]) -> None:
    told = take_apart(tuple(paragraphs))
    assert len(told.paragraphs) <= len(paragraphs)
