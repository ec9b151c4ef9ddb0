"""The shell of a night: gather, then choose, freeze and deliver. I/O: feeds, the store, the relay.

It joins the stages and decides nothing: whether a night has been sent is the store's word. A
re-run goes on where the last one ended, however that ended.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import nullcontext

from digest.compose.render import WrapTemplates
from digest.compose.templates import load_wrap
from digest.deliver.dkim import sign, signer_of
from digest.deliver.line import line_opener
from digest.errors import RelayError
from digest.files import template_folders
from digest.freshness import is_stale, refuse_stale
from digest.gather.fetched import FetchCaps
from digest.lock import sending_lock
from digest.model.feeds import FeedResult
from digest.model.ledger import EditionRecord, EditionState, Outcome, Reply
from digest.model.message import Envelope
from digest.model.newsroom import Publication
from digest.night import Night, choose_night, freeze_night
from digest.night_report import NightReport
from digest.poll import poll
from digest.sender import Clock, Sender
from digest.sending import sending_terms
from digest.settings.load import Settings
from digest.store.editions import cancel_edition, find_edition, get_edition, resume_edition
from digest.store.engine import Store
from digest.store.windows import unfinished_before


async def gather(
    settings: Settings,
    store: Store,
    *,
    clock: Clock,
    is_forced: bool = False,
    on_result: Callable[[FeedResult], None] = lambda _result: None,
) -> tuple[FeedResult, ...]:
    """Poll every feed and store what it says. `is_forced` also asks those whose time has not
    come."""
    return await poll(
        store,
        settings.feeds,
        now=clock,
        caps=feed_caps(settings),
        user_agent=user_agent(settings),
        base=settings.folder,
        is_forced=is_forced,
        on_result=on_result,
    )


def feed_caps(settings: Settings) -> FetchCaps:
    """The limits that are set for fetching a feed."""
    return FetchCaps(
        timeout_s=settings.gather.timeout_s,
        max_bytes=int(settings.gather.max_mb * 1_000_000),
        max_redirects=settings.gather.max_redirects,
        allow_private=settings.gather.allow_private_addresses,
    )


def user_agent(settings: Settings) -> str:
    """Who we are, and where a feed's owner reaches the newsroom (RFC 9110 section 10.1.5)."""
    return f"digest/0.1 (+{settings.gather.contact})"


async def send_night(
    settings: Settings,
    store: Store,
    night: Night,
    *,
    clock: Clock,
    stop: asyncio.Event,
    is_eager: bool = False,
    is_resuming: bool = False,
    on_start: Callable[[EditionRecord], None] = lambda _record: None,
    on_outcomes: Callable[[Sequence[Outcome]], object] = lambda _outcomes: None,
) -> tuple[NightReport, ...]:
    """Send the night's edition to everybody who has not had it: choose and freeze it if that has
    not been done. `is_eager` also tries those who wait for their next attempt; `is_resuming`
    goes on with what was paused, which otherwise is only reported on.

    An earlier night that was left unfinished is settled first, so that the new window begins where
    readers' knowledge ends: its remaining readers are served, or, where nobody had got it, it is
    cancelled and its stories are in the new edition. The reports are in that order, the night's
    own last. Old news is not resumed: of an earlier night that is only reported, and the night
    itself is refused.

    Raises SettingsError when something that sending needs is not set, UsageError (old news),
    TemplateError, RelayError (nothing was sent), AlreadyRunningError, StoreError.
    """
    sender = Sender(
        settings,
        store,
        night.publication,
        terms=sending_terms(
            settings.smtp_url,
            settings.base_url,
            settings.secret_key,
            connections=settings.deliver.connections,
        ),
        templates=load_wrap(template_folders(settings.folder), (night.publication,)),
        signer=signer_of(night.publication, settings.dkim_key),
        clock=clock,
        stop=stop,
        is_eager=is_eager,
        on_start=on_start,
        on_outcomes=on_outcomes,
    )
    # On SQLite one process sends; PostgreSQL's batches are shared by their leases.
    alone = sending_lock(settings.var / "sending.lock") if store.is_sqlite else nullcontext()
    with alone:
        if is_resuming:
            _refuse_old_news(settings, store, night, clock)
        earlier = [
            await sender.deliver(_resumed(sender, record) if is_resuming else record)
            for record in _settle_earlier(store, night)
        ]
        record = _edition_of(settings, store, night, sender.templates, clock)
        last = await sender.deliver(_resumed(sender, record) if is_resuming else record)
        return (*earlier, last)


def _refuse_old_news(settings: Settings, store: Store, night: Night, clock: Clock) -> None:
    """Before anything is done: resumed, the rest of its readers would at once expire."""
    with store.read() as connection:
        record = find_edition(connection, night.publication.slug, night.day)
    if record is not None and record.state is EditionState.PAUSED:
        refuse_stale(record, stale_after_h=settings.deliver.stale_after_h, now=clock())


def _settle_earlier(store: Store, night: Night) -> list[EditionRecord]:
    """Cancel the earlier nights that nobody got; those that somebody got are to be finished."""
    with store.write() as connection:
        unfinished = unfinished_before(connection, night.publication.slug, night.day)
        for edition_id, is_out in unfinished.items():
            if not is_out:
                reason = f"nobody had got it; its stories are in the edition of {night.day}"
                cancel_edition(connection, edition_id, reason=reason)
        return [get_edition(connection, one) for one, is_out in unfinished.items() if is_out]


def _resumed(sender: Sender, record: EditionRecord) -> EditionRecord:
    """The edition, under way again where it was paused and is still news."""
    now, stale_after_h = sender.clock(), sender.settings.deliver.stale_after_h
    is_old = is_stale(record, stale_after_h=stale_after_h, now=now)
    if record.state is not EditionState.PAUSED or is_old:
        return record
    with sender.store.write() as connection:
        resume_edition(connection, record.id, now=now)
        return get_edition(connection, record.id)


async def send_test(
    settings: Settings, publication: Publication, envelope: Envelope, *, clock: Clock
) -> Reply:
    """Hand one message to the relay, signed as the real ones are; nothing is recorded. Raises
    RelayError when it is refused."""
    signer = signer_of(publication, settings.dkim_key)
    if signer is not None:
        envelope = envelope._replace(message=sign(signer, envelope.message, at=clock()))
    sending = sending_terms(
        settings.smtp_url,
        settings.base_url,
        settings.secret_key,
        connections=settings.deliver.connections,
    )
    open_line = line_opener(
        sending.target,
        local_hostname=envelope.sender.rpartition("@")[2],
        timeout_s=settings.deliver.timeout_s,
    )
    async with open_line() as line:
        reply = await line.send(envelope)
    if reply.code is None or not 200 <= reply.code < 300:
        words = f"{reply.code or ''} {reply.enhanced} {reply.text}".split()
        raise RelayError(f"The relay {sending.target.label} refused: {' '.join(words)}")
    return reply


def _edition_of(
    settings: Settings, store: Store, night: Night, templates: WrapTemplates, clock: Clock
) -> EditionRecord:
    with store.read() as connection:
        record = find_edition(connection, night.publication.slug, night.day)
    if record is not None and record.state is not EditionState.SKIPPED:
        return record
    choice = choose_night(store, night, settings.feeds)
    return freeze_night(store, night, choice, templates=templates, now=clock())
