"""The words of letters, the mails to one reader, in the languages they speak. Pure.

A letter to confirm says who asks for what and how to answer, and promotes nothing: it is itself a
commercial message under CASL section 1 (3). Braces are filled by the templates.
"""

from dataclasses import dataclass

from digest.compose.words import primary


@dataclass(frozen=True, slots=True)
class LetterWords:
    """One language; `subjects` by the value of LetterKind."""

    language: str
    subjects: dict[str, str]
    confirm_title: str
    confirm_asked: str
    confirm_press: str
    confirm_button: str
    confirm_lives: str
    confirm_ignore: str
    already_title: str
    already_text: str
    already_ignore: str
    welcome_title: str
    welcome_text: str
    welcome_latest: str
    welcome_none: str
    preferences: str
    unsubscribe: str
    sent_to: str
    reach: str
    colon: str


ENGLISH = LetterWords(
    language="en",
    subjects={
        "confirm": "Please confirm: {title}",
        "already": "You are subscribed to {title} already",
        "welcome": "Welcome to {title}",
    },
    confirm_title="Please confirm your subscription",
    confirm_asked="Somebody, we hope you, has asked for {title} to be sent to {address}.",
    confirm_press="If it was you, press this and then the button on the page that opens:",
    confirm_button="Confirm my subscription",
    confirm_lives="The link works for 72 hours.",
    confirm_ignore="If it was not you, do nothing: you will not be subscribed.",
    already_title="You are subscribed already",
    already_text="Somebody, we hope you, has asked for {title} to be sent to {address}. "
    "It is sent there already, so nothing was changed.",
    already_ignore="If it was not you, there is nothing you need to do.",
    welcome_title="You are subscribed",
    welcome_text="{title} comes to {address} from the next edition on.",
    welcome_latest="Read the latest one now:",
    welcome_none="The first one is on its way.",
    preferences="Choose topics, or how often it comes",
    unsubscribe="Unsubscribe",
    sent_to="This mail was sent to {address}.",
    reach="Contact",
    colon=":",
)

FRENCH = LetterWords(
    language="fr",
    subjects={
        "confirm": "À confirmer, s’il vous plaît\u00a0: {title}",
        "already": "Vous êtes déjà abonné à {title}",
        "welcome": "Bienvenue à {title}",
    },
    confirm_title="Confirmez votre abonnement",
    confirm_asked="Quelqu’un, vous sans doute, a demandé que {title} soit envoyé à {address}.",
    confirm_press="Si c’était vous, suivez ce lien, puis appuyez sur le bouton de la page\u00a0:",
    confirm_button="Confirmer mon abonnement",
    confirm_lives="Le lien est valable 72 heures.",
    confirm_ignore="Si ce n’était pas vous, ne faites rien\u00a0: vous ne serez pas abonné.",
    already_title="Vous êtes déjà abonné",
    already_text="Quelqu’un, vous sans doute, a demandé que {title} soit envoyé à {address}. "
    "Il y est déjà envoyé\u00a0: rien n’a été changé.",
    already_ignore="Si ce n’était pas vous, vous n’avez rien à faire.",
    welcome_title="L’abonnement est fait",
    welcome_text="{title} arrivera à {address} dès le prochain numéro.",
    welcome_latest="Lisez dès maintenant le dernier\u00a0:",
    welcome_none="Le premier arrive bientôt.",
    preferences="Choisir les sujets ou la fréquence",
    unsubscribe="Se désabonner",
    sent_to="Ce courriel a été envoyé à {address}.",
    reach="Nous joindre",
    colon="\u00a0:",
)


def letter_words_for(language: str | None) -> LetterWords:
    """The catalogue of an RFC 5646 tag; English where there is none."""
    return FRENCH if primary(language) == "fr" else ENGLISH
