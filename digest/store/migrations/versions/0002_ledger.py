"""The ledger in full: held deliveries, attempts written before they are made, whose turn it is
among batches, and how much each relay has carried on which day."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # HELD took the number 2, between deferred and failed: an upsert may only rise.
    op.execute("UPDATE delivery SET state = state + 1 WHERE state >= 2")
    with op.batch_alter_table("batch") as batch:
        batch.add_column(sa.Column("turns", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE batch SET turns = epoch")
    with op.batch_alter_table("batch") as batch:
        batch.alter_column("turns", server_default=None)
    op.add_column("edition", sa.Column("resumed_at", sa.DateTime(timezone=True), nullable=True))
    # Not a batch operation: SQLite would make the table anew and lose WITHOUT ROWID.
    op.add_column(
        "delivery",
        sa.Column("is_uncertain", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "attempt",
        sa.Column("edition_id", ROW_ID, nullable=False),
        sa.Column("subscriber_id", ROW_ID, nullable=False),
        sa.Column("batch_id", ROW_ID, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"],
            ["edition.id"],
            name=op.f("fk_attempt_edition_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("edition_id", "subscriber_id", name=op.f("pk_attempt")),
    )
    op.create_table(
        "relay_day",
        sa.Column("relay", sa.String(length=300), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("relay", "day", name=op.f("pk_relay_day")),
    )
