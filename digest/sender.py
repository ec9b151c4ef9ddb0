"""Delivers a publication's editions: the press, the line and the ledger, put together.
I/O: the store, the relay.
"""

import asyncio
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from digest.compose.render import WrapTemplates
from digest.deliver.dkim import Signer
from digest.deliver.line import line_opener
from digest.deliver.options import RelayOptions
from digest.deliver.ramp import ramp_limit
from digest.deliver.relay import Maildir, Relay
from digest.model.edition import Edition
from digest.model.ledger import EditionRecord, EditionState, Outcome
from digest.model.newsroom import Publication
from digest.model.readers import SuppressionReason, Tonight
from digest.night_report import NightReport, after_delivery, without_delivery
from digest.press import Press
from digest.sending import SendingTerms
from digest.settings.load import Settings
from digest.signing import Signers
from digest.store.deliveries import Suppress
from digest.store.engine import Store
from digest.store.relay_days import carried
from digest.store.subscribers import recipients
from digest.store.suppressions import suppress_address
from digest.subscribe.schedule import tonight_of
from digest.way import Way
from digest.worker import Manner, deliver_edition

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Sender:
    """What all editions of a run share. `is_eager` also tries those who wait for their next
    attempt; `on_start` is called for each edition there is something to do for. `signer` None: the
    relay signs."""

    settings: Settings
    store: Store
    publication: Publication
    terms: SendingTerms
    templates: WrapTemplates
    signer: Signer | None
    clock: Clock
    stop: asyncio.Event
    is_eager: bool
    on_start: Callable[[EditionRecord], None]
    on_outcomes: Callable[[Sequence[Outcome]], object]

    async def deliver(self, record: EditionRecord) -> NightReport:
        """Serve whoever of the edition is left; a closed or paused one is only reported on."""
        if record.state not in (EditionState.READY, EditionState.SENDING):
            return without_delivery(record)
        self.on_start(record)
        press = self._press(record)
        settings = self.settings
        manner = Manner(
            owner=f"{socket.gethostname()}:{os.getpid()}",
            stale_after=timedelta(hours=settings.deliver.stale_after_h),
            is_sole_sender=self.store.is_sqlite,
            is_eager=self.is_eager,
            is_holding=settings.deliver.uncertain == "hold",
        )
        async with Signers(self.signer, clock=self.clock) as signers:
            report = await deliver_edition(
                self.store,
                record.id,
                ways=tuple(self._way(target, press.domain) for target in self.terms.targets),
                manner=manner,
                make_envelope=press.envelope,
                load_recipients=partial(recipients, tonight=self._tonight(record)),
                suppress=_suppressor(self.publication.slug, self.clock),
                on_outcomes=self.on_outcomes,
                clock=self.clock,
                stop=self.stop,
                sign=None if self.signer is None else signers.sign,
            )
        return after_delivery(record, report)

    def _way(self, target: Relay | Maildir, domain: str) -> Way:
        options = target.options if isinstance(target, Relay) else RelayOptions(connections=1)
        open_line = line_opener(
            target,
            local_hostname=domain,
            timeout_s=self.settings.deliver.timeout_s,
            max_messages=options.per_connection,
            in_flight=options.in_flight,
        )
        return Way(target.label, open_line, options, self._quota(target.label, options))

    def _quota(self, label: str, options: RelayOptions) -> int | None:
        """How many messages a relay that is warmed up may still take today."""
        if options.ramp is None:
            return None
        with self.store.read() as connection:
            days_used, n_today = carried(connection, label, self.clock().date())
        limit = ramp_limit(options.ramp, days_used)
        return None if limit is None else max(0, limit - n_today)

    def _tonight(self, record: EditionRecord) -> Tonight:
        return tonight_of(self.publication, _edition_of(record))

    def _press(self, record: EditionRecord) -> Press:
        return Press(
            _edition_of(record),
            self.publication,
            self.templates,
            created_at=record.created_at,
            base_url=self.terms.base_url,
            key=self.terms.key,
        )


def _edition_of(record: EditionRecord) -> Edition:
    if record.edition is None:
        raise LookupError(f"edition {record.id} has no stories")
    return record.edition


def _suppressor(publication: str, clock: Clock) -> Suppress:
    return lambda connection, recipient, outcome: suppress_address(
        connection,
        recipient.address,
        publication=publication,
        reason=SuppressionReason.BOUNCED,
        source="relay",
        evidence=f"{outcome.code} {outcome.enhanced} {outcome.text}".strip(),
        now=clock(),
    )
