"""Which picture stands beside a story."""

import pytest

from digest.gather.images import ENCLOSURE, FEATURED, MEDIA_CONTENT, is_picture, pick_image
from digest.gather.raw import RawImage
from digest.model.feeds import Image
from tests.unit.gather.documents import atom_entry, only, rss_item

BASE = "https://tide.example/"


def test_order_of_trust() -> None:
    featured, enclosure = RawImage("/f.jpg", FEATURED), RawImage("/e.jpg", ENCLOSURE)
    assert pick_image((featured, enclosure), base=BASE) == Image("https://tide.example/e.jpg")
    assert pick_image((featured,), base=BASE) == Image("https://tide.example/f.jpg")
    assert pick_image((), base=BASE) is None


@pytest.mark.parametrize(
    "image",
    [
        RawImage("/p.gif", MEDIA_CONTENT, width=1, height=1),
        RawImage("/p.gif", MEDIA_CONTENT, width=600, height=1),
        RawImage("/pixel.gif", MEDIA_CONTENT),
        RawImage("https://1.gravatar.com/avatar/x?s=96", MEDIA_CONTENT),
        RawImage("https://feeds.feedburner.com/~r/x/~4/y", MEDIA_CONTENT),
        RawImage("https://pixel.wp.com/b.gif?x", MEDIA_CONTENT),
        RawImage("javascript:alert(1)", MEDIA_CONTENT),
        RawImage("", MEDIA_CONTENT, base="ftp://x.example/"),
    ],
)
def test_left_out(image: RawImage) -> None:
    other = RawImage("/photo.jpg", FEATURED, "Pier", 800, 450)
    assert pick_image((image, other), base=BASE) == Image(
        "https://tide.example/photo.jpg", "Pier", 800, 450
    )


@pytest.mark.parametrize(
    ("kind", "medium", "url", "expected"),
    [
        ("image/jpeg", "", "x", True),
        ("image/svg+xml", "", "x", False),
        ("audio/mpeg", "", "x.jpg", False),
        ("", "image", "x", True),
        ("", "video", "x.jpg", False),
        ("", "", "https://x.example/a.JPG?w=1", True),
        ("", "", "https://x.example/a", False),
    ],
)
def test_is_picture(kind: str, medium: str, url: str, expected: bool) -> None:
    assert is_picture(kind=kind, medium=medium, url=url) is expected


ENCLOSED = '<enclosure url="/enclosed.jpg" type="image/jpeg" length="1"/>'
SOUND = '<enclosure url="/talk.mp3" type="audio/mpeg" length="1"/>'
MEDIA = '<media:content url="/media.jpg" medium="image" width="800" height="450"/>'
THUMBNAIL = '<media:thumbnail url="/thumb.jpg" width="75"/>'
ROOT_RELATIVE = "&lt;img src='/i/b.jpg'&gt;"
LINK = "<link>https://www.tide.example/2026/ferry</link>"


def of_the_channel(body: bytes) -> str | None:
    """Its picture, seen from a feed that is somebody else's copy."""
    image = only(body, url="http://127.0.0.1:8000/tide.xml").image
    return image.url if image else None


def test_a_relative_picture_in_rss_hangs_from_the_story_then_from_the_site() -> None:
    text = f"<title>T</title><description>{ROOT_RELATIVE}</description>"
    assert of_the_channel(rss_item(text + LINK)) == "https://www.tide.example/i/b.jpg"
    assert of_the_channel(rss_item(text)) == "https://www.porttide.example/i/b.jpg"
    alone = rss_item(text).replace(b"<link>https://www.porttide.example/</link>", b"")
    assert of_the_channel(alone) == "http://127.0.0.1:8000/i/b.jpg"
    based = rss_item(text + LINK).replace(b"<item>", b'<item xml:base="https://cdn.example/x/">')
    assert of_the_channel(based) == "https://cdn.example/i/b.jpg"


def test_a_relative_picture_in_atom_hangs_from_xml_base_then_from_the_story() -> None:
    text = f'<title>T</title><content type="html">{ROOT_RELATIVE}</content>'
    link = '<link href="https://www.tide.example/2026/ferry"/>'
    assert of_the_channel(atom_entry(text + link)) == "https://www.tide.example/i/b.jpg"
    home = atom_entry(text).replace(b"<entry>", b'<link href="https://county.example/"/><entry>')
    assert of_the_channel(home) == "https://county.example/i/b.jpg"
    assert of_the_channel(atom_entry(text)) == "http://127.0.0.1:8000/i/b.jpg"
    based = atom_entry(text + link).replace(b"<feed ", b'<feed xml:base="https://cdn.example/x/" ')
    assert of_the_channel(based) == "https://cdn.example/i/b.jpg"
    relative = atom_entry(text + link).replace(b"<content ", b'<content xml:base="/blog/" ')
    assert of_the_channel(relative) == "http://127.0.0.1:8000/i/b.jpg"


IN_TEXT = "<description>&lt;img src='t.gif' width='1' height='1'&gt;&lt;img src='/text.jpg'&gt;"


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        (THUMBNAIL + MEDIA + ENCLOSED, "enclosed"),
        (THUMBNAIL + MEDIA + SOUND, "media"),
        (THUMBNAIL + IN_TEXT + "</description>", "thumb"),
        (IN_TEXT + "</description>", "text"),
    ],
)
def test_order_in_a_feed(fields: str, name: str) -> None:
    image = only(rss_item(f"<title>T</title>{fields}")).image
    assert image is not None
    assert image.url == f"https://www.porttide.example/{name}.jpg"
