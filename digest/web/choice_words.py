"""The words of the preferences and goodbye pages, in the languages they speak. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChoiceWords:
    """One language. `problems` by subscribe.choices.Problem's value, `frequencies` by Frequency's,
    `reasons` by what is kept of a goodbye; braces are filled by the pages."""

    title: str
    text: str
    topics: str
    topics_note: str
    often: str
    frequencies: dict[str, str]
    pause: str
    pauses: dict[str, str]
    pause_date: str
    name: str
    language: str
    language_note: str
    language_own: str
    save: str
    saved: str
    saved_pause: str
    saved_topics: str
    saved_all: str
    back: str
    not_saved: str
    problems: dict[str, str]
    left_again: str
    left_again_button: str
    left_reason: str
    reasons: dict[str, str]
    left_reason_more: str
    left_reason_button: str
    left_thanks: str


ENGLISH = ChoiceWords(
    title="Your choices",
    text="This is how {address} gets {title}. Change what you like, then save.",
    topics="Topics",
    topics_note="The top story of the day always comes.",
    often="How often",
    frequencies={
        "nightly": "Every night",
        "weekdays": "Monday to Friday",
        "weekend": "Weekend roundup: one mail a week, on {day}",
        "big_news": "Only big news: when many newsrooms report the top story",
    },
    pause="Take a break",
    pauses={
        "none": "No break",
        "1": "1 week",
        "2": "2 weeks",
        "4": "4 weeks",
        "until": "Begin again on the day below",
    },
    pause_date="Begin again on",
    name="Your name",
    language="Language of these pages",
    language_note="The stories come in the language they were written in.",
    language_own="As the newsroom has it",
    save="Save",
    saved="Saved. This is what you get now:",
    saved_pause="Nothing until {date}; then it comes again by itself.",
    saved_topics="The top story, and {topics}",
    saved_all="All topics",
    back="You are subscribed again. This is what you get now:",
    not_saved="Nothing was saved yet:",
    problems={
        "no form": "The form did not arrive whole. Please fill it in again.",
        "no topic": "Tick at least one topic. If you want no more mail at all, there is a button "
        "for that at the end of this page.",
        "no frequency": "Choose how often the mail is to come.",
        "no date": "Give the day on which it is to begin again as year-month-day, such as "
        "{example}.",
        "date over": "The day on which it is to begin again must be after today.",
        "date far": "A break lasts a year at most.",
    },
    left_again="Not what you wanted? One click, and it comes again as before.",
    left_again_button="Subscribe again",
    left_reason="Would you tell us why? It helps us; you don’t have to.",
    reasons={
        "too often": "It came too often",
        "not for me": "It was not what I care about",
        "never asked": "I never signed up",
        "other": "Something else",
    },
    left_reason_more="In your own words",
    left_reason_button="Send",
    left_thanks="Thank you for telling us.",
)

FRENCH = ChoiceWords(
    title="Vos choix",
    text="Voici comment {address} reçoit {title}. Changez ce que vous voulez, puis enregistrez.",
    topics="Sujets",
    topics_note="La nouvelle du jour vient toujours.",
    often="À quelle fréquence",
    frequencies={
        "nightly": "Chaque soir",
        "weekdays": "Du lundi au vendredi",
        "weekend": "Le rendez-vous du week-end\u00a0: un envoi par semaine, le {day}",
        "big_news": "Seulement les grandes nouvelles\u00a0: quand bien des rédactions rapportent "
        "la nouvelle du jour",
    },
    pause="Faire une pause",
    pauses={
        "none": "Pas de pause",
        "1": "1 semaine",
        "2": "2 semaines",
        "4": "4 semaines",
        "until": "Reprendre le jour ci-dessous",
    },
    pause_date="Reprendre le",
    name="Votre nom",
    language="Langue de ces pages",
    language_note="Les nouvelles viennent dans la langue où elles ont été écrites.",
    language_own="Celle de la rédaction",
    save="Enregistrer",
    saved="C’est enregistré. Voici ce que vous recevez maintenant\u00a0:",
    saved_pause="Rien jusqu’au {date}\u00a0; puis l’envoi reprend de lui-même.",
    saved_topics="La nouvelle du jour, et {topics}",
    saved_all="Tous les sujets",
    back="L’abonnement reprend. Voici ce que vous recevez maintenant\u00a0:",
    not_saved="Rien n’est encore enregistré\u00a0:",
    problems={
        "no form": "Le formulaire n’est pas arrivé entier. Remplissez-le de nouveau.",
        "no topic": "Cochez au moins un sujet. Si vous ne voulez plus aucun envoi, il y a un "
        "bouton pour cela à la fin de cette page.",
        "no frequency": "Choisissez à quelle fréquence l’envoi doit venir.",
        "no date": "Donnez le jour de la reprise en année-mois-jour, par exemple {example}.",
        "date over": "Le jour de la reprise doit venir après aujourd’hui.",
        "date far": "Une pause dure un an au plus.",
    },
    left_again="C’était une erreur\u00a0? Un clic, et l’envoi reprend comme avant.",
    left_again_button="Se réabonner",
    left_reason="Nous direz-vous pourquoi\u00a0? Cela nous aide\u00a0; rien ne vous y oblige.",
    reasons={
        "too often": "C’était trop souvent",
        "not for me": "Ce n’était pas ce qui m’intéresse",
        "never asked": "Je ne l’ai jamais demandé",
        "other": "Autre chose",
    },
    left_reason_more="Dans vos mots",
    left_reason_button="Envoyer",
    left_thanks="Merci de nous l’avoir dit.",
)
