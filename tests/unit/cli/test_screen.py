"""What goes to a pipe or file while long work is under way."""

import pytest

from digest.cli.screen import Lines, fitted


class Clock:
    """Seconds that tests set."""

    def __init__(self) -> None:
        self.s = 100.0

    def __call__(self) -> float:
        return self.s


def test_short_work_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    count = Lines("feeds", 4, clock=clock)
    for _ in range(4):
        clock.s += 2
        count(1)
    assert capsys.readouterr() == ("", "")


def test_long_work_says_each_tenth_once_it_is_long(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    count = Lines("kestrel", None, clock=clock)
    count.set_total(1_000)
    for _ in range(1_000):
        clock.s += 1 / 32
        count(1, "sent")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        f"kestrel: {n} of 1,000 sent" for n in ("400", "500", "600", "700", "800", "900", "1,000")
    ]


def test_without_an_end_in_sight_each_hundred_thousand(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    count = Lines("rows", None, clock=clock)
    for _ in range(60):
        clock.s += 1
        count(5_000)
    assert capsys.readouterr().err == "rows: 100,000\nrows: 200,000\nrows: 300,000\n"


@pytest.mark.parametrize(
    ("wanted", "room", "expected"),
    [
        ((6, 20, 30), 60, (6, 20, 30)),
        ((6, 20, 90), 60, (6, 20, 34)),
        ((6, 50, 90), 60, (6, 27, 27)),
        ((6, 50, 90), 5, (6, 1, 1)),
        ((6, 0, 90), 5, (6, 1, 1)),
    ],
)
def test_numbers_and_narrow_columns_keep_their_width(
    wanted: tuple[int, ...], room: int, expected: tuple[int, ...]
) -> None:
    assert fitted(wanted, (True, False, False), room=room) == expected
