"""Is all well? Settings, templates, database, relay, DKIM, readers' pages and feeds, each as one
finding.
I/O: all of them; nothing is stored or sent.
"""

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

from digest.compose.headers import mailbox, structured, unstructured
from digest.compose.templates import load_wrap
from digest.deliver.alignment import Alignment, alignment
from digest.deliver.dkim import Signer, sign, signer_of
from digest.deliver.dkim_record import advice_on, fault_of, record_name
from digest.deliver.line import line_opener
from digest.deliver.relay import Maildir
from digest.dns import Server, find_texts
from digest.errors import DigestError
from digest.files import template_folders
from digest.model.feeds import FeedResult
from digest.model.newsroom import FeedSource, Publication
from digest.poll import peek
from digest.run import feed_caps, user_agent
from digest.sending import sending_terms
from digest.settings.load import Settings
from digest.store.engine import SOUND_SQLITE, open_store, sqlite_module
from digest.store.migrate import migrate
from digest.store.trial import try_to_write

PAGES_TIMEOUT_S = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `detail` says what was found and, when not ok, what to do. `is_ok` None:
    that can't be told from here."""

    what: str
    is_ok: bool | None
    detail: str


async def check_feeds(
    settings: Settings,
    feeds: Sequence[FeedSource],
    *,
    on_result: Callable[[FeedResult], None] = lambda _result: None,
) -> tuple[FeedResult, ...]:
    """Ask the feeds now and remember nothing."""
    peeks = await peek(
        feeds,
        now=lambda: datetime.now(UTC),
        caps=feed_caps(settings),
        user_agent=user_agent(settings),
        base=settings.folder,
        on_result=on_result,
    )
    return tuple(one.result for one in peeks)


def check_all(settings: Settings, *, dns_server: Server | None = None) -> Iterator[Finding]:
    """Everything that the next night needs, one after the other, as each is known."""
    yield Finding("settings", True, str(settings.config_file))
    yield _templates(settings)
    yield _database(settings)
    yield from _sending(settings)
    yield from check_dkim(settings, dns_server=dns_server)
    for result in asyncio.run(check_feeds(settings, settings.feeds)):
        detail = result.detail or f"{result.n_entries} entries"
        yield Finding(f"feed {result.name}", not result.is_bad, detail)


def rehearse(settings: Settings) -> None:
    """Try what every night needs of the settings: raises SettingsError, TemplateError now rather
    than at the hour."""
    sending_terms(
        settings.smtp_url,
        settings.base_url,
        settings.secret_key,
        connections=settings.deliver.connections,
    )
    for publication in settings.publications:
        signer_of(publication, settings.dkim_key)
    load_wrap(template_folders(settings.folder), settings.publications)


def _templates(settings: Settings) -> Finding:
    try:
        load_wrap(template_folders(settings.folder), settings.publications)
    except DigestError as error:
        return Finding("templates", False, str(error))
    return Finding("templates", True, "the wrap renders")


def _database(settings: Settings) -> Finding:
    try:
        settings.var.mkdir(exist_ok=True)
        store = open_store(settings.database_url)
        try:
            migrate(store)
            try_to_write(store)
        finally:
            store.close()
    except DigestError as error:
        return Finding("database", False, str(error))
    except OSError as error:
        return Finding("database", False, f"{error.filename}: {error.strerror}")
    if store.is_sqlite and sqlite_module().sqlite_version_info < SOUND_SQLITE:
        found = sqlite_module().sqlite_version
        return Finding(
            "database",
            False,
            f"{store.where}: SQLite {found} can damage it under load; pip install pysqlite3",
        )
    return Finding("database", True, store.where)


def _sending(settings: Settings) -> Iterator[Finding]:
    try:
        terms = sending_terms(
            settings.smtp_url,
            settings.base_url,
            settings.secret_key,
            connections=settings.deliver.connections,
        )
    except DigestError as error:
        yield Finding("relay and links", False, str(error))
        return
    yield Finding("links", True, f"readers' links begin with {terms.base_url}")
    is_sending = not isinstance(terms.target, Maildir)
    yield _pages(terms.base_url, is_sending=is_sending)
    if not is_sending:
        yield Finding("relay", True, f"{terms.target.label}: messages are kept, none is sent")
        return
    domains = {one.from_address.rpartition("@")[2] for one in settings.publications}
    for domain in sorted(domains):
        yield asyncio.run(_relay(settings, domain))


