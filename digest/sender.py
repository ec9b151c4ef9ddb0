"""Delivers a publication's editions: the press, the line and the ledger, put together.
I/O: the store, the relay.
"""

import asyncio
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.compose.render import WrapTemplates
from digest.deliver.line import line_opener
from digest.model.ledger import EditionRecord, EditionState, Outcome
from digest.model.newsroom import Publication
from digest.model.readers import SuppressionReason
from digest.night_report import NightReport, after_delivery, without_delivery
from digest.press import Press
from digest.sending import SendingTerms
from digest.settings.load import Settings
from digest.store.deliveries import Suppress
from digest.store.engine import Store
from digest.store.subscribers import recipients
from digest.store.suppressions import suppress_address
from digest.worker import deliver_edition

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Sender:
    """What all editions of a run share. `is_eager` also tries those who wait for their next
    attempt; `on_start` is called for each edition there is something to do for."""

    settings: Settings
    store: Store
    publication: Publication
    terms: SendingTerms
    templates: WrapTemplates
    clock: Clock
    stop: asyncio.Event
    is_eager: bool
    on_start: Callable[[EditionRecord], None]
    on_outcomes: Callable[[Sequence[Outcome]], object]

    async def deliver(self, record: EditionRecord) -> NightReport:
        """Serve whoever of the edition is left; a closed one is only reported on."""
        if record.state not in (EditionState.READY, EditionState.SENDING):
            return without_delivery(record)
        self.on_start(record)
        press = self._press(record)
        deliver = self.settings.deliver
        report = await deliver_edition(
            self.store,
            record.id,
            open_line=line_opener(
                self.terms.target, local_hostname=press.domain, timeout_s=deliver.timeout_s
            ),
            relay=self.terms.target.label,
            make_envelope=press.envelope,
            load_recipients=recipients,
            suppress=_suppressor(self.publication.slug, self.clock),
            on_outcomes=self.on_outcomes,
            clock=self.clock,
            stop=self.stop,
            owner=f"{socket.gethostname()}:{os.getpid()}",
            n_connections=deliver.connections,
            stale_after=timedelta(hours=deliver.stale_after_h),
            is_sole_sender=self.store.is_sqlite,
            is_eager=self.is_eager,
        )
        return after_delivery(record, report)

    def _press(self, record: EditionRecord) -> Press:
        if record.edition is None:
            raise LookupError(f"edition {record.id} has no stories")
        return Press(
            record.edition,
            self.publication,
            self.templates,
            created_at=record.created_at,
            base_url=self.terms.base_url,
            key=self.terms.key,
        )


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
