"""For any template, stories and choice: the merged message is what rendering for that reader alone
gives, and may go on any wire as it is."""

import re
from dataclasses import replace
from email import message_from_bytes
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from digest.compose.compile import compile_message
from digest.compose.imprint import Tokens, imprint_of, personal_values
from digest.compose.merge import merge
from digest.compose.pick import pick
from digest.compose.render import WrapTemplates, render, render_alone
from digest.compose.splice import body_for, page_of
from digest.compose.topics import selection_of
from digest.compose.trial import as_read
from digest.model.edition import Edition, EditionSection
from digest.model.message import Recipient, Selection
from tests.unit.compose.editions import (
    DAY,
    EDITION,
    IMPRINT,
    KEY,
    PUBLICATION,
    READER,
    TOKENS,
    story,
)
from tests.unit.compose.generated import (
    CANARY,
    READERS,
    TOKEN,
    editions,
    selections,
    wrap_from,
    wraps,
)
from tests.unit.compose.test_message import assert_sound, parts_of
from tests.unit.compose.wrap import CREATED_AT, templates

_LEAVE = "{{ subscriber.unsubscribe_url }}"
BASES = ["https://wrap.porttide.example", "http://127.0.0.1:8025", "https://x.example/a&b"]


def tried(count: int) -> settings:
    # Shrinking would render for minutes; the failing words are small enough as they are.
    return settings(
        max_examples=count, deadline=None, suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
    )  # fmt: skip


@tried(60)
@given(
    edition=editions(), wrap=wraps(), reader=READERS, tokens=st.builds(Tokens, TOKEN, TOKEN),
    base=st.sampled_from(BASES), data=st.data(),
)  # fmt: skip
def test_merged_is_what_rendering_alone_gives(
    edition: Edition,
    wrap: WrapTemplates,
    reader: Recipient,
    tokens: Tokens,
    base: str,
    data: st.DataObject,
) -> None:
    check(edition, wrap, reader, tokens, base, data.draw(selections(edition)))


@tried(20)
@given(edition=editions(), reader=READERS, data=st.data())
def test_the_shipped_wrap_too(edition: Edition, reader: Recipient, data: st.DataObject) -> None:
    check(edition, templates(), reader, TOKENS, BASES[0], data.draw(selections(edition)))


def check(
    edition: Edition,
    wrap: WrapTemplates,
    reader: Recipient,
    tokens: Tokens,
    base: str,
    selection: Selection,
) -> None:
    imprint = imprint_of(PUBLICATION, DAY, base_url=base, key=KEY)
    values = personal_values(reader, imprint=imprint, tokens=tokens)
    alone = render_alone(edition, PUBLICATION, wrap, selection=selection, values=values)
    body = render(edition, PUBLICATION, wrap)
    seen = body_for(body, edition, selection, values)
    assert_same(as_read(seen.html), as_read(alone.html))
    assert_same(seen.text, alone.text)
    compiled = compile_message(body, PUBLICATION, edition=edition, created_at=CREATED_AT)
    envelope = merge(pick(compiled, selection), reader, imprint=imprint, tokens=tokens)
    parsed, text, html = parts_of(envelope.message)
    assert not parsed.defects
    assert_same(as_read(html), as_read(alone.html))
    # A part of a mail ends with one line end, however many the template leaves.
    assert_same(text.rstrip("\n"), alone.text.rstrip("\n"))
    assert_sound(envelope.message)
    assert_nothing_outside(envelope.message)
    again = merge(pick(compiled, selection), reader, imprint=imprint, tokens=tokens)
    assert again == envelope


def assert_same(joined: str, alone: str) -> None:
    """Equal, or else the first place where they are not."""
    pairs = enumerate(zip(joined, alone, strict=False))
    at = next((at for at, (one, other) in pairs if one != other), min(len(joined), len(alone)))
    around = slice(max(0, at - 80), at + 80)
    assert joined == alone, f"{joined[around]!r} is not {alone[around]!r}"


def assert_nothing_outside(message: bytes) -> None:
    """No byte of a feed but in the encoded parts and in the (encoded) subject."""
    head, _, rest = message.partition(b"\r\n\r\n")
    boundary = re.search(rb'boundary="(.*?)"', head)
    assert boundary
    fields = message_from_bytes(head).items()
    assert not [name for name, value in fields if CANARY in value and name != "Subject"]
    assert [name for name, _ in fields][-1] in ("List-Unsubscribe-Post", "List-Archive")
    parts = rest.split(b"--" + boundary[1])
    assert len(parts) == 4
    assert parts[0] == b""
    assert parts[3] == b"--\r\n"
    for part, subtype in zip(parts[1:3], (b"plain", b"html"), strict=True):
        assert part.startswith(
            b"\r\nContent-Type: text/" + subtype + b"; charset=utf-8\r\n"
            b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        )  # fmt: skip


