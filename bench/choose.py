"""Match and rank: 500 and 5,000 entries of a made-up town, and how the work grows."""

import random
import time
from dataclasses import replace
from datetime import timedelta

from digest.choose.choose import AlreadySent, choose
from digest.choose.window import Window
from digest.model.feeds import Entry, StoredEntry
from tests.unit.choose.build import DAY, FEEDS, NOW, PUBLICATION

N_WORDS = 20_000
ROUNDS = 5


def entries(n: int) -> tuple[StoredEntry, ...]:
    """n entries over three feeds; a third of them retell an event with some words changed."""
    chance = random.Random(5)
    words = [f"w{number:x}q" for number in range(N_WORDS)]
    weights = [1 / (rank + 10) for rank in range(N_WORDS)]  # as words are in newspapers (Zipf)
    made: list[StoredEntry] = []
    for number in range(1, n + 1):
        if made and chance.random() < 0.33:
            title, lede = _retold(chance.choice(made[-200:]).entry, chance)
        else:
            title = " ".join(chance.choices(words, weights, k=9))
            lede = " ".join(chance.choices(words, weights, k=35))
        feed = chance.choice(list(FEEDS))
        at = NOW - timedelta(minutes=chance.randrange(24 * 60))
        entry = Entry(feed=feed, key=str(number), title=title, lede=lede, url=f"https://x/{number}")
        made.append(StoredEntry(number, replace(entry, published_at=at), at, at))
    return tuple(made)


def _retold(entry: Entry, chance: random.Random) -> tuple[str, str]:
    title = " ".join(word for word in entry.title.split() if chance.random() > 0.15)
    lede = " ".join(word for word in entry.lede.split() if chance.random() > 0.25)
    return title or entry.title, lede


def seconds(n: int) -> float:
    """The fastest of some rounds, as the machine's other work only ever adds."""
    made = entries(n)
    window = Window(NOW - timedelta(hours=24), NOW, 24)
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        choose(made, PUBLICATION, FEEDS, day=DAY, window=window, sent=AlreadySent())
        times.append(time.perf_counter() - start)
    return min(times)


def measure() -> list[tuple[str, str]]:
    """Rows of the table that `make bench` prints."""
    small, large = seconds(500), seconds(5_000)
    return [
        ("choose: match + rank 500 entries", f"{small * 1000:.0f} ms"),
        ("choose: match + rank 5,000 entries", f"{large * 1000:.0f} ms"),
        ("choose: growth of the work, 500 -> 5,000", f"{large / small:.1f}x for 10x the entries"),
    ]


if __name__ == "__main__":
    for name, figure in measure():
        print(f"{name:55} {figure}")
