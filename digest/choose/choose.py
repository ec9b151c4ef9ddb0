"""The whole stage: the window's entries to the choice of the night. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from digest.choose.match import match
from digest.choose.pick import pick
from digest.choose.rank import Weights, rank
from digest.choose.story import tell
from digest.choose.window import Window
from digest.model.edition import Choice, Story, Verdict
from digest.model.feeds import StoredEntry
from digest.model.newsroom import FeedSource, Publication


@dataclass(frozen=True, slots=True)
class AlreadySent:
    """What earlier editions of the publication had: the recent entries, and all addresses."""

    entries: tuple[StoredEntry, ...] = ()
    entry_ids: frozenset[int] = frozenset()
    urls: frozenset[str] = frozenset()

    def has(self, stored: StoredEntry) -> bool:
        """Whether readers have had this entry, or another entry of the same address."""
        return stored.id in self.entry_ids or stored.entry.url in self.urls


def choose(
    entries: Sequence[StoredEntry],
    publication: Publication,
    feeds: Mapping[str, FeedSource],
    *,
    day: date,
    window: Window,
    sent: AlreadySent,
) -> Choice:
    """Match, tell, rank at the window's cut-off, pick.

    Entries of feeds that are not in `feeds` are left out, and those sent before; what tells of the
    same event as one of those is out, too, with that verdict, after all others. The order of the
    entries does not matter: the same entries give the same choice.
    """
    fresh = [one for one in entries if one.entry.feed in feeds and not sent.has(one)]
    known = {one.id for one in sent.entries}
    everything = sorted((*fresh, *sent.entries), key=lambda one: (one.published_at, one.id))
    new: list[Story] = []
    repeated: list[Story] = []
    for group in match(everything):
        unsent = [one for one in group if one.id not in known]
        if unsent:
            story = tell(unsent, publication, feeds)
            (new if len(unsent) == len(group) else repeated).append(story)
    ranked = rank(new, publication, feeds, now=window.cutoff, weights=Weights())
    choice = pick(ranked, publication, day=day, window=window)
    out = rank(repeated, publication, feeds, now=window.cutoff, weights=Weights())
    repeats = (Verdict(one, False, "readers have had this") for one in out)
    return replace(choice, verdicts=(*choice.verdicts, *repeats))
