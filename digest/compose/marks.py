"""The marks that stand in a body where readers differ: spots for their values, cuts for their
sections and stories. Pure.

They come in two forms. While Jinja writes, a mark is `STX ... ETX`: no word of a feed has controls
(compose/plain.py), and where it stands can still be judged. Then it is sealed: a spot becomes a
word of [A-Za-z0-9], a cut an HTML comment; premailer leaves both alone, also between table rows.
Sealed marks carry a digest of the edition: a feed would have to know the digest of a text that
contains its own to forge one. Each mark has the number of its site: where a template wrote it.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from digest.compose.personal import Personal
from digest.errors import TemplateError
from digest.model.edition import Edition
from digest.model.message import Over, Quoting

NAMES = tuple(field.name for field in fields(Personal))
# What templates call the reader's own.
RESERVED = ("subscriber", "sections", "brief")
# What stands between these is for one reader only and left out of the page all can see.
FENCE, END_FENCE = "<!--personal-->", "<!--/personal-->"
SPOT = "="
# A loop's beginning is the letter of model.message.Over.
ITEM, END = "I", "E"
FIRST, LAST, ANY_SECTION, ANY_BRIEF, OWN = "f", "l", "s", "b", "o"
CONDITIONS = (FIRST, LAST, ANY_SECTION, ANY_BRIEF, OWN)
ELSE, END_IF = "O", "X"
_CUTS = frozenset({*CONDITIONS, ITEM, END, ELSE, END_IF, *(over.value for over in Over)})
CONTROLS = re.compile("[\x02\x03]")
RAW = re.compile("\x02([^\x02\x03]*)\x03")


@dataclass(frozen=True, slots=True)
class Site:
    """Where a template wrote something personal, and what it was."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Mark:
    """`code` is one of the letters above; `value` an item's number, a spot's letter and quoting."""

    code: str
    value: str
    site: int

    @property
    def name(self) -> str:
        """The spot's name."""
        return NAMES["abcdefghij".index(self.value[0])]

    @property
    def quoting(self) -> Quoting:
        """What the spot's value is escaped for."""
        return Quoting(self.value[1])


def raw(code: str, value: str, site: int) -> str:
    """A mark as the marked templates write it."""
    return f"\x02{code}{value}.{site}\x03"


def read_raw(inner: str, sites: Sequence[Site], file: str) -> Mark:
    """What stands between STX and ETX in what `file` wrote. Raises TemplateError where a filter
    got at it."""
    told, _, number = inner.rpartition(".")
    if not number.isdecimal() or int(number) >= len(sites):
        raise TemplateError(
            f"{file}:1: something personal did not come through a filter: apply none to a macro, "
            "block or include that writes it"
        )
    mark, site = Mark(told[:1], told[1:], int(number)), sites[int(number)]
    is_sound = mark.value in NAMES if mark.code == SPOT else mark.code in _CUTS
    if not is_sound:
        raise TemplateError(
            f"{site}: {site.what} did not come through a filter: apply none to a macro, block or "
            "include that writes what is personal"
        )
    return mark


def sealed(mark: Mark, seed: str, quoting: Quoting) -> str:
    """A mark as it goes through premailer and into the store."""
    if mark.code == SPOT:
        return f"spot{seed}{'abcdefghij'[NAMES.index(mark.value)]}{quoting.value}{mark.site:04}"
    return f"<!--cut{seed}{mark.code}{mark.value}.{mark.site}-->"


def seal_text(written: str, seed: str, sites: Sequence[Site], file: str) -> str:
    """A text part with its marks sealed. Raises TemplateError as read_raw() does."""
    return RAW.sub(
        lambda found: sealed(read_raw(found[1], sites, file), seed, Quoting.PLAIN), written
    )


def cut_up(body: str, seed: str) -> Iterator[str | Mark]:
    """A sealed part as texts and marks, in order; no text is empty."""
    pattern = f"(<!--cut{seed}[A-Za-z][0-9]*[.][0-9]+-->|spot{seed}[a-j][a-z][0-9]{{4}})"
    for number, part in enumerate(re.split(pattern, body)):
        if number % 2 == 0:
            if part:
                yield part
        elif part.startswith("spot"):
            told = part.removeprefix(f"spot{seed}")
            yield Mark(SPOT, told[:2], int(told[2:]))
        else:
            told, _, site = part.removeprefix(f"<!--cut{seed}").removesuffix("-->").partition(".")
            yield Mark(told[:1], told[1:], int(site))


def seed_of(edition: Edition) -> str:
    """The digest of everything in an edition that foreign words can be in."""
    parts = [edition.publication, edition.day.isoformat()]
    parts += [section.title for section in edition.sections]
    for story in edition.stories:
        parts += [str(story.id), story.title, story.url or "", story.lede, story.byline]
        parts += [story.dateline, story.credit, story.section, story.language or ""]
        parts += [story.image.url, story.image.alt] if story.image else []
        parts += [source.label + (source.url or "") for source in (story.source, *story.also)]
    told = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(told).hexdigest()[:24]
