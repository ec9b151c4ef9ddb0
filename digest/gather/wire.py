"""Where a wire story shows its place and its agency: date line, credit line, byline. Pure.

English and French, as Canadian newsrooms print them. Not covered: date lines in small letters
without an agency ("Paris - "), which can't be told from a sentence.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple


class Agency(NamedTuple):
    """A news agency: as credited, and the other ways it is named or signs a date line."""

    name: str
    aliases: tuple[str, ...]


AGENCIES = (
    Agency("The Canadian Press", ("Canadian Press", "CP")),
    Agency("La Presse Canadienne", ("Presse Canadienne", "La Presse canadienne", "PC")),
    Agency("The Associated Press", ("Associated Press", "AP", "AP News")),
    Agency("Agence France-Presse", ("AFP", "AFP News", "L'Agence France-Presse")),
    Agency("Reuters", ("Thomson Reuters", "Reuters News")),
    Agency("Local Journalism Initiative", ("LJI", "Local Journalism Initiative Reporter")),
    Agency("Bloomberg", ("Bloomberg News",)),
    Agency("Press Association", ("PA Media", "PA", "The Press Association")),
    Agency("dpa", ("Deutsche Presse-Agentur",)),
    Agency("Xinhua", ("Xinhua News Agency",)),
    Agency("EFE", ("Agencia EFE",)),
    Agency("ANSA", ()),
    Agency("Postmedia News", ("Postmedia",)),
    Agency("CNW", ("CNW Telbec", "Canada NewsWire", "CNW Group")),
    Agency("GlobeNewswire", ("Globe Newswire",)),
    Agency("Business Wire", ()),
)

# Words in capitals before a dash that are labels, not places.
LABELS = frozenset({
    "BREAKING", "UPDATE", "UPDATED", "UPDATES", "WATCH", "LISTEN", "VIDEO", "PHOTOS", "PHOTO",
    "GALLERY", "LIVE", "OPINION", "EDITORIAL", "COLUMN", "ANALYSIS", "EXCLUSIVE", "CORRECTION",
    "NOTE", "ALERT", "WARNING", "REVIEW", "INTERVIEW", "READ", "MORE", "URGENT", "DEVELOPING",
    "SPONSORED", "NOW", "TODAY", "TOP", "JUST", "IN", "COVID", "MISE", "À", "JOUR",
    "VIDÉO", "ÉCOUTEZ", "EXCLUSIF", "EXCLUSIVITÉ", "DIRECT", "CHRONIQUE", "ANALYSE",
})  # fmt: skip
_MONTH = (
    r"(?:jan|f[eé]b|f[eé]v|mar|apr|avr|may|mai|jun|juin|jul|juil|aug|ao[uû]t|sept?|oct|nov|d[eé]c)"
)
_DAY = rf"(?:,?\s+(?i:{_MONTH})[\w.]*\s+\d{{1,2}}|,?\s+\d{{1,2}}(?:er)?\s+(?i:{_MONTH})[\w.]*)?"
_UPPER = "A-ZÀ-ÖØ-Þ"
_PROVINCE = rf"(?:,\s+[{_UPPER}](?:[^\W\d]|[.'’ -]){{1,24}}?)?"
_DASH = r"\s*(?:—|–|--|\s-|-\s)\s*(?=\S)"
_SHOUTED = re.compile(
    rf"(?P<place>[{_UPPER}][{_UPPER}.'’ -]{{1,38}}[{_UPPER}.]{_PROVINCE}){_DAY}"
    rf"(?:\s*\((?P<agency>[^()]{{2,40}})\))?{_DASH}"
)
_SIGNED = re.compile(
    rf"(?P<place>[{_UPPER}][\w.'’ -]{{1,38}}{_PROVINCE}){_DAY}"
    rf"\s*\((?P<agency>[^()]{{2,40}})\){_DASH}"
)
_CREDIT_LINES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^this (?:report|story|article|item) (?:by|from) (?P<agency>.{2,60}?) was "
        r"(?:first|originally) published\b.{0,60}$",
        r"^(?:ce|cette|cet) (?:rapport|texte|dépêche|article|reportage|nouvelle|contenu) "
        r"(?:de|d['’])\s*(?P<agency>.{2,60}?) a (?:d['’]abord )?(?:été|ete) "
        r"(?:(?:initialement|d['’]abord|originalement) )?publiée?\b.{0,80}$",
        r"^(?:©|\(c\)|copyright)\s*(?:©|\(c\))?\s*(?:\d{4},?)?\s*(?P<agency>.{2,60}?)"
        r"(?:[.,]\s*(?:all rights reserved|tous droits réservés).{0,120})?\.?$",
        r"^[—–-]?\s*(?P<agency>[^.]{2,60}?)\.?$",
    )
)
_RUN_IN = re.compile(r"(?i)(?<=[.!?»”\"])\s+(?=this report by |ce \w+ de |cette dépêche de )")
MAX_CREDIT_CHARS = 240


@dataclass(frozen=True, slots=True)
class WireText:
    """A text taken apart; what was not there is ""."""

    paragraphs: tuple[str, ...]
    dateline: str = ""
    credit: str = ""


def find_agency(name: str) -> str | None:
    """The agency's full name for any of its names, else None."""
    return _NAMES.get(_folded(name))


