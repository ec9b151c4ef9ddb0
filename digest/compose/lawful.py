"""What the law asks a mail to show: how to leave, and who sends it from where. Pure.

A reader must be able to see both, in either part: what stands in a comment, a style or a page's
title does not count. Colours and sizes are not looked at.
"""

import re
from html import unescape

_UNSEEN = re.compile(
    r"<!--.*?-->|<(style|script|title|template)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE
)
_TAG = re.compile(r"<[^>]*>")
_WORD = re.compile(r"\w+")


def missing_in(part: str, *, unsubscribe_url: str, postal_address: str, is_html: bool) -> str:
    """The name of what a reader's own part, already joined, does not show; "" if nothing.

    The address may be set in lines and in capitals: its words must be there, in order.
    """
    marked = _UNSEEN.sub("", part) if is_html else part
    seen = unescape(_TAG.sub(" ", marked)) if is_html else marked
    is_link = f'href="{unsubscribe_url}' in marked or f"href='{unsubscribe_url}" in marked
    if not is_link and unsubscribe_url not in seen:
        return "subscriber.unsubscribe_url"
    return "" if _words(postal_address) in _words(seen) else "postal_address"


def _words(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))
