"""Polling the feeds: many at once, each for itself, each saved as it comes.

Whether a feed is due and what its answer means is decided in gather/plan.py; this carries it out.
One dead feed never stops the others: what goes wrong with it is its result. Only the store's own
errors are raised. I/O: HTTP, files, the store.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from digest.gather.fetch import Client, fetch, open_client
from digest.gather.fetched import FetchCaps, Fetched
from digest.gather.parse import parse
from digest.gather.plan import (
    Answer,
    answer_with_body,
    answer_without_body,
    next_state,
    not_now,
    result_of,
    settled,
)
from digest.model.feeds import Entry, FeedResult, FeedState, FeedStatus
from digest.model.newsroom import FeedSource
from digest.store.engine import Store
from digest.store.entries import Saved, save_entries
from digest.store.feeds import load_state, save_state

T = TypeVar("T")

AT_ONCE = 20
AT_ONCE_PER_HOST = 4


@dataclass(frozen=True, slots=True)
class Peek:
    """What a feed says right now, with nothing remembered of it."""

    result: FeedResult
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class _Desk:
    """What all feeds of one round share."""

    client: Client
    caps: FetchCaps
    base: Path
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    hosts: defaultdict[str, asyncio.Semaphore] = field(
        default_factory=lambda: defaultdict(lambda: asyncio.Semaphore(AT_ONCE_PER_HOST))
    )
    # Threads share one interpreter: two parsing at once would only keep the sockets waiting.
    parsing: asyncio.Lock = field(default_factory=asyncio.Lock)
    saving: asyncio.Lock = field(default_factory=asyncio.Lock)


async def poll(
    store: Store,
    feeds: Sequence[FeedSource],
    *,
    now: Callable[[], datetime],
    caps: FetchCaps,
    user_agent: str,
    base: Path,
    is_forced: bool = False,
    on_result: Callable[[FeedResult], None] = lambda _result: None,
) -> tuple[FeedResult, ...]:
    """Ask every feed that is due, save what came; results in the order of `feeds`.

    `on_result` is called for each as it comes. `is_forced` asks feeds that should wait, too.
    """
    async with _open_desk(user_agent, caps, base) as desk:

        async def one(source: FeedSource) -> FeedResult:
            result = await _poll_one(desk, store, source, now=now, is_forced=is_forced)
            on_result(result)
            return result

        return await _all(one(source) for source in feeds)


async def peek(
    feeds: Sequence[FeedSource],
    *,
    now: Callable[[], datetime],
    caps: FetchCaps,
    user_agent: str,
    base: Path,
    on_result: Callable[[FeedResult], None] = lambda _result: None,
) -> tuple[Peek, ...]:
    """Ask every feed anew and remember nothing; in the order of `feeds`. Entries are settled as
    if first seen now."""
    async with _open_desk(user_agent, caps, base) as desk:

        async def one(source: FeedSource) -> Peek:
            async with _places(desk, source.url):
                answer = await _ask(desk, source, FeedState(source.name, source.url))
            entries = tuple(settled(entry, now=now()) for entry in answer.entries)
            result = result_of(source.name, answer)
            on_result(result)
            return Peek(result, entries)

        return await _all(one(source) for source in feeds)


async def _poll_one(
    desk: _Desk,
    store: Store,
    source: FeedSource,
    *,
    now: Callable[[], datetime],
    is_forced: bool,
) -> FeedResult:
    async with _places(desk, source.url):
        state = await asyncio.to_thread(_load, store, source)
        refusal = not_now(state, now=now(), is_forced=is_forced)
        if refusal is not None:
            return result_of(source.name, refusal)
        answer = await _ask(desk, source, state)
        async with desk.saving:
            saved = await asyncio.to_thread(_save, store, state, answer, now())
    return result_of(source.name, answer, n_new=saved.n_new, n_updated=saved.n_updated)


async def _ask(desk: _Desk, source: FeedSource, state: FeedState) -> Answer:
    """Fetch and parse; whatever a foreign feed brings about is an answer."""
    try:
        outcome = await fetch(
            desk.client,
            source.url,
            etag=state.etag,
            last_modified=state.last_modified,
            caps=desk.caps,
            base=desk.base,
        )
        if not isinstance(outcome, Fetched):
            return answer_without_body(outcome)
        async with desk.parsing:
            return await asyncio.to_thread(_read, outcome, source.name)
    except Exception as error:
        return Answer(FeedStatus.FAILED, f"can't be read ({type(error).__name__})")


def _read(fetched: Fetched, name: str) -> Answer:
    parsed = parse(fetched.body, content_type=fetched.content_type, url=fetched.url, feed=name)
    return answer_with_body(fetched, parsed)


def _load(store: Store, source: FeedSource) -> FeedState:
    with store.read() as connection:
        return load_state(connection, name=source.name, url=source.url)


def _save(store: Store, state: FeedState, answer: Answer, now: datetime) -> Saved:
    """Entries and state in one transaction: a validator is never kept without its entries."""
    entries = [settled(entry, now=now) for entry in answer.entries]
    with store.write() as connection:
        saved = save_entries(connection, entries, now=now)
        save_state(connection, next_state(state, answer, now=now))
    return saved


@asynccontextmanager
async def _open_desk(user_agent: str, caps: FetchCaps, base: Path) -> AsyncIterator[_Desk]:
    async with open_client(user_agent=user_agent, caps=caps) as client:
        yield _Desk(client, caps, base)


@asynccontextmanager
async def _places(desk: _Desk, url: str) -> AsyncIterator[None]:
    """A place at the feed's host, then one among all: who waits for a host holds nobody up."""
    async with desk.hosts[_host(url)], desk.gate:
        yield


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # fetch will say so
        return ""


async def _all(jobs: Iterable[Coroutine[Any, Any, T]]) -> tuple[T, ...]:
    """All of them at once; the first exception ends the others and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(job) for job in jobs]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from errors
    return tuple(task.result() for task in tasks)
