"""The form by which readers come: shown, posted, and always answered the same. I/O: the store.

Whether an address is known, refused or asked for too often shows neither in the answer nor in its
time. A form that was not ours (a newsroom's own, without a stamp), is older than a day, younger
than a second or words consent otherwise is shown again, filled in: one more press.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

import anyio
from starlette.requests import Request as WebRequest
from starlette.responses import Response

from digest.compose.plain import tidy
from digest.joining import take_requests
from digest.model.signup import Proof, Request
from digest.subscribe.address import BadAddress, read_address
from digest.subscribe.ticket import make_ticket, read_ticket
from digest.web.form import read_form
from digest.web.look import Look
from digest.web.signup_words import Wording, look_in, signup_words_for, wording_of
from digest.web.site import Site
from digest.web.turnstile import Turnstile

FORM = "form"
FORM_LIVES = timedelta(days=1)
# No person fills a form in faster; some programs do.
LEAST_AGE = timedelta(seconds=1)
# Every answer takes so long, whatever was written for it.
ANSWER_AFTER_S = 0.05
MAX_NAME, MAX_PAGE, MAX_AGENT = 100, 500, 300
TRAP = "fax"
_WEB_PAGE = re.compile(r"https?://[^\s\"'<>]+")


@dataclass(frozen=True, slots=True)
class Topic:
    """A section to choose."""

    slug: str
    title: str
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Fields:
    """What a form holds, as it is shown or was posted."""

    address: str = ""
    name: str = ""
    topics: tuple[str, ...] = ()
    page: str = ""


@dataclass(frozen=True, slots=True)
class Door:
    """One publication's form."""

    site: Site
    slug: str
    turnstile: Turnstile

    async def answer(self, request: WebRequest) -> Response:
        """GET, HEAD and POST /{publication}/subscribe."""
        if request.method == "POST":
            return await self._take(request)
        look = self.look(request.query_params.get("lang", ""))
        page = _page(request.query_params.get("on", ""))
        return self.form(look, Fields(page=page))

    def look(self, language: str) -> Look:
        """The publication's, in the language that was asked for."""
        return look_in(self.site.looks[self.slug], language)

    def stamp(self) -> str:
        """Says, signed, when a form was made."""
        return make_ticket(
            self.site.key,
            purpose=FORM,
            subscriber_id=0,
            publication=self.slug,
            issued_at=self.site.clock(),
        )

    def form(
        self, look: Look, fields: Fields, *, is_again: bool = False, is_bad: bool = False
    ) -> Response:
        """The page with the form."""
        say = signup_words_for(look.language)
        return self.site.page(
            "subscribe",
            look,
            status=422 if is_bad else 200,
            say=say,
            fields=fields,
            topics=self._topics(fields),
            wording=wording_of(look, say),
            stamp=self.stamp(),
            is_again=is_again,
            is_bad=is_bad,
        )

    async def _take(self, request: WebRequest) -> Response:
        began = monotonic()
        posted = await read_form(request)
        look = self.look(posted.get("lang", ""))
        say = signup_words_for(look.language)
        fields = self._fields(posted, request)
        address = read_address(fields.address)
        if isinstance(address, BadAddress):
            return self.form(look, fields, is_bad=True)
        wording = wording_of(look, say)
        if not self._is_sound(posted, wording):
            return self.form(look, fields, is_again=True)
        wish = Request(
            publication=self.slug,
            address=address.folded,
            as_given=address.as_given,
            name=fields.name,
            topics=fields.topics,
            proof=self._proof(request, wording, look, fields),
        )
        now = self.site.clock()
        is_allowed = self.turnstile.allows(ip=wish.proof.ip or "", address=wish.address, now=now)
        # Programs fill in every field there is.
        if is_allowed and not posted.get(TRAP):
            await self.site.in_thread(take_requests, self.site.store, (wish,), now=now)
        await anyio.sleep(max(0.0, ANSWER_AFTER_S - (monotonic() - began)))
        return self.site.page("subscribe_asked", look, say=say, address=address.as_given)

    def _is_sound(self, posted: Mapping[str, str], wording: Wording) -> bool:
        now = self.site.clock()
        stamp = read_ticket(self.site.key, posted.get("stamp", ""), purpose=FORM)
        return (
            stamp is not None
            and stamp.publication == self.slug
            and stamp.is_fresh(now=now, lives=FORM_LIVES)
            and now - stamp.issued_at >= LEAST_AGE
            and posted.get("wording") == wording.version
        )

    def _fields(self, posted: Mapping[str, str], request: WebRequest) -> Fields:
        sections = self.site.publications[self.slug].sections
        chosen = tuple(one.slug for one in sections if posted.get(f"topic-{one.slug}"))
        return Fields(
            address=posted.get("address", "")[:320],
            name=tidy(posted.get("name", ""))[:MAX_NAME].strip(),
            topics=() if len(chosen) == len(sections) else tuple(sorted(chosen)),
            page=_page(posted.get("on", "")) or _page(request.headers.get("referer", "")),
        )

    def _proof(self, request: WebRequest, wording: Wording, look: Look, fields: Fields) -> Proof:
        return Proof(
            wording=wording.text,
            wording_version=wording.version,
            language=look.language,
            page=fields.page or str(request.url.path),
            ip=self.site.client_of(request) or None,
            user_agent=agent_of(request),
        )

    def _topics(self, fields: Fields) -> tuple[Topic, ...]:
        sections = self.site.publications[self.slug].sections
        return tuple(Topic(one.slug, one.title, one.slug in fields.topics) for one in sections)


def agent_of(request: WebRequest) -> str:
    """What the browser calls itself, as far as it is kept."""
    return tidy(request.headers.get("user-agent", ""))[:MAX_AGENT]


def _page(text: str) -> str:
    """A web address without what may be personal in it; "" for anything else."""
    found = _WEB_PAGE.fullmatch(text[:MAX_PAGE])
    return "" if found is None else re.split(r"[?#]", found[0])[0]
