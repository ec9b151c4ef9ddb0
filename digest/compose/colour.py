"""From a publication's four colours to every colour of the wrap, readable by day and night. Pure.

Contrast is that of WCAG 2.2 (relative luminance, 1.4.3); text gets at least 4.5 : 1. All colours
are #rrggbb: Outlook and Notes read nothing shorter.
"""

from dataclasses import dataclass

from digest.model.newsroom import Theme

READABLE = 4.5
_WHITE = "#ffffff"
_NIGHT_PAPER = "#1b2023"
_NIGHT_INK = "#e9ecee"


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by their use. `link` is the accent where that reads on paper, else the ink."""

    accent: str
    on_accent: str
    ink: str
    muted: str
    rule: str
    paper: str
    ground: str
    on_ground: str
    link: str
    night_ground: str
    night_paper: str
    night_ink: str
    night_muted: str
    night_rule: str
    night_link: str


def palette(theme: Theme) -> Palette:
    """Every colour of the wrap from the theme's four."""
    ink = _readable(theme.ink, theme.paper)
    reads = contrast(theme.accent, theme.paper) >= READABLE
    return Palette(
        accent=theme.accent,
        on_accent=_on(theme.accent),
        ink=ink,
        muted=_muted(ink, theme.paper),
        rule=blend(ink, theme.paper, 0.86),
        paper=theme.paper,
        ground=theme.ground,
        on_ground=_muted(_readable(theme.ink, theme.ground), theme.ground),
        link=theme.accent if reads else ink,
        night_ground="#111517",
        night_paper=_NIGHT_PAPER,
        night_ink=_NIGHT_INK,
        night_muted=_muted(_NIGHT_INK, _NIGHT_PAPER),
        night_rule="#3a4247",
        night_link=_readable(theme.accent, _NIGHT_PAPER),
    )


def contrast(one: str, other: str) -> float:
    """1 (the same) to 21 (black on white), in either order."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def blend(start: str, end: str, share: float) -> str:
    """`share` of the way from start (0) to end (1)."""
    pairs = zip(_channels(start), _channels(end), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _on(ground: str) -> str:
    """White if it reads on `ground`, else the darker of two inks that does."""
    return _WHITE if contrast(_WHITE, ground) >= READABLE else _readable("#1d2327", ground)


def _readable(colour: str, ground: str) -> str:
    """`colour`, moved towards black or white only as far as it takes to be read on `ground`."""
    towards = max((_WHITE, "#000000"), key=lambda end: contrast(end, ground))
    steps = (blend(colour, towards, step / 20) for step in range(21))
    return next((step for step in steps if contrast(step, ground) >= READABLE), towards)


def _muted(ink: str, ground: str) -> str:
    """As quiet as the ink may become on `ground` and still be read with room to spare."""
    steps = (blend(ink, ground, share / 100) for share in (35, 30, 25, 20, 15, 10, 5))
    return next((step for step in steps if contrast(step, ground) >= READABLE + 0.5), ink)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return float(channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4)
