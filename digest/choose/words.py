"""Headlines and ledes as bags of comparable words, English and French. Pure.

Accents, case, punctuation, plural endings and words that carry no news are dropped, so that
"Ferries delayed: harbour ice" and "Ferry delayed by harbour ice" share all that matters.
"""

import re
import unicodedata

WORD = re.compile(r"[a-z0-9]+")
# Words that say nothing about what happened.
STOP_WORDS = frozenset(
    """
    a about after again all also an and are as at be been before being but by can could did do
    does for from had has have he her here his how i if in into is it its just may more most new
    no not now of off on one or our out over said say she should so some than that the their them
    then there these they this those to today tonight too under until up update updated us was we
    were what when where which while who will with would you your
    au aux avec ce ces cette dans de des du elle en est et il la le les leur leurs mais mise jour
    ne nos notre nous on ont ou par pas plus pour qui que sa se ses son sont sur un une vos vous
    """.split()  # noqa: SIM905 - a list of literals would fill a page
)


def words_of(text: str) -> tuple[str, ...]:
    """The words that matter, in order, each as often as it stands; () for none."""
    plain = _without_accents(text.casefold()).replace("\u2019", "'").replace("'s ", " ")
    return tuple(
        _stem(word) for word in WORD.findall(plain) if word not in STOP_WORDS and len(word) > 1
    )


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    folded = unicodedata.normalize("NFKD", text)
    return "".join(char for char in folded if not unicodedata.combining(char))


def _stem(word: str) -> str:
    if len(word) < 4 or not word.endswith("s") or word.endswith("ss"):
        return word
    if word.endswith("ies"):
        return word.removesuffix("ies") + "y"
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word.removesuffix("es")
    return word.removesuffix("s")