@tried(20)
@given(edition=editions(), wrap=wraps())
def test_the_page_shows_everything_and_nobody(edition: Edition, wrap: WrapTemplates) -> None:
    page = page_of(render(edition, PUBLICATION, wrap), edition, view_url="https://v.example/")
    values = personal_values(READER, imprint=IMPRINT, tokens=TOKENS)
    everything = selection_of(edition, frozenset())
    alone = render_alone(edition, PUBLICATION, wrap, selection=everything, values=values)
    assert READER.address not in page
    assert page.count("<h2>") == alone.html.count("<h2>")
    assert "<i>mine</i>" not in page
    assert not re.search(r"(spot|<!--cut)[0-9a-f]{24}[A-Za-z]", page.replace("spot0123", ""))


@pytest.mark.parametrize(
    "name",
    ["O'Neil", '"Ada"', '"O\'Neil"', "A &{x} B", "A &{\"' x} B", "<!-- x -->", "<!-- \"' x -->"],
)
def test_a_name_stays_within_its_attribute(name: str) -> None:
    """Whatever quotes the words around it made libxml2 write."""
    wrap = wrap_from(
        """<html><body><p title='"{{ subscriber.name }}'>x</p>"""
        """<p title="'{{ subscriber.name }}">x</p><p aria-label="{{ subscriber.name }}">x</p>"""
        """<a href='mailto:x?a="b"&c={{ subscriber.name }}'>x</a>"""
        f"{_LEAVE}</body></html>",
        _LEAVE,
    )
    reader = replace(READER, name=name)
    check(EDITION, wrap, reader, TOKENS, BASES[0], selection_of(EDITION, frozenset()))
    html = merged(EDITION, wrap, reader)
    read = _Attributes()
    read.feed(html)
    assert read.found[:3] == [("title", f'"{name}'), ("title", f"'{name}"), ("aria-label", name)]
    assert read.found[3][0] == "href"
    assert unquote(read.found[3][1]) == f'mailto:x?a="b"&c={name}'


def test_an_address_stays_within_its_attribute() -> None:
    leave = f"{_LEAVE}</body></html>"
    words = """<html><body><p title='"{{ subscriber.address }}'>x</p>"""
    reader = replace(READER, address="o'neil@readers.example")
    read = _Attributes()
    read.feed(merged(EDITION, wrap_from(words + leave, _LEAVE), reader))
    assert read.found[0] == ("title", "\"o'neil@readers.example")


def test_a_brief_names_the_first_five_of_a_readers_sections() -> None:
    """Of six, of other five, of any order."""
    stories = [story(number, f"Story {number}") for number in range(2, 8)]
    sections = tuple(EditionSection(f"s-{one.id}", f"Part {one.id}", (one,)) for one in stories)
    edition = replace(EDITION, sections=sections)
    wrap = wrap_from(
        "<html><body>{% for s in brief %}[{{ s.title }}{% if loop.last %}!{% endif %}]{% endfor %}"
        f"{_LEAVE}</body></html>",
        "{% for s in brief %}[{{ s.title }}{% if loop.last %}!{% endif %}]{% endfor %} " + _LEAVE,
    )
    rows = selection_of(edition, frozenset()).sections
    for chosen, named in (
        (rows, (2, 3, 4, 5, 6)),
        (rows[1:], (3, 4, 5, 6, 7)),
        (rows[::-1], (7, 6, 5, 4, 3)),
        (rows[2:], (4, 5, 6, 7)),
        (rows[3:], (5, 6, 7)),
        (rows[4:], ()),
    ):
        selection = Selection(chosen)
        for each in (wrap, templates()):
            check(edition, each, READER, TOKENS, BASES[0], selection)
        told = "".join(f"[Part {number}]" for number in named)
        assert f"{told[:-1]}!]" * bool(named) in merged(edition, wrap, READER, selection)


def merged(
    edition: Edition, wrap: WrapTemplates, reader: Recipient, selection: Selection | None = None
) -> str:
    """The HTML that the reader gets."""
    imprint = imprint_of(PUBLICATION, DAY, base_url=BASES[0], key=KEY)
    body = render(edition, PUBLICATION, wrap)
    compiled = compile_message(body, PUBLICATION, edition=edition, created_at=CREATED_AT)
    picked = pick(compiled, selection or selection_of(edition, frozenset()))
    return parts_of(merge(picked, reader, imprint=imprint, tokens=TOKENS).message)[2]


class _Attributes(HTMLParser):
    """Every attribute but the unsubscribe link, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [(name, value or "") for name, value in attrs]
