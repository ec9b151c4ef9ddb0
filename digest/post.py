"""The post: letters that wait, each composed, signed and handed to a relay soon after it was
written, also while an edition goes out. I/O: the store, the relays.

At least once: a letter whose reply was lost is sent again under the same Message-ID. A relay's rate
and warm-up are those of editions; letters are few and do not count.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.compose.letter import WayOut, letter_envelope
from digest.compose.letter_pages import LatestEdition, LetterTemplates, Links, load_letters
from digest.deliver.dkim import Signer, sign, signer_of
from digest.deliver.line import Line, line_opener
from digest.deliver.options import RelayOptions
from digest.deliver.policy import judge, retry_after
from digest.deliver.relay import Maildir, Relay
from digest.errors import DigestError, RelayError
from digest.files import template_folders
from digest.logs import Logger
from digest.model.ledger import DeliveryState, EditionState, Reply
from digest.model.message import Envelope
from digest.model.newsroom import Publication
from digest.model.signup import Letter, LetterKind, LetterState
from digest.sending import SendingTerms, sending_terms
from digest.settings.load import Settings
from digest.store.editions import list_editions
from digest.store.engine import Store
from digest.store.letters import claim_letter, due_letters, give_back, settle_letter
from digest.store.signups import standing_of_reader
from digest.subscribe.rules import is_wanted
from digest.subscribe.ticket import make_ticket
from digest.subscribe.token import make_token

Clock = Callable[[], datetime]
LOOK_EVERY_S = 1.0
# After trouble, such as a relay that is away: twice as long each time.
FIRST_REST_S, LONGEST_REST_S = 5.0, 60.0
AT_ONCE = 50
# What no relay has taken by then is not worth the wait any more.
GIVE_UP_AFTER = timedelta(hours=24)
OUT = (EditionState.SENDING, EditionState.PAUSED, EditionState.SENT)


@dataclass(slots=True)
class Posted:
    """What became of the letters that were due. `n_dropped`: no longer wanted."""

    n_sent: int = 0
    n_failed: int = 0
    n_deferred: int = 0
    n_dropped: int = 0

    @property
    def n_all(self) -> int:
        """How many were looked at."""
        return self.n_sent + self.n_failed + self.n_deferred + self.n_dropped


@dataclass(frozen=True, slots=True)
class Post:
    """What all letters share."""

    store: Store
    terms: SendingTerms
    templates: LetterTemplates
    publications: dict[str, Publication]
    signers: dict[str, Signer | None]
    timeout_s: float
    clock: Clock

    async def send_due(self, stop: asyncio.Event | None = None) -> Posted:
        """Send all whose time has come. Raises RelayError when no relay can be used: then whatever
        was not sent waits as before; StoreError."""
        posted = Posted()
        if not await asyncio.to_thread(self._due, 1):
            return posted
        error: RelayError | None = None
        for target in self.terms.targets:
            try:
                await self._send_over(target, posted, stop)
                return posted
            except RelayError as failed:
                error = failed
        raise error or RelayError("There is no relay to send letters over.")

    async def run(self, stop: asyncio.Event, log: Logger) -> None:
        """Until `stop` is set; trouble that a person can end is logged and tried again."""
        rest_s = FIRST_REST_S
        while not stop.is_set():
            wait_s = LOOK_EVERY_S
            try:
                posted = await self.send_due(stop)
                rest_s = FIRST_REST_S
                if posted.n_all:
                    log.info(
                        "letters",
                        sent=posted.n_sent,
                        deferred=posted.n_deferred,
                        failed=posted.n_failed,
                        dropped=posted.n_dropped,
                    )
            except (DigestError, OSError) as error:
                log.error("letters_failed", kind=type(error).__name__, detail=str(error))
                wait_s, rest_s = rest_s, min(rest_s * 2, LONGEST_REST_S)
            await _rest(stop, wait_s)

    async def _send_over(
        self, target: Relay | Maildir, posted: Posted, stop: asyncio.Event | None
    ) -> None:
        options = target.options if isinstance(target, Relay) else RelayOptions(connections=1)
        open_line = line_opener(
            target,
            local_hostname=next(iter(self.publications.values())).from_address.rpartition("@")[2],
            timeout_s=self.timeout_s,
            max_messages=options.per_connection,
            in_flight=1,
        )
        async with open_line() as line:
            while letters := await asyncio.to_thread(self._due, AT_ONCE):
                for letter in letters:
                    if stop is not None and stop.is_set():
                        return
                    await self._send(line, letter, posted)

    async def _send(self, line: Line, letter: Letter, posted: Posted) -> None:
        envelope = await asyncio.to_thread(self._claimed, letter, posted)
        if envelope is None:
            return
        try:
            reply = await line.send(envelope)
        except RelayError:
            await asyncio.to_thread(self._give_back, letter)
            raise
        await asyncio.to_thread(self._settle, letter, reply, posted)
        line.settle(envelope)

    def _due(self, limit: int) -> tuple[Letter, ...]:
        with self.store.read() as connection:
            return due_letters(connection, now=self.clock(), limit=limit)

    def _claimed(self, letter: Letter, posted: Posted) -> Envelope | None:
        """Its message, and the next attempt put down; None: it is not to be sent, or not by us."""
        now = self.clock()
        publication = self.publications.get(letter.publication)
        with self.store.write() as connection:
            again_at = now + retry_after(letter.n_tries + 1, seed=letter.id)
            if not claim_letter(connection, letter, again_at=again_at):
                return None
            standing = standing_of_reader(
                connection, letter.publication, letter.subscriber_id, since=now
            )
            if publication is None or not is_wanted(letter.kind, standing):
                settle_letter(connection, letter, LetterState.FAILED, reply="no longer wanted")
                posted.n_dropped += 1
                return None
            if now - letter.created_at > GIVE_UP_AFTER:
                settle_letter(connection, letter, LetterState.FAILED, reply="given up: too old")
                posted.n_failed += 1
                return None
        return self._envelope(letter, publication, self._latest(letter))

    def _envelope(
        self, letter: Letter, publication: Publication, latest: LatestEdition | None
    ) -> Envelope:
        links, way_out = self._links(letter)
        text = self.templates.render(
            letter.kind,
            publication,
            address=letter.address,
            language=letter.language,
            links=links,
            latest=latest,
        )
        envelope = letter_envelope(letter, text, publication, key=self.terms.key, way_out=way_out)
        signer = self.signers[publication.slug]
        if signer is None:
            return envelope
        return envelope._replace(message=sign(signer, envelope.message, at=self.clock()))

    def _links(self, letter: Letter) -> tuple[Links, WayOut | None]:
        base, key = self.terms.base_url.rstrip("/"), self.terms.key
        if letter.kind is LetterKind.CONFIRM:
            # As old as the letter, so that a second attempt carries the same link.
            ticket = make_ticket(
                key,
                purpose="confirm",
                subscriber_id=letter.subscriber_id,
                publication=letter.publication,
                issued_at=letter.created_at,
            )
            return Links(confirm=f"{base}/c/{ticket}"), None
        leave, choose = (
            make_token(
                key,
                purpose=purpose,
                subscriber_id=letter.subscriber_id,
                publication=letter.publication,
            )
            for purpose in ("unsubscribe", "preferences")
        )
        links = Links(preferences=f"{base}/p/{choose}", unsubscribe=f"{base}/u/{leave}")
        return links, WayOut(links.unsubscribe, leave)

    def _latest(self, letter: Letter) -> LatestEdition | None:
        if letter.kind is not LetterKind.WELCOME:
            return None
        with self.store.read() as connection:
            records = list_editions(connection, letter.publication, limit=1, states=OUT)
        if not records:
            return None
        url = f"{self.terms.base_url.rstrip('/')}/{letter.publication}/{records[0].day}"
        return LatestEdition(records[0].subject, url)

    def _give_back(self, letter: Letter) -> None:
        with self.store.write() as connection:
            give_back(connection, letter, now=self.clock())

    def _settle(self, letter: Letter, reply: Reply, posted: Posted) -> None:
        outcome = judge(reply)
        words = f"{reply.code or ''} {reply.text}".strip()
        if outcome.state is DeliveryState.SENT:
            state, posted.n_sent = LetterState.SENT, posted.n_sent + 1
        elif outcome.state is DeliveryState.FAILED:
            state, posted.n_failed = LetterState.FAILED, posted.n_failed + 1
        else:
            state, posted.n_deferred = LetterState.WAITING, posted.n_deferred + 1
        with self.store.write() as connection:
            settle_letter(connection, letter, state, reply=words)


def open_post(settings: Settings, store: Store, *, clock: Clock) -> Post:
    """Raises SettingsError when something that sending needs is not set, TemplateError."""
    return Post(
        store=store,
        terms=sending_terms(
            settings.smtp_url,
            settings.base_url,
            settings.secret_key,
            connections=settings.deliver.connections,
        ),
        templates=load_letters(template_folders(settings.folder)),
        publications={one.slug: one for one in settings.publications},
        signers={one.slug: signer_of(one, settings.dkim_key) for one in settings.publications},
        timeout_s=settings.deliver.timeout_s,
        clock=clock,
    )


async def _rest(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