def _pages(base_url: str, *, is_sending: bool) -> Finding:
    """Whether readers reach their pages; as long as nothing is sent nobody has a link to them."""
    trouble = _trouble_with(base_url)
    if not trouble:
        return Finding("pages", True, f"{base_url} answers")
    so = (
        "so readers can't leave: start" if is_sending else "which it must before you go live: start"
    )
    advice = "`digest run` or `digest serve`, and let your web server pass this address on to it"
    return Finding("pages", not is_sending, f"{base_url} {trouble}, {so} {advice}")


def _trouble_with(base_url: str) -> str:
    """What is wrong with the pages' /healthz (web/app.py), or ""."""
    try:
        # As when feeds are fetched, no proxy of the environment stands between.
        with build_opener(ProxyHandler({})).open(
            f"{base_url}/healthz", timeout=PAGES_TIMEOUT_S
        ) as answer:
            is_ours = json.loads(answer.read(1_000)) == {"status": "ok"}
    except HTTPError as error:
        return f"answers {error.code} {error.reason}"
    except URLError as error:
        return f"does not answer ({getattr(error.reason, 'strerror', None) or error.reason})"
    except (OSError, HTTPException) as error:
        return f"does not answer ({error})"
    except ValueError:
        is_ours = False
    return "" if is_ours else "is answered by something else"


async def _relay(settings: Settings, domain: str) -> Finding:
    terms = sending_terms(
        settings.smtp_url,
        settings.base_url,
        settings.secret_key,
        connections=settings.deliver.connections,
    )
    open_line = line_opener(
        terms.target, local_hostname=domain, timeout_s=settings.deliver.timeout_s
    )
    try:
        async with open_line():
            return Finding("relay", True, f"{terms.target.label} takes our connection as {domain}")
    except DigestError as error:
        return Finding("relay", False, str(error))


def check_dkim(settings: Settings, *, dns_server: Server | None = None) -> Iterator[Finding]:
    """Whether what each publication signs verifies with the key in the DNS. Nothing where the
    relay signs. `dns_server` None: the machine's own."""
    signing = [one for one in settings.publications if one.dkim is not None]
    if settings.dkim_key and not signing:
        yield Finding(
            "dkim",
            False,
            "DIGEST_DKIM_KEY is set, but mail is not signed: no publication has "
            "[publications.dkim]",
        )
    for publication in signing:
        try:
            signer = signer_of(publication, settings.dkim_key)
            if signer is not None:
                yield _dkim(publication, signer, dns_server)
        except DigestError as error:
            yield Finding(f"dkim {publication.slug}", False, str(error))


def _dkim(publication: Publication, signer: Signer, dns_server: Server | None) -> Finding:
    what, name = f"dkim {publication.slug}", record_name(signer)
    own = publication.from_address.rpartition("@")[2]
    aligned = alignment(own, signer.domain)
    if aligned is Alignment.NONE:
        return Finding(what, False, f"signs for {signer.domain}, but mail is from {own}: DMARC "
                       "asks for the same domain; leave `domain` out")  # fmt: skip
    sample = sign(signer, _sample(publication), at=datetime.now(UTC))
    fault = fault_of(signer, find_texts(name, server=dns_server), sample=sample)
    if fault:
        return Finding(what, False, f"{name}: {fault}")
    found = f"a sample verifies with {name}{advice_on(signer)}"
    if aligned is Alignment.OPEN:
        return Finding(what, None, f"{found}; but mail is from {own}, and whether DMARC takes that "
                       "for the same can't be told here: leave `domain` out, or look for "
                       "dmarc=pass in a copy of `digest send --to`")  # fmt: skip
    return Finding(what, True, found)


def _sample(publication: Publication) -> bytes:
    fields = (
        structured("From", mailbox(publication.from_name, publication.from_address)),
        unstructured("Subject", publication.title),
    )
    return b"".join((*fields, b"\r\n", b"A sample of what is signed.\r\n"))
