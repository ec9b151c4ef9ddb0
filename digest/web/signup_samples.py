"""What the pages by which readers come are tried with before a reader depends on them. Pure."""

from collections.abc import Mapping
from types import SimpleNamespace

from digest.web.signup_words import ENGLISH, Wording

_FIELDS = SimpleNamespace(address="ada@readers.example", name="Ada", page="")
_FORM = {
    "say": ENGLISH,
    "fields": _FIELDS,
    "wording": Wording(ENGLISH.consent, "en-0"),
    "stamp": "stamp",
}
SIGNUP_SAMPLES: Mapping[str, Mapping[str, object]] = {
    "banner": _FORM,
    "subscribe": {
        **_FORM,
        "topics": tuple(
            SimpleNamespace(slug=slug, title=slug, is_chosen=is_chosen)
            for slug, is_chosen in (("news", False), ("sports", True))
        ),
        "is_again": False,
        "is_bad": True,
    },
    "subscribe_asked": {"say": ENGLISH, "address": "ada@readers.example"},
    "confirm": {"say": ENGLISH, "address": "a…@readers.example"},
    "confirm_spent": {"say": ENGLISH, "subscribe_href": "../wrap/subscribe"},
    "welcome": {
        "say": ENGLISH,
        "address": "a…@readers.example",
        "latest": SimpleNamespace(href="../wrap/2026-01-02", subject="A subject"),
        "preferences_href": "../p/token",
    },
}
