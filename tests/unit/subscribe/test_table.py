"""Rows out of lines: whatever spreadsheets write, no reader is swallowed, and lines are right."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.subscribe.table import MAX_LINE, read_table

CELLS = st.text(max_size=12) | st.text("a\",;\t\r\n \0'=", max_size=12)


def lines(text: str) -> list[str]:
    """As a file opened with newline="" gives them."""
    return list(io.StringIO(text, newline=""))


def rows(text: str) -> list[tuple[int, list[str]]]:
    return list(read_table(lines(text)))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators(separator: str) -> None:
    text = f"email{separator}name\nr1@porttide.example{separator}A, or; B\tC\n"
    _, (number, cells) = rows(text)
    assert number == 2
    assert separator.join(cells) == f"r1@porttide.example{separator}A, or; B\tC"
    assert cells[0] == "r1@porttide.example"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_ends_of_lines(end: str) -> None:
    text = end.join(["email,name", "r1@porttide.example,A", "", "r2@porttide.example,B"])
    assert rows(text) == [
        (1, ["email", "name"]),
        (2, ["r1@porttide.example", "A"]),
        (4, ["r2@porttide.example", "B"]),
    ]


@pytest.mark.parametrize("first", ["sep=;", "SEP=;", "\ufeffsep=;", "\n\nsep=;"])
def test_a_line_can_name_the_separator(first: str) -> None:
    number, cells = next(read_table(lines(f"{first}\nemail;name, full\n")))
    assert cells == ["email", "name, full"]
    assert number == first.count("\n") + 2


def test_a_line_of_sep_with_more_is_a_row() -> None:
    assert rows("sep=|\na\n") == [(1, ["sep=|"]), (2, ["a"])]


@pytest.mark.parametrize("text", ["", "\n", "\r\n\r\n", ",,\n", " , \n\t\n", '""\n'])
def test_without_any_text_there_are_no_rows(text: str) -> None:
    assert rows(text) == []


def test_quoted_line_breaks_count_as_lines() -> None:
    text = 'email,name\nr1@porttide.example,"A\n\n, B"\r\nr2@porttide.example,"say ""C"""\n'
    assert rows(text) == [
        (1, ["email", "name"]),
        (2, ["r1@porttide.example", "A\n\n, B"]),
        (5, ["r2@porttide.example", 'say "C"']),
    ]


def test_a_quote_never_closed_takes_no_reader_away() -> None:
    text = 'email,name\nr1@porttide.example,"A\nr2@porttide.example,B\nr3@porttide.example,"C, D"\n'
    assert rows(text) == [
        (1, ["email", "name"]),
        (2, ["r1@porttide.example", "A\n"]),
        (3, ["r2@porttide.example", "B"]),
        (4, ["r3@porttide.example", "C, D"]),
    ]


def test_a_quote_open_to_the_end() -> None:
    text = 'email\n"r1@porttide.example\nr2@porttide.example\n'
    assert [(number, cells[0].strip()) for number, cells in rows(text)] == [
        (1, "email"),
        (2, "r1@porttide.example"),
        (3, "r2@porttide.example"),
    ]


def test_text_after_a_closing_quote() -> None:
    text = 'r1@porttide.example,"A" B\nr2@porttide.example,C\n'
    assert rows(text) == [
        (1, ["r1@porttide.example", "A B"]),
        (2, ["r2@porttide.example", "C"]),
    ]


def test_a_nul_is_a_letter_like_others() -> None:
    assert rows("a\0b,c\n") == [(1, ["a\0b", "c"])]


@pytest.mark.parametrize("start", ["", '"', 'x,"'])
def test_a_line_too_long_is_cut_and_the_next_is_read(start: str) -> None:
    text = f"email\n{start}{'x' * 300_000}\nr2@porttide.example\n"
    first, long, last = rows(text)
    assert (first, last) == ((1, ["email"]), (3, ["r2@porttide.example"]))
    assert long[0] == 2
    assert len("".join(long[1])) <= MAX_LINE


@given(st.text() | st.lists(CELLS).map("".join))
def test_never_raises_and_lines_ascend(text: str) -> None:
    numbers = [number for number, _ in rows(text)]
    assert numbers == sorted(set(numbers))
    assert all(1 <= number <= len(lines(text)) for number in numbers)


@given(st.lists(st.tuples(CELLS, CELLS), max_size=6), st.sampled_from(",;\t"))
def test_what_a_program_writes_comes_back(written: list[tuple[str, str]], separator: str) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator)
    expected = []
    for cells in [("email", "name"), *written]:
        number = len(lines(out.getvalue())) + 1
        writer.writerow(cells)
        if "".join(cells).strip():
            expected.append((number, list(cells)))
    assert rows(out.getvalue()) == expected
