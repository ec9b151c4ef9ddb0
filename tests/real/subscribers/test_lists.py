"""Files as people hand them over: any encoding, a ZIP or not, damaged or endless."""

import codecs
import os
import zipfile
from pathlib import Path

import pytest

from digest.errors import UnreadableFileError
from digest.lists import BLOCK, LINE, is_list, read_lists

TEXT = "email,name\r\nreader1@porttide.example,Zoé Dépré’s\r\nreader2@porttide.example,“B”\r\n"


def written(folder: Path, content: bytes, name: str = "readers.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def zipped(folder: Path, members: dict[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> Path:
    path = folder / "export.zip"
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def read(path: Path) -> list[tuple[str, str]]:
    return [(name, "".join(lines)) for name, lines in read_lists(path)]


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("cp1252"),
    ],
    ids=["utf-8", "mark", "utf-16-le", "utf-16-be", "utf-16 without mark", "cp1252"],
)
def test_encodings(tmp_path: Path, content: bytes) -> None:
    assert read(written(tmp_path, content)) == [("readers.csv", TEXT)]
    assert read(zipped(tmp_path, {"a/list.csv": content})) == [("list.csv", TEXT)]


@pytest.mark.parametrize("n_lines", [1, BLOCK // 2])
def test_a_damaged_byte_costs_one_letter(tmp_path: Path, n_lines: int) -> None:
    good = "é\n" * n_lines
    path = written(tmp_path, good.encode() + b"\xff" + "É\n".encode())
    ((_, text),) = read(path)
    assert text[-8:] == f"{good}\ufffdÉ\n"[-8:]
    assert len(text) == len(good) + 3


def test_a_letter_over_the_edge_of_a_block(tmp_path: Path) -> None:
    text = "x\n" * (BLOCK // 2 - 1) + "xé\n"
    ((_, read_text),) = read(written(tmp_path, text.encode()))
    assert read_text[-8:] == text[-8:]
    assert len(read_text) == len(text)


def test_half_a_letter_at_the_end(tmp_path: Path) -> None:
    assert read(written(tmp_path, "é\n".encode() + b"\xc3")) == [("readers.csv", "é\n\ufffd")]
    odd = codecs.BOM_UTF16_LE + "é\n".encode("utf-16-le") + b"x"
    assert read(written(tmp_path, odd)) == [("readers.csv", "é\n\ufffd")]


def test_a_nul_is_text(tmp_path: Path) -> None:
    assert read(written(tmp_path, b"email\na\0b\n")) == [("readers.csv", "email\na\0b\n")]


@pytest.mark.parametrize("content", [b"", codecs.BOM_UTF8, codecs.BOM_UTF16_LE])
def test_an_empty_file_has_no_lines(tmp_path: Path, content: bytes) -> None:
    assert read(written(tmp_path, content)) == [("readers.csv", "")]


def test_lines_keep_their_ends(tmp_path: Path) -> None:
    path = written(tmp_path, b"a\r\nb\nc\rd\x0be\xc2\x85f")
    ((_, lines),) = [(name, list(lines)) for name, lines in read_lists(path)]
    assert lines == ["a\r\n", "b\n", "c\r", "d\x0be\x85f"]


def test_an_endless_line_is_one_line(tmp_path: Path) -> None:
    path = written(tmp_path, b"email\n" + b"x" * (3 * LINE + 1) + b"\nafter\n")
    ((_, lines),) = [(name, list(lines)) for name, lines in read_lists(path)]
    assert [line[:8] for line in lines] == ["email\n", "xxxxxxxx", "after\n"]
    assert len(lines[1]) <= LINE


def test_lists_of_a_zip_come_one_by_one(tmp_path: Path) -> None:
    members = {
        "export/subscribed.csv": b"email\n",
        "export/posts.csv": b"post_id\n",
        "export/posts/1.delivers.csv": b"post_id\n",
        "export/posts/1.html": b"<p>",
        "__MACOSX/export/._subscribed.csv": b"\0",
        "export/Cleaned.CSV": b"Email Address\n",
    }
    assert read(zipped(tmp_path, members)) == [
        ("subscribed.csv", "email\n"),
        ("Cleaned.CSV", "Email Address\n"),
    ]


@pytest.mark.parametrize(
    ("member", "is_one"),
    [
        ("subscribers.csv", True),
        ("a/b/email_list.porttide.csv", True),
        ("outposts/readers.csv", True),
        ("posts/readers.csv", False),
        (".hidden.csv", False),
        ("readers.txt", False),
        ("csv/", False),
    ],
)
def test_which_members_are_lists(member: str, is_one: bool) -> None:
    assert is_list(member) is is_one


def test_a_workbook_says_what_to_do(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"xl/workbook.xml": b"<workbook/>"})
    with pytest.raises(UnreadableFileError, match="save it as CSV"):
        read(path)


def test_a_zip_without_lists(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="no CSV file"):
        read(zipped(tmp_path, {"readme.txt": b"hello"}))


def test_what_is_not_there_or_no_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"nowhere\.csv: No such file"):
        read(tmp_path / "nowhere.csv")
    with pytest.raises(UnreadableFileError, match="Is a directory"):
        read(tmp_path)


ROWS = "".join(f"reader{n}@porttide.example,{n * 7919 % 10007}\n" for n in range(2_000))


@pytest.mark.parametrize("kind", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("place", [0.02, 0.5, 0.9])
# UTF-16 is not looked through before its lines are read, so the damage shows up there.
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_damaged_zip(tmp_path: Path, kind: int, place: float, encoding: str) -> None:
    path = zipped(tmp_path, {"list.csv": ROWS.encode(encoding)}, kind)
    content = bytearray(path.read_bytes())
    start = int(len(content) * place)
    content[start : start + 40] = bytes(octet ^ 0xFF for octet in content[start : start + 40])
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match=r"export\.zip"):
        read(path)


def test_a_zip_that_wants_a_password(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"list.csv": b"email\n"}, zipfile.ZIP_STORED)
    # The mark of encryption: bit 0 of the flags, in the member's header and in the directory.
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match="password"):
        read(path)


def test_a_name_of_octets_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"abonn\xe9s.csv")
    path.write_bytes(b"email\n")
    assert read(path) == [("abonn?s.csv", "email\n")]
