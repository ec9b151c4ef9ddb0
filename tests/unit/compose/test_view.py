"""What foreign words and addresses become before they are printed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.compose.plain import cut, fill, tidy
from digest.compose.subject import preheader_of, subject_of
from digest.compose.topics import selected, selection_of
from digest.compose.view import StoryView, view_of, web_address
from digest.model.edition import Story
from digest.model.feeds import Image
from digest.model.message import Selection
from tests.unit.compose.editions import EDITION, LEAD, PUBLICATION, story


def seen(one: Story) -> StoryView:
    return view_of(replace(EDITION, lead=one), PUBLICATION).lead


def test_tidy_keeps_one_line_and_no_controls() -> None:
    assert tidy("a\r\n.\r\nMAIL FROM:<x>\0b\u2028c") == "a . MAIL FROM:<x> b c"
    assert tidy("safe\u202egnp.exe") == "safe gnp.exe"
    assert tidy(" \ud800 ") == ""
    assert tidy("👩\u200d🚒 5\u00a0km") == "👩\u200d🚒 5\u00a0km"


@given(st.text(), st.integers(1, 200))
def test_cut_keeps_the_limit(text: str, limit: int) -> None:
    shorter = cut(text, limit)
    assert len(shorter) <= limit
    assert (shorter == text) == (len(text) <= limit) or shorter.endswith("…")


def test_cut_ends_after_a_word() -> None:
    assert cut("Council trims the library, again", 28) == "Council trims the library…"
    assert cut("x" * 50, 10) == "x" * 9 + "…"


def test_fill_keeps_addresses_whole() -> None:
    address = "https://www.porttide.example/" + "long-" * 30
    assert address in fill(f"Read more: {address} and so on").split("\n")
    assert fill("") == ""


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "data:text/html,x", "mailto:a@b.example", "//x.example", "", None,
        "https://", "https://x.example/\r\nBcc:", "https://x.example/a b", "http://[", "file:///x",
        "https://x.example/" + "x" * 2000,
    ],
)  # fmt: skip
def test_what_is_no_web_address_is_no_link(url: str | None) -> None:
    assert web_address(url) is None
    assert seen(replace(LEAD, url=url)).url is None


def test_meta_line_and_update() -> None:
    assert seen(LEAD).meta == (
        "Mar 12, 2026 | 4:10 PM (updated 5:25 PM)",
        "By Marguerite Doane",
        "The Port Kestrel Tide",
    )
    soon = replace(LEAD, updated_at=LEAD.published_at + timedelta(minutes=5))
    assert seen(soon).updated == ""
    next_day = replace(LEAD, updated_at=LEAD.published_at + timedelta(hours=12))
    assert seen(next_day).updated == "updated Mar 13, 2026 | 4:10 AM"


def test_wire_copy_names_its_agency_twice_and_nobody_else_is() -> None:
    wire = seen(story(9, "Rain", credit="The Canadian Press", byline=""))
    assert wire.byline == "The Canadian Press"
    assert wire.credit == "This report by The Canadian Press was first published March 12, 2026."
    assert seen(story(9, "Rain", byline="The Port Kestrel Tide")).byline == ""
    assert seen(story(9, "Rain")).credit == ""


def test_others_are_named_once_and_never_the_source_itself() -> None:
    also = (*LEAD.also, LEAD.also[0], replace(LEAD.source, url="https://www.porttide.example/2"))
    assert [source.label for source in seen(replace(LEAD, also=also)).also] == [
        "The Gannet Bay Record", "Radio Kestrel",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("image", "shown"),
    [
        (Image("https://x.example/a.jpg", "", 1200, 675), (536, 302)),
        (Image("https://x.example/a.jpg", "", 400, 300), (400, 300)),
        (Image("https://x.example/a.jpg"), (536, None)),
        (Image("https://x.example/a.gif", "", 1, 1), None),
        (Image("javascript:x", "", 1200, 675), None),
        (None, None),
    ],
)
def test_image_sizes(image: Image | None, shown: tuple[int, int | None] | None) -> None:
    view = seen(replace(LEAD, image=image)).image
    assert (view and (view.width, view.height)) == shown
    assert view is None or view.alt == LEAD.title


def test_language_only_where_it_differs() -> None:
    assert seen(replace(LEAD, language="fr-CA")).language == "fr"
    assert seen(replace(LEAD, language="en-US")).language == ""
    assert seen(replace(LEAD, language='"><b>')).language == ""


def test_subject_is_one_line_of_120() -> None:
    assert subject_of(" Ferry\r\nstill\0tied ", "x") == "Ferry still tied"
    assert subject_of("\n", "The lead's title") == "The lead's title"
    assert len(subject_of("word " * 60, "x")) <= 120


def test_preheader_names_the_next_two() -> None:
    line = preheader_of(view_of(EDITION, PUBLICATION))
    assert line.startswith("Boil-water advisory lifted for the harbour end of town · Freezing")
    assert 40 <= len(line) <= 90
    alone = preheader_of(view_of(replace(EDITION, sections=()), PUBLICATION))
    assert alone.startswith("The Kestrel Bay ferry will stay")
    assert 40 <= len(alone) <= 90


def test_topics_leave_the_lead_and_what_was_asked_for() -> None:
    chosen = selected(EDITION, selection_of(EDITION, frozenset({"sports", "weather"})))
    assert [section.slug for section in chosen.sections] == ["sports"]
    assert chosen.lead == EDITION.lead
    assert selected(EDITION, selection_of(EDITION, frozenset())) == EDITION
    every = frozenset({"news", "council", "sports", "arts"})
    assert selected(EDITION, selection_of(EDITION, every)) == EDITION
    assert selection_of(EDITION, frozenset({"arts"})).sections == ()


def test_the_same_selection_whatever_tonight_lacks() -> None:
    assert selection_of(EDITION, frozenset()) == selection_of(
        EDITION, frozenset({"news", "council", "sports", "arts"})
    )
    assert selection_of(EDITION, frozenset({"arts", "news"})).sections == (("news", (2, 3, 4)),)


def test_a_selection_of_another_edition_is_refused() -> None:
    for sections in ((("arts", (2,)),), (("sports", (2,)),)):
        with pytest.raises(KeyError):
            selected(EDITION, Selection(sections))
