"""Prints each reader's own message of one edition. Pure.

The first reader costs a rendering, an inlining and a compilation (some 200 ms), every other one a
merge, whatever their topics are.
"""

from dataclasses import replace
from datetime import datetime

from digest.compose.compile import compile_message
from digest.compose.imprint import Imprint, Tokens, imprint_of, personal_values
from digest.compose.merge import merge
from digest.compose.pick import pick
from digest.compose.render import WrapTemplates, render
from digest.compose.splice import body_for
from digest.compose.topics import selection_of
from digest.model.edition import Edition
from digest.model.message import Body, CompiledMessage, Envelope, Picked, Recipient
from digest.model.newsroom import Publication
from digest.subscribe.token import TokenMaker

# Choices of topics whose pieces are kept: most readers share a few.
MOST_KEPT = 1_000


class Press:
    """One edition, ready to be printed for any reader. The same reader gets the same bytes.

    `label` goes before the subject: a test copy must not be taken for the real one.
    """

    def __init__(
        self,
        edition: Edition,
        publication: Publication,
        templates: WrapTemplates,
        *,
        created_at: datetime,
        base_url: str,
        key: bytes,
        label: str = "",
    ) -> None:
        self._edition = edition
        self._publication = publication
        self._templates = templates
        self._created_at = created_at
        self._label = label
        self._body: Body | None = None
        self._compiled: CompiledMessage | None = None
        self._picked: dict[frozenset[str], Picked] = {}
        self._imprint: Imprint = imprint_of(publication, edition.day, base_url=base_url, key=key)
        slug = publication.slug
        self._unsubscribe = TokenMaker(key, purpose="unsubscribe", publication=slug)
        self._preferences = TokenMaker(key, purpose="preferences", publication=slug)

    @property
    def domain(self) -> str:
        """The sender's domain, as an A-label."""
        return self._imprint.sender.rpartition("@")[2]

    def envelope(self, recipient: Recipient) -> Envelope:
        """The reader's message. Raises ValueError where the address can't stand in a header."""
        return merge(
            self._pieces(recipient.topics),
            recipient,
            imprint=self._imprint,
            tokens=self._tokens(recipient.subscriber_id),
        )

    def body(self, recipient: Recipient) -> Body:
        """What the reader will see, to look at."""
        tokens = self._tokens(recipient.subscriber_id)
        values = personal_values(recipient, imprint=self._imprint, tokens=tokens)
        selection = selection_of(self._edition, recipient.topics)
        return body_for(self._rendered(), self._edition, selection, values)

    def _pieces(self, topics: frozenset[str]) -> Picked:
        found = self._picked.get(topics)
        if found is None:
            found = pick(self._message(), selection_of(self._edition, topics))
            if len(self._picked) < MOST_KEPT:
                self._picked[topics] = found
        return found

    def _message(self) -> CompiledMessage:
        if self._compiled is None:
            self._compiled = compile_message(
                self._rendered(),
                self._publication,
                edition=self._edition,
                created_at=self._created_at,
            )
        return self._compiled

    def _rendered(self) -> Body:
        if self._body is None:
            body = render(self._edition, self._publication, self._templates)
            self._body = replace(body, subject=self._label + body.subject)
        return self._body

    def _tokens(self, subscriber_id: int) -> Tokens:
        return Tokens(
            unsubscribe=self._unsubscribe.token(subscriber_id),
            preferences=self._preferences.token(subscriber_id),
        )
