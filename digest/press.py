"""Prints each reader's own message of one edition; composes once per choice of topics. Pure.

The first reader of a choice costs a rendering and an inlining (some 100 ms), the next ones a merge.
"""

from dataclasses import replace
from datetime import datetime

from digest.compose.compile import compile_message
from digest.compose.merge import (
    Imprint,
    Tokens,
    body_for,
    imprint_of,
    merge,
    personal_values,
)
from digest.compose.render import WrapTemplates, render
from digest.compose.topics import choice_of, for_topics
from digest.model.edition import Edition
from digest.model.message import Body, CompiledMessage, Envelope, Recipient
from digest.model.newsroom import Publication
from digest.subscribe.token import make_token


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
        self._key = key
        self._label = label
        self._compiled: dict[frozenset[str], CompiledMessage] = {}
        self._imprint: Imprint = imprint_of(publication, edition.day, base_url=base_url, key=key)

    @property
    def domain(self) -> str:
        """The sender's domain, as an A-label."""
        return self._imprint.sender.rpartition("@")[2]

    def envelope(self, recipient: Recipient) -> Envelope:
        """The reader's message. Raises ValueError where the address can't stand in a header."""
        choice = choice_of(self._edition, recipient.topics)
        if choice not in self._compiled:
            self._compiled[choice] = self._compile(recipient.topics)
        tokens = self._tokens(recipient.subscriber_id)
        return merge(self._compiled[choice], recipient, imprint=self._imprint, tokens=tokens)

    def body(self, recipient: Recipient) -> Body:
        """What the reader will see, to look at."""
        edition, body = self._rendered(recipient.topics)
        tokens = self._tokens(recipient.subscriber_id)
        values = personal_values(recipient, imprint=self._imprint, tokens=tokens)
        return body_for(body, edition, values)

    def _compile(self, topics: frozenset[str]) -> CompiledMessage:
        edition, body = self._rendered(topics)
        return compile_message(
            body, self._publication, edition=edition, created_at=self._created_at
        )

    def _rendered(self, topics: frozenset[str]) -> tuple[Edition, Body]:
        edition = for_topics(self._edition, topics)
        body = render(edition, self._publication, self._templates)
        return edition, replace(body, subject=self._label + body.subject)

    def _tokens(self, subscriber_id: int) -> Tokens:
        return Tokens(
            unsubscribe=self._token("unsubscribe", subscriber_id),
            preferences=self._token("preferences", subscriber_id),
        )

    def _token(self, purpose: str, subscriber_id: int) -> str:
        return make_token(
            self._key,
            purpose=purpose,
            subscriber_id=subscriber_id,
            publication=self._publication.slug,
        )
