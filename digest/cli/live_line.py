"""How far an edition under way is: a line for people, numbers for programs. I/O: none by itself."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from digest.cli.reply_words import reply_words

if TYPE_CHECKING:
    from digest.store.live import Live

MAX_SAID = 100  # characters shown of the relay's words


def live_as_json(live: "Live") -> dict[str, Any]:
    """For `--json`, and for live_line()."""
    slow = live.slowest
    return {
        "n_left": live.n_left,
        "rate_per_s": round(live.rate_per_s, 1),
        "left_s": None if live.left_s is None else round(live.left_s),
        "n_uncertain": live.n_uncertain,
        "n_on_the_way": live.n_on_the_way,
        "slowest": None
        if slow is None
        else {
            "domain": slow.domain,
            "n_deferred": slow.n_deferred,
            "reply": reply_words(slow.code, slow.enhanced, slow.reply),
        },
    }


def live_line(live: Mapping[str, Any], *, n_total: int, counts: Mapping[str, int]) -> str:
    """ "12,345 of 50,000 sent, 1,900/s, 20 s left; 3 uncertain, 2 held; slowest gmail.com: ..." of
    what live_as_json() gave; what there is none of is left out."""
    moves = [f"{counts.get('sent', 0):,} of {n_total:,} sent"]
    if live["rate_per_s"]:
        moves += [f"{live['rate_per_s']:,.0f}/s", f"{time_words(live['left_s'])} left"]
    doubts = [
        f"{n:,} {what}"
        for n, what in (
            (live["n_uncertain"], "uncertain"),
            (counts.get("held", 0), "held"),
            (live["n_on_the_way"], "on the way"),
        )
        if n
    ]
    parts = [", ".join(moves), ", ".join(doubts), _slowest(live["slowest"])]
    return "; ".join(part for part in parts if part)


def time_words(seconds: float) -> str:
    """ "20 s", "12 min", "3 h 5 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    if hours == 0 or (hours == 1 and minutes < 30):
        return f"{hours * 60 + minutes} min"
    return f"{hours} h {minutes} min"


def _slowest(slow: Mapping[str, Any] | None) -> str:
    if slow is None:
        return ""
    said = slow["reply"]
    if len(said) > MAX_SAID:
        said = said[: MAX_SAID - 1].rstrip() + "…"
    why = f" ({said})" if said else ""
    return f"slowest {slow['domain']}: {slow['n_deferred']:,} deferred{why}"