def take_apart(paragraphs: tuple[str, ...]) -> WireText:
    """Take the date line out of the first paragraph and the credit line off the end."""
    rest, credit = _without_credit(paragraphs)
    if not rest:
        return WireText((), credit=credit)
    place, agency, lede = split_dateline(rest[0])
    kept = (lede, *rest[1:]) if lede else rest[1:]
    return WireText(kept, dateline=place, credit=credit or agency)


def split_dateline(text: str) -> tuple[str, str, str]:
    """(place, agency, rest): "HALIFAX, N.S. (CP) — Rain." is ("HALIFAX, N.S.",
    "The Canadian Press", "Rain."); ("", "", text) where no date line opens it."""
    for pattern in (_SHOUTED, _SIGNED):
        match = pattern.match(text)
        if match is None or not _is_place(match["place"]):
            continue
        agency = find_agency(match["agency"] or "")
        if agency is None and (match["agency"] or pattern is _SIGNED):
            continue
        return match["place"].strip(), agency or "", text[match.end() :].strip()
    return "", "", text


def credit_from_byline(byline: str) -> str:
    """The agency that a byline names, alone or after a comma or "of"; else ""."""
    for part in re.split(r"\s*(?:,|;|\||/| - | – | — | of the | of | for | de )\s*", byline):
        if (agency := find_agency(part)) is not None:
            return agency
    return find_agency(byline) or ""


def _without_credit(paragraphs: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """Look at the last two paragraphs: a copyright line may follow the credit."""
    kept, credit = list(paragraphs), ""
    for _ in range(2):
        found = _credit_of(kept[-1]) if kept else None
        if found is None:
            break
        credit = found
        kept.pop()
    if credit or not kept:
        return tuple(kept), credit
    return _credit_at_end_of_line(kept)


def _credit_of(line: str) -> str | None:
    if len(line) > MAX_CREDIT_CHARS:
        return None
    for pattern in _CREDIT_LINES:
        match = pattern.match(line)
        if match and (agency := find_agency(match["agency"])) is not None:
            return agency
    return None


def _credit_at_end_of_line(kept: list[str]) -> tuple[tuple[str, ...], str]:
    """Feeds without paragraphs run the credit into the last sentence."""
    match = re.search(
        r"(?i)(?<=[.!?»”\"]) (?:this report by|ce \w+ de|cette dépêche de) ", kept[-1]
    )
    if match and (agency := _credit_of(kept[-1][match.end() - len(match[0].lstrip()) :])):
        return (*kept[:-1], kept[-1][: match.start()].rstrip()), agency
    return tuple(kept), ""


def _is_place(text: str) -> bool:
    words = re.findall(r"[^\W\d_]+", text)
    return sum(map(len, words)) >= 4 and not any(word in LABELS for word in words)


def _folded(name: str) -> str:
    name = name.strip().strip(".").replace("’", "'").casefold()
    for article in ("by ", "par ", "the ", "la ", "l'"):
        name = name.removeprefix(article)
    return name


_NAMES = {
    _folded(alias): agency.name for agency in AGENCIES for alias in (agency.name, *agency.aliases)
}
