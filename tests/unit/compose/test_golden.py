"""The whole mail, byte for byte. To renew the files: golden/README.md."""

from pathlib import Path

import pytest

from tests.unit.compose.editions import FRENCH
from tests.unit.compose.wrap import envelope_of, seen_by_reader

GOLDEN = Path(__file__).with_name("golden")


def made() -> dict[str, bytes]:
    english, french = seen_by_reader(), seen_by_reader(publication=FRENCH)
    return {
        "wrap.html": english.html.encode(),
        "wrap.txt": english.text.encode(),
        "wrap.eml": envelope_of().message,
        "wrap-fr.html": french.html.encode(),
        "wrap-fr.txt": french.text.encode(),
    }


@pytest.mark.parametrize(
    "name", ["wrap.html", "wrap.txt", "wrap.eml", "wrap-fr.html", "wrap-fr.txt"]
)
def test_same_bytes_as_ever(name: str) -> None:
    assert made()[name] == (GOLDEN / name).read_bytes()


if __name__ == "__main__":
    for name, content in made().items():
        (GOLDEN / name).write_bytes(content)
