"""The tables, for SQLite and PostgreSQL alike (SQLAlchemy Core). I/O: none by itself.

Times are aware UTC instants; enums are stored as their values; lists as JSON. The migrations
under migrations/ make these tables; tests/real/test_store_opens.py keeps the two equal.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime; SQLite keeps it naive, so the zone is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime must not reach the store")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        instant: datetime = value
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


# SQLite numbers rows by itself only for INTEGER PRIMARY KEY.
RowId = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

feed_state = Table(
    "feed_state",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("url", Text, nullable=False),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("next_poll_at", Instant),
    Column("last_polled_at", Instant),
    Column("last_success_at", Instant),
    Column("failures", Integer, nullable=False, default=0),
    Column("last_error", Text),
    Column("is_gone", Boolean, nullable=False, default=False),
)

entry = Table(
    "entry",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("feed", String(100), nullable=False),
    Column("key", Text, nullable=False),
    Column("url", Text),
    Column("title", Text, nullable=False),
    Column("lede", Text, nullable=False),
    Column("byline", Text, nullable=False),
    Column("dateline", Text, nullable=False),
    Column("credit", Text, nullable=False),
    Column("categories", JSON, nullable=False),
    Column("image", JSON),
    Column("language", String(35)),
    Column("published_at", Instant, nullable=False),
    Column("updated_at", Instant),
    Column("first_seen_at", Instant, nullable=False),
    UniqueConstraint("feed", "key"),
    Index(None, "published_at"),
    Index(None, "first_seen_at"),
)

edition = Table(
    "edition",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("publication", String(100), nullable=False),
    Column("day", Date, nullable=False),
    Column("state", String(16), nullable=False),
    Column("since", Instant, nullable=False),
    Column("cutoff", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("resumed_at", Instant),  # last time that somebody had it go on after a pause
    Column("n_total", Integer, nullable=False, default=0),
    Column("reason", Text, nullable=False, default=""),
    Column("subject", Text, nullable=False, default=""),
    Column("chosen", JSON),
    Column("html", Text),  # the whole edition, personal spots unfilled: for resuming and the web
    Column("text", Text),
    Column("counts", JSON, nullable=False),
    UniqueConstraint("publication", "day"),  # a night is sent once, whoever asks
)

edition_entry = Table(
    "edition_entry",
    metadata,
    Column("edition_id", ForeignKey("edition.id", ondelete="CASCADE"), primary_key=True),
    Column("entry_id", RowId, primary_key=True),
    Column("url", Text),
    Index(None, "entry_id"),
)

batch = Table(
    "batch",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("edition_id", ForeignKey("edition.id", ondelete="CASCADE"), nullable=False),
    Column("no", Integer, nullable=False),
    Column("kind", String(8), nullable=False),  # first | retry
    Column("ids", LargeBinary, nullable=False),  # little-endian int64, ascending
    Column("n", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("epoch", Integer, nullable=False, default=0),
    Column("owner", String(100)),
    Column("lease_until", Instant),
    Column("tries", Integer, nullable=False, default=0),
    Column("turns", Integer, nullable=False, default=0),  # how often somebody of it was served
    Column("not_before", Instant),
    UniqueConstraint("edition_id", "no"),
    Index(None, "state"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("edition_id", ForeignKey("edition.id", ondelete="CASCADE"), primary_key=True),
    Column("subscriber_id", RowId, primary_key=True),
    Column("batch_id", RowId, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("state", Integer, nullable=False),  # ordered: an upsert may only rise
    Column("code", Integer),
    Column("enhanced", String(16), nullable=False, default=""),
    Column("reply", Text, nullable=False, default=""),
    Column("relay", Text, nullable=False, default=""),
    Column("at", Instant, nullable=False),
    Column("n_attempts", Integer, nullable=False, default=1),
    Column("is_uncertain", Boolean, nullable=False, default=False),
    Index(None, "edition_id", "state"),
    sqlite_with_rowid=False,
)

attempt = Table(  # a message that may be on its way: written before it leaves, with `hold` only
    "attempt",
    metadata,
    Column("edition_id", ForeignKey("edition.id", ondelete="CASCADE"), primary_key=True),
    Column("subscriber_id", RowId, primary_key=True),
    Column("batch_id", RowId, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("at", Instant, nullable=False),
)

relay_day = Table(  # what a relay with a warm-up has carried
    "relay_day",
    metadata,
    Column("relay", String(300), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("n", Integer, nullable=False),
)

subscriber = Table(
    "subscriber",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("address", String(320), nullable=False, unique=True),  # folded: see subscribe/address.py
    Column("address_as_given", Text, nullable=False),
    Column("name", Text, nullable=False, default=""),
    Column("language", String(35)),
    Column("created_at", Instant, nullable=False),
)

subscription = Table(
    "subscription",
    metadata,
    Column("subscriber_id", ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True),
    Column("publication", String(100), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("topics", JSON, nullable=False),  # section slugs; [] = every section
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("frequency", String(16), nullable=False, default="nightly", server_default="nightly"),
    Column("paused_until", Instant),
    Index(None, "publication", "state", "subscriber_id"),
)

consent = Table(
    "consent",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("subscriber_id", ForeignKey("subscriber.id", ondelete="CASCADE"), nullable=False),
    Column("publication", String(100), nullable=False),
    Column("event", String(16), nullable=False),  # imported | added | confirmed | unsubscribed ...
    Column("recorded_at", Instant, nullable=False),
    Column("source", Text, nullable=False),
    Column("at", Instant),
    Column("ip", String(45)),
    Column("confirmed_at", Instant),
    Column("confirmed_ip", String(45)),
    Column("note", Text, nullable=False, default=""),
    # What was agreed to, in which words, and where (CASL section 13).
    Column("wording", Text, nullable=False, default="", server_default=""),
    Column("wording_version", String(64), nullable=False, default="", server_default=""),
    Column("language", String(35)),
    Column("page", Text, nullable=False, default="", server_default=""),
    Column("user_agent", Text, nullable=False, default="", server_default=""),
    Index(None, "subscriber_id"),
)

letter = Table(  # a mail to one reader: confirm, welcome ...; kept until it is sent or given up
    "letter",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("kind", String(24), nullable=False),
    Column("subscriber_id", ForeignKey("subscriber.id", ondelete="CASCADE"), nullable=False),
    Column("publication", String(100), nullable=False),
    Column("address", String(320), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("n_tries", Integer, nullable=False, default=0),
    Column("state", String(16), nullable=False),  # waiting | sent | failed
    Column("reply", Text, nullable=False, default=""),
    Index(None, "state", "not_before"),
    Index(None, "subscriber_id"),
)

forgotten = Table(  # who asked to be forgotten: a keyed hash of the address, and no more
    "forgotten",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("publication", String(100), primary_key=True),
    Column("reason", String(16), nullable=False),
    Column("at", Instant, nullable=False),
)

suppression = Table(
    "suppression",
    metadata,
    Column("address", String(320), primary_key=True),
    Column("publication", String(100), primary_key=True, default=""),  # "" = all publications
    Column("reason", String(16), nullable=False),
    Column("source", Text, nullable=False),
    Column("evidence", Text, nullable=False, default=""),
    Column("at", Instant, nullable=False),
)
