"""GET /metrics: how the newsroom's mail is doing, for Prometheus. I/O: the store.

Nothing in it is about one reader: labels are names that the newsroom has chosen (publications,
feeds), patterns of addresses, and states.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from digest.errors import StoreError
from digest.model.feeds import FeedState
from digest.model.ledger import DeliveryState, EditionRecord, EditionState
from digest.model.readers import SubscriptionState, SuppressionReason
from digest.store.engine import Store
from digest.store.figures import Figures, figures_of
from digest.web.answer import metrics_answer
from digest.web.client import Networks, address_of, is_in
from digest.web.exposition import Metric, Sample, exposition
from digest.web.front import Tally
from digest.web.site import Site

STATUSES = tuple(
    dict.fromkeys(one.value for kind in (SubscriptionState, SuppressionReason) for one in kind)
)
EDITION_STATES = tuple(state.value for state in EditionState)
DELIVERY_STATES = tuple(state.name.lower() for state in DeliveryState)


@dataclass(frozen=True, slots=True)
class Gauge:
    """What the page shows beside the store, and to whom (`readable_from`). `feeds` are those
    configured; `started_at` is when the server was."""

    site: Site
    tally: Tally
    feeds: tuple[str, ...]
    readable_from: Networks
    started_at: datetime

    async def show(self, request: Request) -> Response:
        """GET and HEAD /metrics; for everybody else there is no such page. Without the database the
        rest is shown."""
        client = address_of(self.site.client_of(request))
        if client is None or not is_in(client, self.readable_from):
            raise HTTPException(404)
        try:
            figures = await self.site.in_thread(_figures, self.site.store, self.site.publications)
        except StoreError:
            figures = None
        return metrics_answer(exposition(self._metrics(figures)))

    def _metrics(self, figures: Figures | None) -> Iterator[Metric]:
        uptime_s = (self.site.clock() - self.started_at).total_seconds()
        yield _gauge(
            "digest_build_info", "1, with the version.", [Sample(1, {"version": _version()})]
        )
        yield _gauge("digest_uptime_seconds", "Since the pages are served.", [Sample(uptime_s)])
        yield Metric(
            "digest_http_requests_total",
            "counter",
            "Answers, by the pattern of their address and the class of their status.",
            [Sample(n, {"route": pattern, "status": status})
             for (pattern, status), n in self.tally.counts.items()],
        )  # fmt: skip
        is_up = Sample(figures is not None)
        yield _gauge("digest_database_up", "Whether the database can be read.", [is_up])
        if figures is not None:
            yield from store_metrics(figures, self.feeds)


def store_metrics(figures: Figures, feeds: tuple[str, ...]) -> Iterator[Metric]:
    """What the store says, of the configured feeds alone; states that nobody is in are 0."""
    yield _gauge(
        "digest_readers",
        "Readers by status: of their subscription, or why they get no mail.",
        _by_publication(figures.readers, "status", STATUSES),
    )
    yield _gauge(
        "digest_editions",
        "Editions by state.",
        _by_publication(figures.editions, "state", EDITION_STATES),
    )
    yield from _latest(figures.latest)
    yield from _feeds([state for state in figures.feeds if state.name in feeds])


def _latest(latest: tuple[EditionRecord, ...]) -> Iterator[Metric]:
    counts = {record.publication: record.counts for record in latest}
    yield _gauge(
        "digest_latest_edition_recipients",
        "Readers whom the latest edition is for.",
        [Sample(record.n_total, {"publication": record.publication}) for record in latest],
    )
    yield _gauge(
        "digest_latest_edition_deliveries",
        "Its readers by outcome; those in none have not been tried.",
        _by_publication(counts, "state", DELIVERY_STATES),
    )
    yield _gauge(
        "digest_latest_edition_state",
        "1 for the state that it is in.",
        [Sample(record.state.value == state, {"publication": record.publication, "state": state})
         for record in latest for state in EDITION_STATES],
    )  # fmt: skip
    yield _gauge(
        "digest_latest_edition_cutoff_timestamp_seconds",
        "Up to when it took stories.",
        [Sample(record.cutoff.timestamp(), {"publication": record.publication})
         for record in latest],
    )  # fmt: skip


def _feeds(states: list[FeedState]) -> Iterator[Metric]:
    yield _gauge(
        "digest_feed_failures",
        "Polls of a feed that failed since one went well.",
        [Sample(state.failures, {"feed": state.name}) for state in states],
    )
    yield _gauge(
        "digest_feed_gone",
        "1 for a feed that is asked no more: its server has said that it is gone.",
        [Sample(state.is_gone, {"feed": state.name}) for state in states],
    )
    yield _gauge(
        "digest_feed_last_success_timestamp_seconds",
        "When a feed was last read.",
        [Sample(state.last_success_at.timestamp(), {"feed": state.name})
         for state in states if state.last_success_at is not None],
    )  # fmt: skip
    n_failing = sum(state.failures > 0 or state.is_gone for state in states)
    yield _gauge("digest_feeds_failing", "Feeds that somebody should look at.", [Sample(n_failing)])


def _by_publication(
    counts: Mapping[str, Mapping[str, int]], label: str, values: tuple[str, ...]
) -> list[Sample]:
    return [
        Sample(of_one.get(value, 0), {"publication": slug, label: value})
        for slug, of_one in counts.items()
        for value in values
    ]


def _gauge(name: str, meaning: str, samples: list[Sample]) -> Metric:
    return Metric(name, "gauge", meaning, samples)


def _figures(store: Store, publications: Mapping[str, object]) -> Figures:
    with store.read() as connection:
        return figures_of(connection, publications)


def _version() -> str:
    try:
        return version("digest")
    except PackageNotFoundError:
        return "unknown"
