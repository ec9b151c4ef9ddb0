"""The words of the wrap itself, in the languages it speaks. Pure.

A publication's language is an RFC 5646 tag ("en-CA"); its primary subtag picks the catalogue and
whatever is not here reads English.
"""

from dataclasses import dataclass
from datetime import time

_NOON, _EVENING = time(12), time(17)


@dataclass(frozen=True, slots=True)
class Greeting:
    """How a reader is greeted: by name, where "{name}" stands, or without one."""

    named: str
    nameless: str

    def to(self, name: str) -> str:
        """ "Good evening, Ada." or "Good evening." """
        return self.named.replace("{name}", name) if name else self.nameless


@dataclass(frozen=True, slots=True)
class Words:
    """One language. Braces are filled by the methods; months and weekdays start at
    January and Monday."""

    language: str
    read_full: str
    read_more_at: str
    also: str
    in_this: str
    updated: str
    by: str
    credit: str
    sent_to: str
    why: str
    unsubscribe: str
    preferences: str
    view: str
    contact: str
    colon: str
    morning: str
    afternoon: str
    evening: str
    months: tuple[str, ...]
    short_months: tuple[str, ...]
    weekdays: tuple[str, ...]

    def signed(self, name: str) -> str:
        """The byline as printed; a feed's own "By " is not doubled."""
        is_signed = name.lower().startswith((f"{self.by.lower()} ", "by "))
        return name if is_signed else f"{self.by} {name}"


ENGLISH = Words(
    language="en",
    read_full="Read the full story",
    read_more_at="Read more at {source}",
    also="Also reported by",
    in_this="In this wrap",
    updated="updated {time}",
    by="By",
    credit="This report by {agency} was first published {day}.",
    sent_to="This wrap was sent to",
    why="You receive it because you signed up for {title}.",
    unsubscribe="Unsubscribe",
    preferences="Your topics",
    view="View in browser",
    contact="Contact",
    colon=":",
    morning="Good morning",
    afternoon="Good afternoon",
    evening="Good evening",
    months=(
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ),
    short_months=(
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ),
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
)  # fmt: skip

FRENCH = Words(
    language="fr",
    read_full="Lire l’article complet",
    read_more_at="Lire la suite sur {source}",
    also="Aussi couvert par",
    in_this="Dans ce bulletin",
    updated="mis à jour à {time}",
    by="Par",
    credit="Ce texte de {agency} a d’abord été publié le {day}.",
    sent_to="Ce bulletin a été envoyé à",
    why="Vous le recevez parce que vous vous êtes inscrit à {title}.",
    unsubscribe="Se désabonner",
    preferences="Vos sujets",
    view="Voir dans le navigateur",
    contact="Nous joindre",
    colon="\u00a0:",
    morning="Bonjour",
    afternoon="Bonjour",
    evening="Bonsoir",
    months=(
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
        "octobre", "novembre", "décembre",
    ),
    short_months=(
        "janv.", "févr.", "mars", "avr.", "mai", "juin", "juill.", "août", "sept.", "oct.",
        "nov.", "déc.",
    ),
    weekdays=("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
)  # fmt: skip


def words_for(language: str | None) -> Words:
    """The catalogue of an RFC 5646 tag; English where there is none."""
    return FRENCH if primary(language) == "fr" else ENGLISH


def greeting_of(words: Words, at: time) -> Greeting:
    """The greeting of a mail that goes out at this local time."""
    hello = words.morning if at < _NOON else words.afternoon if at < _EVENING else words.evening
    return Greeting(named=f"{hello}, {{name}}.", nameless=f"{hello}.")


def primary(language: str | None) -> str:
    """The primary subtag, lower case: "fr-CA" -> "fr"; "" for None."""
    return (language or "").replace("_", "-").split("-")[0].lower()
