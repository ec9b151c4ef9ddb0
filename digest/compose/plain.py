"""Foreign words made fit for one line of a mail: no controls, cut on a word, filled. Pure.

What a feed says has been cleaned already (gather/clean.py); this is the last gate before the
message, because a bare CR, a NUL or a bidi override must never depend on who filled the store.
"""

import re
import textwrap

# C0, C1, line and paragraph separators, bidi controls, BOM, non-characters, lone surrogates.
_UNWANTED = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]+"
)
_SPACES = re.compile(r" {2,}")


def tidy(text: str) -> str:
    """One line without controls; runs of blanks become one. Empty stays empty. No-break spaces
    and joiners (emoji, Arabic) are kept."""
    return _SPACES.sub(" ", _UNWANTED.sub(" ", text)).strip()


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, an ellipsis included, ended after a word where there is one."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    at_word = head.rpartition(" ")[0]
    kept = at_word if len(at_word) >= limit // 2 else head
    return kept.rstrip(" ,;:.-–—") + "…"


def fill(text: str, width: int = 72) -> str:
    """Wrapped at `width` columns; long words (URLs) stay whole. LF only; empty stays empty."""
    return "\n".join(
        textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]
    )
