"""Links: of each request of a customer the previous and the next one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "links",
        sa.Column("thread_key", sa.BigInteger, nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("customer_key", sa.BigInteger, nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("modality", sa.Text, nullable=False),
        *_words("queue", "reason", "segment", "site", "outcome"),
        sa.Column("previous_thread_key", sa.BigInteger),
        sa.Column("previous_turn", sa.Integer),
        *_words("previous_channel", "previous_queue", "previous_reason", "previous_outcome"),
        *_whole("since_ms", "since_channel_ms", "since_reason_ms", "since_both_ms"),
        sa.Column("next_thread_key", sa.BigInteger),
        sa.Column("next_turn", sa.Integer),
        *_words("next_channel", "next_queue", "next_reason", "next_reason_channel"),
        *_whole("until_ms", "until_channel_ms", "until_reason_ms", "until_both_ms"),
        sa.PrimaryKeyConstraint("thread_key", "turn", name="pk_links"),
    )
    op.create_index("ix_links_customer_key", "links", ["customer_key"])
    op.create_index("ix_links_arrived_at", "links", ["arrived_at"])
    # What was stored before is linked as soon as a linker runs.
    op.execute("insert into linking_due (thread_key) select thread_key from threads")


def _words(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Text) for name in names]


def _whole(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.BigInteger) for name in names]
