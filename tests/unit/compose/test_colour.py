"""Whatever four colours a newsroom takes, text stays readable by day and by night."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.compose.colour import blend, contrast, palette
from digest.model.newsroom import Theme

COLOUR = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#ffffff", "#ffffff", 1.0), ("#777777", "#ffffff", 4.478)],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.001)
    assert contrast(other, one) == contrast(one, other)


@given(accent=COLOUR, ink=COLOUR, paper=COLOUR, ground=COLOUR)
def test_every_text_reads_on_its_ground(accent: str, ink: str, paper: str, ground: str) -> None:
    colours = palette(Theme(accent=accent, ink=ink, paper=paper, ground=ground))
    pairs = (
        (colours.on_accent, colours.accent),
        (colours.ink, colours.paper),
        (colours.muted, colours.paper),
        (colours.link, colours.paper),
        (colours.on_ground, colours.ground),
        (colours.night_ink, colours.night_paper),
        (colours.night_muted, colours.night_paper),
        (colours.night_muted, colours.night_ground),
        (colours.night_link, colours.night_paper),
    )
    assert min(contrast(*pair) for pair in pairs) >= 4.5


def test_a_light_accent_gets_dark_words_and_no_links() -> None:
    yellow = palette(Theme(accent="#f2b632"))
    assert yellow.on_accent == "#1d2327"
    assert yellow.link == yellow.ink
    assert palette(Theme()).on_accent == "#ffffff"
    assert palette(Theme()).link == "#0b5563"


def test_blend() -> None:
    assert blend("#000000", "#ffffff", 0) == "#000000"
    assert blend("#000000", "#ff8040", 0.5) == "#804020"
