"""Entries that tell of the same event, joined into stories. Pure.

Two entries are one event when they have the same address; or, within two days and of two feeds,
mostly the same headline over ledes that have something in common, or nearly half of all their
words. One feed's own headlines are alike by habit ("Obituary: ...", "Council approves ..."), so
there both headline and lede must be mostly the same. Only entries that share rare words are
compared, so the work grows with the number of entries, not with its square.

Not covered: the same event under headlines and ledes without a common word.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from digest.choose.words import words_of
from digest.model.feeds import StoredEntry

NEAR_IN_TIME = timedelta(hours=48)
# Of the words of an entry, so many of the rarest look for entries to compare it with ...
N_RARE_WORDS = 8
# ... and each word offers at most so many of the latest entries that have it.
N_OFFERED = 40
# Shares of words in common: of headlines over all their words (the Jaccard index), of ledes and
# whole texts over the words of the shorter.
SAME_HEADLINE = 0.6
RELATED_LEDE = 0.2
SAME_LEDE = 0.5
SAME_TEXT = 0.45
# What is shorter says too little to be compared.
MIN_HEADLINE_WORDS = 3
MIN_LEDE_WORDS = 6
MIN_TEXT_WORDS = 12


@dataclass(frozen=True, slots=True)
class _Words:
    feed: str
    headline: frozenset[str]
    lede: frozenset[str]
    text: frozenset[str]  # both


def match(entries: Sequence[StoredEntry]) -> tuple[tuple[StoredEntry, ...], ...]:
    """Groups of entries, each group one event; every entry is in exactly one.

    Groups are in the order of their first entry as given; entries within one too. Empty for none.
    """
    groups = _Groups(len(entries))
    for first, second in _pairs_with_one_address(entries):
        groups.join(first, second)
    bags = [_words(entry) for entry in entries]
    for first, second in _pairs_to_compare(entries, bags):
        if not groups.are_joined(first, second) and _is_same_event(bags[first], bags[second]):
            groups.join(first, second)
    return tuple(tuple(entries[index] for index in group) for group in groups.all())


def _words(stored: StoredEntry) -> _Words:
    entry = stored.entry
    headline, lede = frozenset(words_of(entry.title)), frozenset(words_of(entry.lede))
    return _Words(entry.feed, headline, lede, headline | lede)


def _is_same_event(one: _Words, other: _Words) -> bool:
    has_ledes = min(len(one.lede), len(other.lede)) >= MIN_LEDE_WORDS
    if _is_same_headline(one.headline, other.headline):
        if not has_ledes:
            return one.feed != other.feed or one.headline == other.headline
        enough = SAME_LEDE if one.feed == other.feed else RELATED_LEDE
        if _contained(one.lede, other.lede) >= enough:
            return True
    if one.feed == other.feed or min(len(one.text), len(other.text)) < MIN_TEXT_WORDS:
        return False
    return _contained(one.text, other.text) >= SAME_TEXT


def _is_same_headline(one: frozenset[str], other: frozenset[str]) -> bool:
    if min(len(one), len(other)) < MIN_HEADLINE_WORDS:
        return False
    shared = len(one & other)
    return shared >= SAME_HEADLINE * (len(one) + len(other) - shared)


def _contained(one: frozenset[str], other: frozenset[str]) -> float:
    """How much of the smaller set is in the larger."""
    return len(one & other) / min(len(one), len(other))


def _pairs_with_one_address(entries: Sequence[StoredEntry]) -> Iterator[tuple[int, int]]:
    first_with: dict[str, int] = {}
    for index, stored in enumerate(entries):
        if stored.entry.url is None:
            continue
        first = first_with.setdefault(stored.entry.url, index)
        if first != index:
            yield first, index


def _pairs_to_compare(
    entries: Sequence[StoredEntry], bags: Sequence[_Words]
) -> Iterator[tuple[int, int]]:
    counts = _document_counts(bags)
    having: dict[str, list[int]] = defaultdict(list)
    for index, bag in enumerate(bags):
        rare = _rarest(bag.text, counts)
        found = {other for word in rare for other in having[word][-N_OFFERED:]}
        for other in sorted(found):
            if _are_near(entries[other], entries[index]):
                yield other, index
        for word in rare:
            having[word].append(index)


def _document_counts(bags: Iterable[_Words]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for bag in bags:
        for word in bag.text:
            counts[word] += 1
    return counts


def _rarest(words: frozenset[str], counts: Mapping[str, int]) -> list[str]:
    """The rarest words that another entry has too; ties by the alphabet."""
    shared = [word for word in words if counts[word] > 1]
    return sorted(shared, key=lambda word: (counts[word], word))[:N_RARE_WORDS]


def _are_near(one: StoredEntry, other: StoredEntry) -> bool:
    return abs(one.published_at - other.published_at) <= NEAR_IN_TIME


class _Groups:
    """Disjoint sets of 0..n-1 (union-find); the smallest number stands for its set."""

    def __init__(self, n: int) -> None:
        self._parent = list(range(n))

    def _find(self, item: int) -> int:
        while self._parent[item] != item:
            self._parent[item] = self._parent[self._parent[item]]
            item = self._parent[item]
        return item

    def are_joined(self, one: int, other: int) -> bool:
        return self._find(one) == self._find(other)

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self._find(one), self._find(other)))
        self._parent[high] = low

    def all(self) -> list[list[int]]:
        groups: dict[int, list[int]] = defaultdict(list)
        for item in range(len(self._parent)):
            groups[self._find(item)].append(item)
        return [groups[key] for key in sorted(groups)]
