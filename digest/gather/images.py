"""Which picture stands beside a story. Pure.

Trust, highest first: enclosure, media:content, media:thumbnail, the site's featured image or JSON
Feed image, the first picture in the text. Left out: counting pixels, author portraits, badges.
"""

import re
from collections.abc import Iterable

from digest.gather.clean import one_line, shorten
from digest.gather.links import absolute_url
from digest.gather.raw import RawImage
from digest.model.feeds import Image

ENCLOSURE, MEDIA_CONTENT, MEDIA_THUMBNAIL, FEATURED = 10, 20, 30, 40
MIN_SIDE_PX = 48  # below: pixels, emoji, share buttons
MAX_ALT_CHARS = 200

_NOT_OF_THE_STORY = re.compile(
    r"://([^/]*\.)?(gravatar\.com|feedburner\.com|doubleclick\.net|pixel\.wp\.com|stats\.wordpress\.com"
    r"|feedsportal\.com|s\.w\.org|scorecardresearch\.com|google-analytics\.com|chartbeat\.net"
    r"|facebook\.com/tr)(/|$|\?)"
    r"|/~(ff|r|a)/|[/_-](pixel|spacer|blank|tracking|beacon|1x1)\.(gif|png)",
    re.IGNORECASE,
)
_PICTURE = re.compile(r"\.(jpe?g|png|gif|webp|avif)$", re.IGNORECASE)


def pick_image(candidates: Iterable[RawImage], *, base: str) -> Image | None:
    """The most trusted usable picture, ties in the order given; None where there is none."""
    for raw in sorted(candidates, key=lambda raw: raw.rank):
        url = absolute_url(raw.url, raw.base or base)
        if url is None or _is_too_small(raw) or _NOT_OF_THE_STORY.search(url):
            continue
        alt = shorten(one_line(raw.alt), MAX_ALT_CHARS)
        return Image(url, alt, raw.width or None, raw.height or None)
    return None


def is_picture(*, kind: str, medium: str, url: str) -> bool:
    """Whether an enclosure or media:content is a picture: by type, by medium, else by name."""
    if kind:
        return kind.lower().startswith("image/") and "svg" not in kind.lower()
    if medium:
        return medium.lower() == "image"
    return _PICTURE.search(url.partition("?")[0]) is not None


def _is_too_small(raw: RawImage) -> bool:
    return any(side is not None and 0 <= side < MIN_SIDE_PX for side in (raw.width, raw.height))
