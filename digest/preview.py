"""Tonight's edition to look at, without a trace: composed on a scratch store from fresh stories.
I/O: feeds, the store (only read), the preview's files.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from digest.compose.render import size_warning
from digest.compose.templates import load_wrap
from digest.files import template_folders
from digest.model.edition import Choice
from digest.model.feeds import FeedResult
from digest.model.message import Body, Envelope, Recipient
from digest.model.newsroom import Publication
from digest.night import SENT_MEMORY, choose_night, night_of
from digest.press import Press
from digest.run import gather
from digest.sender import Clock
from digest.settings.load import Settings
from digest.store.engine import Store
from digest.store.scratch import scratch_store
from digest.whole_file import write_whole

# Where no address of pages is set yet, links must still look like what they are.
UNSET_BASE_URL = "https://not-set-yet.example"
UNSET_KEY = b"a preview signs nothing"
A_READER = Recipient(subscriber_id=0, address="reader@example.com")


@dataclass(frozen=True, slots=True)
class Preview:
    """What would go out. `choice.edition` None: the night would be skipped."""

    publication: Publication
    day: date
    choice: Choice
    feeds: tuple[FeedResult, ...]
    body: Body | None
    envelopes: tuple[Envelope, ...]
    warning: str = ""


async def make_preview(
    settings: Settings,
    store: Store | None,
    publication: Publication,
    *,
    day: date | None,
    clock: Clock,
    is_fresh: bool,
    readers: Sequence[Recipient],
    label: str = "",
    on_result: Callable[[FeedResult], None] = lambda _result: None,
) -> Preview:
    """Gather (when `is_fresh`), choose and compose on a scratch store, for these readers.

    `store` None: there is none yet. The body is the first reader's; without one that of a reader
    of every section. `label` ("[TEST] ") goes before the subject. Raises TemplateError,
    SettingsError, StoreError, UsageError (a day to come).
    """
    templates = load_wrap(template_folders(settings.folder), (publication,))
    with scratch_store(store, since=clock() - SENT_MEMORY) as scratch:
        feeds: tuple[FeedResult, ...] = ()
        if is_fresh:
            feeds = await gather(settings, scratch, clock=clock, on_result=on_result)
        night = night_of(publication, day=day, now=clock())
        choice = choose_night(scratch, night, settings.feeds)
    if choice.edition is None:
        return Preview(publication, night.day, choice, feeds, body=None, envelopes=())
    press = Press(
        choice.edition,
        publication,
        templates,
        created_at=night.cutoff,
        base_url=settings.base_url or UNSET_BASE_URL,
        key=settings.secret_key or UNSET_KEY,
        label=label,
    )
    body = press.body(readers[0] if readers else A_READER)
    envelopes = tuple(press.envelope(reader) for reader in readers)
    return Preview(publication, night.day, choice, feeds, body, envelopes, size_warning(body))


def save_preview(preview: Preview, folder: Path) -> tuple[Path, ...]:
    """Write SLUG-DAY.html and .txt, and SLUG-DAY-ADDRESS.eml for each envelope; their paths."""
    if preview.body is None:
        return ()
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{preview.publication.slug}-{preview.day}"
    files = {
        f"{stem}.html": preview.body.html.encode(),
        f"{stem}.txt": preview.body.text.encode(),
    }
    for envelope in preview.envelopes:
        files[f"{stem}-{file_name(envelope.recipient)}.eml"] = envelope.message
    for name, content in files.items():
        write_whole(folder / name, content)
    return tuple(folder / name for name in files)


def file_name(address: str) -> str:
    """An address as part of a file's name, whatever it holds."""
    return re.sub(r"[^a-z0-9.@+-]", "_", address.lower()).lstrip(".")
