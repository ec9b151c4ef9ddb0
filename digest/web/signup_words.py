"""The words of the pages by which readers come, and what they agree to. Pure.

Beside words.py, in the same manner: a language picks its catalogue, what is not here reads
English, braces are filled by the templates.
"""

import hashlib
from dataclasses import dataclass, replace

from digest.compose.words import primary
from digest.web.look import Look
from digest.web.words import page_words_for


@dataclass(frozen=True, slots=True)
class SignupWords:
    """One language. `consent` is what a reader agrees to."""

    language: str
    banner_title: str
    banner_text: str
    banner_wrap: str
    form_title: str
    address: str
    address_bad: str
    name: str
    optional: str
    topics: str
    topics_note: str
    consent: str
    empty: str
    button: str
    again_title: str
    again_text: str
    asked_title: str
    asked_text: str
    asked_spam: str
    asked_slow: str
    confirm_title: str
    confirm_text: str
    confirm_button: str
    confirm_note: str
    welcome_title: str
    welcome_text: str
    welcome_latest: str
    welcome_topics: str
    spent_title: str
    spent_text: str
    spent_button: str


ENGLISH = SignupWords(
    language="en",
    banner_title="Stay connected",
    banner_text="Have the stories that matter most delivered every night to your inbox.",
    banner_wrap="Subscribe to our daily local news wrap.",
    form_title="Subscribe to {title}",
    address="Your address for mail",
    address_bad="This is not a mail address that we can send to. Look at it again, please.",
    name="Your name",
    optional="(optional)",
    topics="What you want to read",
    topics_note="Choose some, or none to get everything.",
    consent="By subscribing you ask {sender} ({postal}; {contact}) to send you {title}, its wrap "
    "of local news, by mail on every night that it is published. You can leave at any time, with "
    "one click in every mail.",
    empty="Leave this field empty",
    button="Subscribe",
    again_title="One more press",
    again_text="Please look at what is written here, and press the button.",
    asked_title="Now look into your mail",
    asked_text="If {address} can be subscribed, a mail is on its way to it. Press the link in it "
    "to confirm: until then you get nothing else from us.",
    asked_spam="Nothing there in a few minutes? Look among the unwanted mail, too.",
    asked_slow="The link works for three days.",
    confirm_title="Confirm your subscription",
    confirm_text="Press the button, and {title} comes to {address}.",
    confirm_button="Confirm my subscription",
    confirm_note="Nothing is sent until you press it.",
    welcome_title="You are subscribed",
    welcome_text="{title} comes to {address} from the next edition on.",
    welcome_latest="Read the latest one now:",
    welcome_topics="Choose topics, or how often it comes",
    spent_title="This link has had its day",
    spent_text="It is older than three days, or you have left since it was sent. "
    "Nothing was changed.",
    spent_button="Ask for a new one",
)

FRENCH = SignupWords(
    language="fr",
    banner_title="Restez au courant",
    banner_text="Recevez chaque soir dans votre boîte les nouvelles qui comptent le plus.",
    banner_wrap="Abonnez-vous à notre bulletin quotidien de nouvelles locales.",
    form_title="S’abonner à {title}",
    address="Votre adresse de courriel",
    address_bad="Nous ne pouvons pas écrire à cette adresse. Vérifiez-la, s’il vous plaît.",
    name="Votre nom",
    optional="(facultatif)",
    topics="Ce que vous voulez lire",
    topics_note="Choisissez des rubriques, ou aucune pour tout recevoir.",
    consent="En vous abonnant, vous demandez à {sender} ({postal}\u00a0; {contact}) de vous "
    "envoyer {title}, son bulletin de nouvelles locales, par courriel chaque soir où il paraît. "
    "Vous pouvez partir à tout moment, d’un seul clic dans chaque envoi.",
    empty="Laissez ce champ vide",
    button="S’abonner",
    again_title="Appuyez encore une fois",
    again_text="Vérifiez ce qui est écrit ici, puis appuyez sur le bouton.",
    asked_title="Regardez maintenant vos courriels",
    asked_text="Si {address} peut être abonnée, un courriel est en route. Suivez-y le lien pour "
    "confirmer\u00a0: d’ici là, vous ne recevrez rien d’autre de nous.",
    asked_spam="Rien après quelques minutes\u00a0? Regardez aussi parmi les indésirables.",
    asked_slow="Le lien est valable trois jours.",
    confirm_title="Confirmer l’abonnement",
    confirm_text="Appuyez sur le bouton, et {title} arrivera à {address}.",
    confirm_button="Confirmer mon abonnement",
    confirm_note="Rien n’est envoyé tant que vous n’appuyez pas.",
    welcome_title="L’abonnement est fait",
    welcome_text="{title} arrivera à {address} dès le prochain numéro.",
    welcome_latest="Lisez dès maintenant le dernier\u00a0:",
    welcome_topics="Choisir les sujets ou la fréquence",
    spent_title="Ce lien n’est plus valable",
    spent_text="Il a plus de trois jours, ou vous vous êtes désabonné depuis. Rien n’a été changé.",
    spent_button="En demander un autre",
)


@dataclass(frozen=True, slots=True)
class Wording:
    """What a reader agrees to; `version` tells its words, names and language apart from others."""

    text: str
    version: str


def signup_words_for(language: str | None) -> SignupWords:
    """The catalogue of an RFC 5646 tag; English where there is none."""
    return FRENCH if primary(language) == "fr" else ENGLISH


def wording_of(look: Look, words: SignupWords) -> Wording:
    """The consent wording of a publication, with who asks and how to reach them (CASL section 10
    (1), SOR/2012-36 section 4)."""
    text = words.consent.format(
        sender=look.sender,
        postal=look.postal_address,
        contact=", ".join(contact.text for contact in look.contacts),
        title=look.title,
    )
    return Wording(text, f"{words.language}-{hashlib.sha256(text.encode()).hexdigest()[:16]}")


def look_in(look: Look, language: str) -> Look:
    """The look in the language that somebody asks for ("en", "fr"); their own for any other."""
    if language not in ("en", "fr") or primary(look.language) == language:
        return look
    return replace(look, language=language, words=page_words_for(language))
