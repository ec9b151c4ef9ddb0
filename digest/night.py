"""Which edition is meant, what would be in it, and freezing it. I/O: the store.

Whether a story is in the window, how it ranks and where it goes is choose/'s to say; here it is
only read, handed over and kept.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

from digest.choose.choose import AlreadySent, choose
from digest.choose.match import NEAR_IN_TIME
from digest.choose.window import Window, due_at, local_day, window_of
from digest.compose.render import WrapTemplates, render
from digest.errors import UsageError
from digest.model.edition import Choice
from digest.model.ledger import EditionRecord
from digest.model.newsroom import FeedSource, Publication
from digest.store.editions import create_edition, skip_edition
from digest.store.engine import Store
from digest.store.entries import find_entries, sent_entry_ids, sent_urls, window
from digest.store.subscribers import audience_ids, count_audience
from digest.store.windows import held_over_since, last_sent
from digest.subscribe.schedule import tonight_of

# How long it is remembered which stories readers had: feeds do not show theirs for longer.
SENT_MEMORY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Night:
    """Which edition is meant, and up to when it takes stories."""

    publication: Publication
    day: date
    cutoff: datetime


def night_of(publication: Publication, *, day: date | None, now: datetime) -> Night:
    """Tonight as of now; or that day's edition as of its hour. Raises UsageError for tomorrow's."""
    today = local_day(publication, now)
    if day is None:
        return Night(publication, today, now)
    if day > today:
        raise UsageError(f"{day} is not here yet; at {publication.title} it is {today}")
    return Night(publication, day, min(now, due_at(publication, day)))


def choose_night(store: Store, night: Night, feeds: tuple[FeedSource, ...]) -> Choice:
    """What the night's edition would be, from what is stored."""
    publication = night.publication
    taken = {feed.name: feed for feed in feeds if feed.feeds_into(publication.slug)}
    with store.read() as connection:
        span = _window(connection, night)
        entries = window(
            connection, feeds=taken, since=span.since, cutoff=span.cutoff, late_h=span.late_h
        )
        sent = _already_sent(connection, publication.slug, span.since)
    return choose(entries, publication, taken, day=night.day, window=span, sent=sent)


def _already_sent(connection: Any, publication: str, since: datetime) -> AlreadySent:
    long_ago, lately = since - SENT_MEMORY, since - NEAR_IN_TIME
    recent = sent_entry_ids(connection, publication, after=lately)
    return AlreadySent(
        entries=find_entries(connection, recent),
        entry_ids=sent_entry_ids(connection, publication, after=long_ago),
        urls=sent_urls(connection, publication, after=long_ago),
    )


def freeze_night(
    store: Store, night: Night, choice: Choice, *, templates: WrapTemplates, now: datetime
) -> EditionRecord:
    """Keep the edition and who gets it; or that the night is skipped, and why."""
    publication = night.publication
    body = None if choice.edition is None else render(choice.edition, publication, templates)
    with store.write() as connection:
        if choice.edition is None or body is None:
            since = _window(connection, night).since
            return _skip(connection, night, since=since, reason=choice.reason, now=now)
        # One at a time: a million ids in memory would be most of what a night needs.
        tonight = tonight_of(publication, choice.edition)
        readers = audience_ids(connection, publication.slug, tonight=tonight)
        first = next(readers, None)
        if first is None:
            return _skip_for_nobody(connection, night, now=now)
        return create_edition(
            connection,
            choice.edition,
            subject=body.subject,
            html=body.html,
            text=body.text,
            created_at=now,
            recipient_ids=chain((first,), readers),
        )


def _window(connection: Any, night: Night) -> Window:
    slug = night.publication.slug
    return window_of(
        night.publication,
        cutoff=night.cutoff,
        last_cutoff=last_sent(connection, slug, before=night.cutoff),
        held_over_since=held_over_since(connection, slug, before=night.cutoff),
    )


def _skip_for_nobody(connection: Any, night: Night, *, now: datetime) -> EditionRecord:
    if count_audience(connection, night.publication.slug):
        # They have not had these stories yet, so that their next night takes them.
        since = _window(connection, night).since
        reason = "no reader wants one tonight: all have paused, or chosen other nights"
        return _skip(connection, night, since=since, reason=reason, now=now)
    # Nothing is held over for nobody: the first readers begin with their first night.
    reason = "it has no confirmed subscribers yet"
    return _skip(connection, night, since=night.cutoff, reason=reason, now=now)


def _skip(
    connection: Any, night: Night, *, since: datetime, reason: str, now: datetime
) -> EditionRecord:
    return skip_edition(
        connection,
        night.publication.slug,
        night.day,
        since=since,
        cutoff=night.cutoff,
        created_at=now,
        reason=reason,
    )
