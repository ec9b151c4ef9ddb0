"""Readers who come and stay by themselves: the proof of their consent in full, how often they want
the mail, letters to one reader, and addresses that are forgotten but for a hash."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for column in (
        sa.Column("wording", sa.Text(), nullable=False, server_default=""),
        sa.Column("wording_version", sa.String(length=64), nullable=False, server_default=""),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("page", sa.Text(), nullable=False, server_default=""),
        sa.Column("user_agent", sa.Text(), nullable=False, server_default=""),
    ):
        op.add_column("consent", column)
    op.add_column(
        "subscription",
        sa.Column("frequency", sa.String(length=16), nullable=False, server_default="nightly"),
    )
    op.add_column("subscription", sa.Column("paused_until", INSTANT, nullable=True))
    op.create_table(
        "letter",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("subscriber_id", ROW_ID, nullable=False),
        sa.Column("publication", sa.String(length=100), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("not_before", INSTANT, nullable=False),
        sa.Column("n_tries", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_letter_subscriber_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
    )
    op.create_index(op.f("ix_letter_state_not_before"), "letter", ["state", "not_before"])
    op.create_index(op.f("ix_letter_subscriber_id"), "letter", ["subscriber_id"])
    op.create_table(
        "forgotten",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("publication", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("hash", "publication", name=op.f("pk_forgotten")),
    )
