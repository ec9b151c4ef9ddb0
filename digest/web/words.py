"""The words of readers' pages, in the languages they speak. Pure.

A publication's language picks the catalogue, as in the mail (compose/words.py): what is not here
reads English. Braces are filled by the templates.
"""

from dataclasses import dataclass

from digest.compose.words import primary
from digest.web import choice_words
from digest.web.choice_words import ChoiceWords

# What a reader may choose, by primary subtag, each called as it calls itself.
LANGUAGES = {"en": "English", "fr": "Français"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What an error page says: what happened, and what the reader can do."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class PageWords:
    """One language. `troubles` by HTTP status; 0 is for every other one."""

    leave_title: str
    leave_text: str
    leave_button: str
    leave_note: str
    left_title: str
    left_text: str
    left_text_unknown: str
    left_way: str
    left_back: str
    left_plain: str
    topics_stop: str
    editions_title: str
    editions_none: str
    editions_text: str
    editions_back: str
    editions_months: str
    editions_feed: str
    reach: str
    choose: ChoiceWords
    link_cut: Trouble
    troubles: dict[int, Trouble]

    def trouble(self, status: int) -> Trouble:
        """What to say for an HTTP status."""
        return self.troubles.get(status, self.troubles[0])


ENGLISH = PageWords(
    leave_title="Unsubscribe from {title}?",
    leave_text="We send it to {address}. Press the button and it stops.",
    leave_button="Unsubscribe",
    leave_note="Nothing changes until you press it.",
    left_title="You are unsubscribed",
    left_text="{address} will get no more mail of {title}.",
    left_text_unknown="You will get no more mail of {title}.",
    left_way="A copy that was already on its way may still arrive.",
    left_back="Not what you wanted? Tell us, and we will put you back:",
    left_plain="You are unsubscribed.",
    topics_stop="Or stop it altogether:",
    editions_title="All editions",
    editions_none="No edition has been sent yet.",
    editions_text="Every edition of {title}, as it was sent.",
    editions_back="Latest editions",
    editions_months="By month",
    editions_feed="RSS feed",
    reach="Reach us:",
    choose=choice_words.ENGLISH,
    link_cut=Trouble(
        "This link is not complete",
        "Part of it may have been lost in the mail. Go back to the mail and press the link there, "
        "or tell us what you wanted and we will do it for you.",
    ),
    troubles={
        404: Trouble("There is no such page", "The link may be old, or part of it missing."),
        405: Trouble("That does not work here", "Go back to the mail and press the link there."),
        413: Trouble("That was too much at once", "Nothing was changed."),
        503: Trouble("One moment, please", "We are busy just now. Try again in a minute."),
        0: Trouble("Something went wrong on our side", "Try again in a few minutes."),
    },
)

FRENCH = PageWords(
    leave_title="Se désabonner de {title}\u00a0?",
    leave_text="Nous l’envoyons à {address}. Appuyez sur le bouton et l’envoi cesse.",
    leave_button="Se désabonner",
    leave_note="Rien ne change tant que vous n’appuyez pas.",
    left_title="Le désabonnement est fait",
    left_text="{address} ne recevra plus {title}.",
    left_text_unknown="Vous ne recevrez plus {title}.",
    left_way="Un envoi déjà en route peut encore arriver.",
    left_back="C’était une erreur\u00a0? Dites-le-nous et nous vous réabonnerons\u00a0:",
    left_plain="Le désabonnement est fait.",
    topics_stop="Ou tout arrêter\u00a0:",
    editions_title="Tous les numéros",
    editions_none="Aucun numéro n’a encore été envoyé.",
    editions_text="{title}, tous les numéros tels qu’ils ont été envoyés.",
    editions_back="Derniers numéros",
    editions_months="Par mois",
    editions_feed="Fil RSS",
    reach="Nous joindre\u00a0:",
    choose=choice_words.FRENCH,
    link_cut=Trouble(
        "Ce lien n’est pas complet",
        "Une partie s’est peut-être perdue dans le courriel. Retournez au courriel et suivez le "
        "lien, ou dites-nous ce que vous vouliez et nous le ferons pour vous.",
    ),
    troubles={
        404: Trouble("Cette page n’existe pas", "Le lien est peut-être ancien ou incomplet."),
        405: Trouble("Cela ne marche pas ici", "Retournez au courriel et suivez le lien."),
        413: Trouble("C’était trop à la fois", "Rien n’a été changé."),
        503: Trouble("Un instant", "Nous sommes occupés. Réessayez dans une minute."),
        0: Trouble("Un problème de notre côté", "Réessayez dans quelques minutes."),
    },
)


def page_words_for(language: str | None) -> PageWords:
    """The catalogue of an RFC 5646 tag; English where there is none."""
    return FRENCH if primary(language) == "fr" else ENGLISH
