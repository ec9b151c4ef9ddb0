"""The bytes on the wire: what each reader gets is exactly what was rendered for them."""

import hmac
import quopri
import re
from dataclasses import replace
from datetime import date
from email import message_from_bytes
from email.message import Message
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from digest.compose.compile import compile_message
from digest.compose.imprint import Tokens, imprint_of, message_id_of, personal_values
from digest.compose.merge import merge
from digest.compose.own_head import is_plain, own_head, plain_head
from digest.compose.pick import pick
from digest.compose.splice import body_for
from digest.compose.topics import selected, selection_of
from digest.model.edition import Edition
from digest.model.message import Body, Picked, Quoting, Recipient, Selection, Spot
from tests.unit.compose.editions import (
    DAY,
    EDITION,
    FRENCH,
    IMPRINT,
    KEY,
    PUBLICATION,
    READER,
    TOKENS,
    large_edition,
)
from tests.unit.compose.wrap import CREATED_AT, body_of, envelope_of, everything_of

BODY = body_of()
ALL = everything_of()
VALUE = st.text(st.characters(exclude_categories=["Cs"]), max_size=90)


def compiled_of(body: Body = BODY, edition: Edition = EDITION) -> bytes:
    compiled = compile_message(body, PUBLICATION, edition=edition, created_at=CREATED_AT)
    everything = everything_of(edition)
    return merge(pick(compiled, everything), READER, imprint=IMPRINT, tokens=TOKENS).message


def parts_of(message: bytes) -> tuple[Message, str, str]:
    """The parsed message, its text and its HTML with plain line ends."""
    parsed = message_from_bytes(message)
    leaves = [part.get_payload(decode=True) for part in parsed.walk() if not part.is_multipart()]
    text, html = (
        str(leaf, "utf-8").replace("\r\n", "\n") for leaf in leaves if isinstance(leaf, bytes)
    )
    return parsed, text, html


def assert_sound(message: bytes) -> None:
    """7-bit, CRLF only, no line too long, quoted-printable within 76."""
    assert message.isascii()
    assert b"\0" not in message
    assert message.endswith(b"\r\n")
    bare = message.replace(b"\r\n", b"")
    assert b"\r" not in bare
    assert b"\n" not in bare
    head, _, body = message.partition(b"\r\n\r\n")
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert b"\n." not in message


def test_the_parts_are_what_was_rendered() -> None:
    values = personal_values(READER, imprint=IMPRINT, tokens=TOKENS)
    expected = body_for(BODY, EDITION, ALL, values)
    parsed, text, html = parts_of(compiled_of())
    assert parsed.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in parsed.get_payload()] == [  # type: ignore[union-attr]
        "text/plain", "text/html",
    ]  # fmt: skip
    assert not parsed.defects
    assert text == expected.text
    assert html == expected.html
    assert "https://wrap.porttide.example/u/Q2xJ.2s.evening-tide" in text
    assert not re.search(r"(spot|cut)[0-9a-f]{24}|<!--/?personal", text + html)
    assert_sound(compiled_of())


def test_nothing_of_a_reader_is_shared() -> None:
    compiled = compile_message(BODY, PUBLICATION, edition=EDITION, created_at=CREATED_AT)
    kinds = [type(piece) for piece in compiled.brief]
    assert kinds[0] is kinds[-1] is bytes
    assert (bytes, bytes) not in pairwise(kinds)
    spots = [piece for piece in compiled.brief if isinstance(piece, Spot)]
    assert len(spots) == 8  # four in each of two parts
    assert {spot.name for spot in spots} == {
        "unsubscribe_url", "preferences_url", "view_url", "address",
    }  # fmt: skip


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow],
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)  # fmt: skip
@given(name=VALUE, token=st.text("ABCz09-_.", min_size=1, max_size=200), subject=VALUE, text=VALUE)
def test_any_values_make_a_sound_message(name: str, token: str, subject: str, text: str) -> None:
    reader = replace(READER, name=name)
    tokens = Tokens(token, token)
    body = replace(BODY, text=text.replace("\r", "") + BODY.text, subject="x")
    compiled = compile_message(body, PUBLICATION, edition=EDITION, created_at=CREATED_AT)
    envelope = merge(pick(compiled, ALL), reader, imprint=IMPRINT, tokens=tokens)
    values = personal_values(reader, imprint=IMPRINT, tokens=tokens)
    parsed, plain, html = parts_of(envelope.message)
    assert_sound(envelope.message)
    assert plain == body_for(body, EDITION, ALL, values).text
    assert html == body_for(body, EDITION, ALL, values).html
    assert len(parsed.get_all("To") or []) == 1


