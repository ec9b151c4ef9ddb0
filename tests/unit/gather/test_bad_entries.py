"""Bad entries, each with what becomes of it."""

from hashlib import sha256

import pytest

from digest.gather.parse import Parsed
from digest.model.feeds import Entry
from tests.unit.gather.documents import atom_entry, only, parsed, rss_item


def titled(title: str) -> Entry:
    return only(rss_item(f"<title>{title}</title>"))


def test_no_title() -> None:
    lede = "The council met on Monday and spoke at length about the price of road salt. Then home."
    entry = only(rss_item(f"<description>{lede}</description>"))
    assert (
        entry.title == "The council met on Monday and spoke at length about the price of road salt."
    )
    assert entry.lede == lede
    endless = only(rss_item(f"<description>{lede.replace('.', ',')}</description>"))
    assert (
        endless.title
        == "The council met on Monday and spoke at length about the price of road salt…"
    )


@pytest.mark.parametrize("title", ["&amp;j;", "<![CDATA[&j;]]>", "&amp;j; &amp;k;"])
def test_a_title_that_is_only_an_entity_of_nobody_is_none(title: str) -> None:
    fields = f"<title>{title}</title><description>Road salt costs more.</description>"
    assert only(rss_item(fields)).title == "Road salt costs more."


@pytest.mark.parametrize("title", ["AT&amp;T;", "Q&amp;A", "R&amp;j; B"])
def test_a_title_with_an_ampersand_stays(title: str) -> None:
    assert titled(title).title == title.replace("&amp;", "&")


def test_neither_title_nor_text() -> None:
    found: Parsed = parsed(rss_item("<link>https://tide.example/a</link>"))
    assert found.entries == ()
    assert found.warnings == ("1 entries have neither title nor text and were left out",)


def test_no_link() -> None:
    entry = only(rss_item("<title>T</title>", guid="tag:tide,1"))
    assert (entry.url, entry.key) == (None, "tag:tide,1")


def test_no_link_but_an_id_that_is_one() -> None:
    entry = only(rss_item("<title>T</title>", guid="https://tide.example/a"))
    assert entry.url == "https://tide.example/a"


def test_neither_link_nor_id() -> None:
    entry = only(rss_item("<title>T</title>", guid=""))
    assert entry.key == "title:" + sha256(b"T").hexdigest()


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "mailto:a@b.example"])
def test_javascript_link(link: str) -> None:
    assert only(rss_item(f"<title>T</title><link>{link}</link>")).url is None
    assert only(atom_entry(f'<title>T</title><link href="{link}"/>')).url is None


def test_script_and_style_in_content() -> None:
    html = "<style>p{color:red}</style><p onclick='x()'>Seen</p><script>alert(1)</script>"
    fields = f"<title>T</title><description><![CDATA[{html}]]></description>"
    assert only(rss_item(fields)).lede == "Seen"


def test_script_in_title() -> None:
    assert titled("Storm &lt;script&gt;alert(1)&lt;/script&gt; warning").title == "Storm warning"


def test_line_breaks_and_nul_in_title() -> None:
    assert titled("Storm&#13;&#10;Bcc: all@tide.example").title == "Storm Bcc: all@tide.example"
    assert titled("Storm\x00 warning").title == "Storm warning"


def test_end_of_data_in_title() -> None:
    assert titled("Storm\r\n.\r\nwarning").title == "Storm . warning"


def test_title_of_5000_characters() -> None:
    title = titled("word " * 1000).title
    assert len(title) <= 300
    assert title.endswith("word…")
    unbroken = titled("x" * 5000).title
    assert (len(unbroken), unbroken[-1]) == (300, "…")


def test_right_to_left_override() -> None:
    assert titled("Storm \u202egnp.exe\u202c \u2067x\u2069").title == "Storm gnp.exe x"


def test_emoji() -> None:
    family = "👨\u200d👩\u200d👧"
    assert titled(f"Storm 🌊 {family}").title == f"Storm 🌊 {family}"


def test_bare_ampersand() -> None:
    found = parsed(rss_item("<title>Fish & chips</title><link>https://t.example/?a=1&b=2</link>"))
    (entry,) = found.entries
    assert (entry.title, entry.url) == ("Fish & chips", "https://t.example/?a=1&b=2")
    assert "damaged XML" in found.warnings[0]


def test_entities_and_markup_in_title() -> None:
    assert titled("Fish &amp;amp; &lt;b&gt;chips&lt;/b&gt;").title == "Fish & chips"
    assert titled("Caf&amp;eacute; opens").title == "Café opens"


def test_atom_text_is_meant_literally_where_it_has_no_markup() -> None:
    assert only(atom_entry('<title type="text">1 &lt; 2</title>')).title == "1 < 2"


def test_a_very_long_id() -> None:
    entry = only(rss_item("<title>T</title>", guid="g" * 5000))
    assert entry.key == "guid:" + sha256(b"g" * 5000).hexdigest()


def test_lone_surrogate_in_json() -> None:
    assert only(b'{"items":[{"id":"1\\ud800","title":"a\\ud800b\\u0000"}]}').title == "ab"


def test_many_and_long_categories() -> None:
    fields = "".join(f"<category>{n} {'long ' * 40}</category>" for n in range(40))
    categories = only(rss_item(f"<title>T</title>{fields}")).categories
    assert len(categories) == 20
    assert all(len(name) <= 80 for name in categories)
