"""The files of readers that a person hands over: a CSV file, or the ZIP that a program exported,
as text in whatever encoding. I/O: files, read only.

Nothing is unpacked to disk, and of a file never more than a block or a line is in memory.
"""

import codecs
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from digest.errors import UnreadableFileError

BLOCK = 1 << 20
# Of an endless line no more than so many characters are given.
LINE = 1 << 20
# What a damaged file or ZIP raises while it is read; RuntimeError: a member wants a password.
UNREADABLE = (OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)


def read_lists(path: Path) -> Iterator[tuple[str, Iterator[str]]]:
    """(name, lines with their ends) of each list in the file; the lines must be read before the
    next list is asked for. Both raise UnreadableFileError."""
    with _translated_errors(path), path.open("rb") as file:
        if not zipfile.is_zipfile(file):
            file.seek(0)
            with _as_text(file) as text:
                yield _storable(path.name), _lines(text, path)
            return
        with zipfile.ZipFile(file) as archive:
            for member in _members(archive, path.name):
                with archive.open(member) as packed, _as_text(packed) as text:
                    yield _storable(member.rpartition("/")[2]), _lines(text, path)


def _members(archive: zipfile.ZipFile, name: str) -> list[str]:
    members = archive.namelist()
    lists = [one for one in members if is_list(one)]
    if not lists:
        is_workbook = "xl/workbook.xml" in members
        raise UnreadableFileError(
            f"{name}: this is an Excel workbook; save it as CSV first"
            if is_workbook
            else f"{name}: no CSV file with subscribers in it"
        )
    return lists


def is_list(member: str) -> bool:
    """Whether a file of an exported ZIP is one of subscribers: Substack's has its posts beside,
    and macOS puts in shadows of files."""
    folder, _, name = member.lower().rpartition("/")
    is_shadow = name.startswith(".") or "__macosx" in folder
    is_post = name == "posts.csv" or folder.rpartition("/")[2] == "posts"
    return name.endswith(".csv") and not is_shadow and not is_post


def encoding_of(file: IO[bytes]) -> str:
    """By the mark at its beginning; else UTF-8 where it is, or mostly is; else Windows-1252, which
    old spreadsheets write. Reads the whole file."""
    head = file.read(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head[1::2] == b"\0\0" and b"\0" not in head[::2]:
        return "utf-16-le"
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    has_letters = False
    try:
        while block := file.read(BLOCK):
            has_letters = not decoder.decode(block).isascii() or has_letters
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        # One damaged byte after many good accents: the file is UTF-8 for all that.
        is_utf8 = has_letters or not error.object[: error.start].isascii()
        return "utf-8-sig" if is_utf8 else "cp1252"
    return "utf-8-sig"


@contextmanager
def _as_text(file: IO[bytes]) -> Iterator[io.TextIOWrapper]:
    encoding = encoding_of(file)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")
    try:
        yield text
    finally:
        text.detach()  # the binary file is not ours to close


def _lines(text: io.TextIOWrapper, path: Path) -> Iterator[str]:
    # Read after read_lists() has given them out, so errors come up here.
    with _translated_errors(path):
        while line := text.readline(LINE):
            rest = line
            while len(rest) == LINE and not rest.endswith(("\n", "\r")):
                rest = text.readline(LINE)
            yield line


@contextmanager
def _translated_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except UNREADABLE as error:
        raise UnreadableFileError(f"{path}: {_said(error)}") from error


def _storable(name: str) -> str:
    """A file's name may have octets that are no text."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _said(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
