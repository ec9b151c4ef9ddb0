"""One raw item to an Entry: cleaned, absolute, capped, its wire marks taken apart. Pure."""

import re
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256

from digest.gather.clean import Cleaned, clean, clean_line, one_line, shorten
from digest.gather.dates import first_readable
from digest.gather.images import pick_image
from digest.gather.links import absolute_url, canonical_url
from digest.gather.raw import Markup, RawEntry, RawImage
from digest.gather.wire import credit_from_byline, take_apart
from digest.model.feeds import Entry

MAX_TITLE_CHARS = 300
MAX_LEDE_CHARS = 600
MAX_KEY_CHARS = 500
MAX_BYLINE_CHARS = 120
MAX_DATELINE_CHARS = 60
MAX_CATEGORIES = 20
MAX_CATEGORY_CHARS = 80
FALLBACK_TITLE_CHARS = 80

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
_ADDRESS = re.compile(r"<?\S+@\S+\.\S+>?")
_CUT_OFF = re.compile(
    r"\s*(?:\[\s*(?:…|\.{3,})\s*\]|(?:Continue reading|Read more|Lire la suite)\b.{0,200})$"
)
_APPEARED = re.compile(
    r"\s*(?:The post .{1,400} (?:appeared first on|first appeared on) .{1,200}"
    r"|L[’']article .{1,400} est apparu en premier sur .{1,200})$"
)
_LONE_LINK = re.compile(r"\s*<a\s[^>]*>[^<]{0,40}</a>\s*", re.IGNORECASE)  # "Comments"
# A title that is an entity nobody has declared ("&j;") and nothing else.
_UNRESOLVED = re.compile(r"^(?:&#?\w{1,40};\s*)+$")
_BY = re.compile(r"^(?:by|par)\s+(?=\S)", re.IGNORECASE)


def make_entry(raw: RawEntry, *, feed: str, base: str) -> Entry | None:
    """The entry, or None where there is neither title nor text to show a reader.

    Lede: the summary, unless it is missing or cut off and the content says more. A missing title
    is the lede's first words. `base` is what relative links hang from; pictures in a text hang
    from its own base, else from the entry's link.
    """
    summary = Cleaned() if _LONE_LINK.fullmatch(raw.summary.text) else clean(raw.summary)
    content = clean(raw.content)
    told, content_told = _tidied(summary), _tidied(content)
    wire = take_apart(told if told and not _is_cut_off(summary, content) else content_told)
    byline = _byline(raw.authors)
    credit = wire.credit or take_apart(content_told).credit or credit_from_byline(byline)
    lede = shorten(" ".join(wire.paragraphs), MAX_LEDE_CHARS, at_sentence=True)
    title = shorten(_UNRESOLVED.sub("", clean_line(raw.title)), MAX_TITLE_CHARS)
    title = title or shorten(lede, FALLBACK_TITLE_CHARS, at_sentence=True)
    if not title:
        return None
    url = absolute_url(raw.link, base) if raw.link.strip() else _permalink(raw.guid)
    published, updated = first_readable(raw.published), first_readable(raw.updated)
    published = published or updated
    return Entry(
        feed=feed,
        key=_key(raw.guid, url, title),
        title=title,
        url=url,
        lede=lede,
        byline=byline,
        dateline=shorten(wire.dateline, MAX_DATELINE_CHARS),
        credit=credit,
        categories=_categories(raw.categories),
        image=pick_image((*raw.images, *_based(content, url), *_based(summary, url)), base=base),
        published_at=published,
        updated_at=updated if updated and published and updated > published else None,
        language=_language(raw.language),
    )


def without_duplicates(entries: Iterable[Entry]) -> tuple[tuple[Entry, ...], int]:
    """One entry per key, the newest (ties: the first), where the first of them stood; and how
    many were left out."""
    kept: dict[str, Entry] = {}
    n_left_out = 0
    for entry in entries:
        other = kept.get(entry.key)
        n_left_out += other is not None
        if other is None or _age_rank(entry) > _age_rank(other):
            kept[entry.key] = entry
    return tuple(kept.values()), n_left_out


def _age_rank(entry: Entry) -> float:
    newest = entry.updated_at or entry.published_at
    return newest.timestamp() if newest else float("-inf")


def _tidied(text: Cleaned) -> tuple[str, ...]:
    """The paragraphs without what blog software adds at their end."""
    kept = (_ended(_APPEARED.sub("", line)) for line in text.paragraphs)
    return tuple(line for line in kept if line)


def _ended(line: str) -> str:
    """The line with an ellipsis where it was cut off, unless that was after a sentence."""
    rest = _CUT_OFF.sub("", line)
    return rest if rest == line or not rest or rest[-1] in ".!?»”" else rest + "…"


def _is_cut_off(summary: Cleaned, content: Cleaned) -> bool:
    ending = _APPEARED.sub("", summary.text)
    is_open = ending.endswith(("…", "...")) or _CUT_OFF.search(ending) is not None
    return is_open and len(content.text) > len(ending)


def _key(guid: str, url: str | None, title: str) -> str:
    """Ids are compared character by character (RFC 4287 section 4.2.6), so not normalised."""
    guid = one_line(guid)
    if not guid:
        return url or "title:" + sha256(title.encode()).hexdigest()
    if len(guid) > MAX_KEY_CHARS:
        return "guid:" + sha256(guid.encode()).hexdigest()
    return guid


def _permalink(guid: str) -> str | None:
    """An id that is an address may serve as the missing link."""
    return canonical_url(guid.strip())


def _based(text: Cleaned, url: str | None) -> tuple[RawImage, ...]:
    return tuple(replace(image, base=image.base or url or "") for image in text.images)


def _byline(authors: Iterable[str]) -> str:
    """Names joined by commas; mail addresses are not printed."""
    names = (_BY.sub("", clean_line(Markup(_ADDRESS.sub("", name[:500])))) for name in authors)
    told = dict.fromkeys(name.strip(" ,;()") for name in names)
    return shorten(", ".join(name for name in told if name), MAX_BYLINE_CHARS)


def _categories(names: Iterable[str]) -> tuple[str, ...]:
    """In the feed's order, each once whatever its case."""
    told = [shorten(clean_line(Markup(name)), MAX_CATEGORY_CHARS) for name in names]
    once = {name.casefold(): name for name in reversed(told) if name}
    return tuple(dict.fromkeys(once[name.casefold()] for name in told if name))[:MAX_CATEGORIES]


def _language(tag: str) -> str | None:
    tag = tag.strip().replace("_", "-")
    return tag if _LANGUAGE.fullmatch(tag) and len(tag) <= 35 else None