def test_hostile_stories_stay_inside_their_parts() -> None:
    nasty = "\r\n.\r\nMAIL FROM:<evil@x.example>\r\n\r\n--=_x\r\nBcc: all@x.example\0"
    edition = replace(EDITION, lead=replace(EDITION.lead, title=nasty, lede=nasty * 3))
    body = body_of(edition)
    message = compiled_of(body, edition)
    assert_sound(message)
    parsed = message_from_bytes(message)
    assert parsed["Bcc"] is None
    assert len(parsed.get_payload()) == 2
    assert parsed["Subject"] == ". MAIL FROM:<evil@x.example> --=_x Bcc: all@x.example"


def test_every_header_that_a_bulk_mail_needs() -> None:
    parsed = message_from_bytes(envelope_of().message)
    assert parsed["From"] == "The Port Kestrel Tide <wrap@news.porttide.example>"
    assert parsed["Reply-To"] == "desk@porttide.example"
    assert parsed["To"] == "Ada Fraser <ada.fraser@readers.example>"
    assert parsed["Date"] == "Thu, 12 Mar 2026 21:00:05 +0000"
    assert parsed["Subject"].startswith("Ferry to Gannet Bay tied up")
    assert parsed["List-Id"] == "The Evening Tide <evening-tide.news.porttide.example>"
    assert parsed["List-Unsubscribe"].replace("\r\n", "") == (
        "<https://wrap.porttide.example/u/Q2xJ.2s.evening-tide>, "
        "<mailto:desk@porttide.example?subject=unsubscribe%20Q2xJ.2s.evening-tide>"
    )
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert parsed["List-Help"] == "<mailto:desk@porttide.example>"
    assert parsed["List-Owner"] == "<mailto:desk@porttide.example>"
    assert parsed["List-Archive"] == "<https://wrap.porttide.example/evening-tide>"
    assert parsed["Precedence"] == "bulk"
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert parsed["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert parsed["Content-Language"] == "en"
    assert parsed["MIME-Version"] == "1.0"
    assert max(map(len, parsed.keys())) < 40
    assert len(parsed.keys()) == len({key.lower() for key in parsed.keys()})  # noqa: SIM118


def test_feedback_id_has_four_fields_and_a_stable_sender() -> None:
    fields = message_from_bytes(envelope_of().message)["Feedback-ID"].split(":")
    assert fields == ["ed20260312", "evening-tide", "wrap", "newsporttideexa"]
    assert 5 <= len(fields[3]) <= 15


def test_french_names_and_no_reply_to() -> None:
    parsed = message_from_bytes(envelope_of(publication=FRENCH).message)
    assert parsed["Reply-To"] is None
    assert parsed["Content-Language"] == "fr-CA"
    assert parsed["List-Help"] == "<https://www.radiokestrel.example/nous-joindre>"
    assert parsed["List-Id"].endswith("<le-soir.nouvelles.radiokestrel.example>")
    assert parsed["List-Id"].startswith("=?utf-8?q?La_Mar=C3=A9e_du_soir?=")


def test_same_inputs_same_bytes() -> None:
    assert envelope_of() == envelope_of()


def test_message_ids_are_stable_and_silent() -> None:
    mine = message_id_of(IMPRINT, 100)
    assert mine == message_id_of(IMPRINT, 100) == envelope_of().message_id
    assert re.fullmatch(r"<20260312\.[0-9a-f]{32}@news\.porttide\.example>", mine)
    others = {
        message_id_of(IMPRINT, 101),
        message_id_of(replace(IMPRINT, day=date(2026, 3, 13)), 100),
        message_id_of(replace(IMPRINT, publication="other"), 100),
        message_id_of(replace(IMPRINT, key=b"other"), 100),
    }
    assert len(others | {mine}) == 5


def test_envelope_addresses() -> None:
    compiled = compile_message(BODY, PUBLICATION, edition=EDITION, created_at=CREATED_AT)
    reader = Recipient(7, "zoe@dépêche.example", "Zoé d’Entremont")
    envelope = merge(pick(compiled, ALL), reader, imprint=IMPRINT, tokens=TOKENS)
    assert envelope.sender == "wrap@news.porttide.example"
    assert envelope.recipient == "zoe@xn--dpche-bsai.example"
    assert (
        b"\r\nTo: =?utf-8?q?Zo=C3=A9_d=E2=80=99Entremont?= <zoe@xn--dpche-bsai" in envelope.message
    )


def test_without_https_one_click_is_not_promised() -> None:
    compiled = compile_message(BODY, PUBLICATION, edition=EDITION, created_at=CREATED_AT)
    imprint = imprint_of(PUBLICATION, DAY, base_url="http://127.0.0.1:8025", key=KEY)
    parsed = message_from_bytes(
        merge(pick(compiled, ALL), READER, imprint=imprint, tokens=TOKENS).message
    )
    assert parsed["List-Unsubscribe"].startswith("<http://127.0.0.1:8025/u/")
    assert parsed["List-Unsubscribe-Post"] is None


def test_a_bad_address_or_name_is_refused() -> None:
    compiled = compile_message(BODY, PUBLICATION, edition=EDITION, created_at=CREATED_AT)
    for address in ("ada", "a@b.example\r\nBcc: c@d.example", "a@b.example>"):
        with pytest.raises(ValueError, match="address"):
            merge(
                pick(compiled, ALL),
                replace(READER, address=address),
                imprint=IMPRINT,
                tokens=TOKENS,
            )
    with pytest.raises(ValueError, match="control"):
        compile_message(
            BODY, replace(PUBLICATION, from_name="A\r\nB"), edition=EDITION, created_at=CREATED_AT
        )


def test_a_body_of_another_edition_is_refused() -> None:
    other = selected(EDITION, selection_of(EDITION, frozenset({"sports"})))
    with pytest.raises(ValueError, match="no unsubscribe spot of this edition"):
        compile_message(BODY, PUBLICATION, edition=other, created_at=CREATED_AT)


def test_a_readers_topics() -> None:
    compiled = compile_message(BODY, PUBLICATION, edition=EDITION, created_at=CREATED_AT)
    sports = selection_of(EDITION, frozenset({"sports", "weather"}))
    envelope = merge(pick(compiled, sports), READER, imprint=IMPRINT, tokens=TOKENS)
    _, text, html = parts_of(envelope.message)
    for part in (text, html):
        assert "Under-15 Gulls" in part
        assert "Ferry to Gannet Bay" in part
        # The preheader is everybody's.
        assert "Boil-water" not in part.rpartition('class="preheader"')[2].partition("</div>")[2]
    assert "Boil-water" not in text


def test_sixty_stories_are_sound_and_not_bloated() -> None:
    edition = large_edition(60)
    body = body_of(edition)
    message = compiled_of(body, edition)
    assert_sound(message)
    assert len(message) < 1.35 * (len(body.html.encode()) + len(body.text.encode()))


def test_message_id_is_an_hmac() -> None:
    for key in (KEY, b"k" * 64, b"k" * 200):
        told = b"message-id\0evening-tide\x002026-03-12\x00100"
        expected = hmac.digest(key, told, "sha256").hex()[:32]
        assert message_id_of(replace(IMPRINT, key=key), 100) == (
            f"<20260312.{expected}@news.porttide.example>"
        )


@settings(deadline=None)
@given(
    name=VALUE | st.text("Aé', -.\"", max_size=90),
    local=st.sampled_from(["ada", "o.neil+x-y", "a" * 56]),
    base=st.sampled_from(["http://x.ca", "https://wrap.porttide.example"]),
    token=st.sampled_from(["t", "Q2xJ.2s.evening-tide", "a" * 75]),
)
@example(name="A" * 60, local="a", base="http://x.ca", token="t")
@example(name="A" * 61, local="a", base="http://x.ca", token="t")
@example(name="Zoë d'Entremont", local="a" * 56, base="http://x.ca", token="t")
def test_the_short_way_writes_what_the_long_way_does(
    name: str, local: str, base: str, token: str
) -> None:
    imprint = imprint_of(PUBLICATION, DAY, base_url=base, key=KEY)
    reader = replace(READER, name=name, address=f"{local}@b.example")
    tokens = Tokens(token, token)
    values = personal_values(reader, imprint=imprint, tokens=tokens)
    assert is_plain(reader, imprint, tokens)
    assert plain_head(reader, imprint, tokens=tokens, message_id="<x@y>") == own_head(
        values, imprint, address=reader.address, tokens=tokens, message_id="<x@y>"
    )


@pytest.mark.parametrize(
    "address",
    ["ada@dépêche.example", "o'neil@b.example", '"a b"@b.example', ".a@b.example",
     "a&b@b.example", "a\n@b.example", f"{'a' * 60}@b.example"],
)  # fmt: skip
def test_other_addresses_go_the_long_way(address: str) -> None:
    assert not is_plain(replace(READER, address=address), IMPRINT, TOKENS)


@pytest.mark.parametrize(("name", "shown"), [("Ada Fraser", "Ada%20Fraser"), ("Zoë", "Zo%C3%AB")])
def test_a_name_in_a_link_is_quoted_however_plain_it_is(name: str, shown: str) -> None:
    picked = Picked([b"", b"", b""], [(2, Spot("name", Quoting.LINK))], is_greeting=True)
    envelope = merge(picked, replace(READER, name=name), imprint=IMPRINT, tokens=TOKENS)
    assert line_of(envelope.message) == shown


def line_of(message: bytes) -> str:
    """The body of a message that is one quoted-printable line."""
    return quopri.decodestring(message.partition(b"\r\n\r\n")[2]).decode()


def test_a_section_without_stories_is_no_part_of_a_selection() -> None:
    with pytest.raises(ValueError, match="no stories of section 'news'"):
        Selection((("news", ()),))
    compiled = compile_message(BODY, PUBLICATION, edition=EDITION, created_at=CREATED_AT)
    for sections in ((("arts", (2,)),), (("sports", (2,)),)):
        with pytest.raises(ValueError, match="not in the edition"):
            merge(pick(compiled, Selection(sections)), READER, imprint=IMPRINT, tokens=TOKENS)
