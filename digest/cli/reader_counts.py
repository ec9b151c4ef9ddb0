"""How many readers there are, in words: who gets it, and why the others don't. Pure."""

from collections.abc import Mapping

WORDS = {"by_hand": "kept out by hand"}


def readers_line(counts: Mapping[str, int]) -> str:
    """ "22 get it, 1 bounced" of counts by status (store/subscribers.py); "" for nobody."""
    parts = []
    if n := counts.get("confirmed"):
        parts.append(f"{n:,} get{'s' if n == 1 else ''} it")
    others = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    parts += [f"{n:,} {WORDS.get(status, status)}" for status, n in others if status != "confirmed"]
    return ", ".join(parts)
