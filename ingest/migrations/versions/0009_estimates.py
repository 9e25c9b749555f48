"""Estimated waits as they were told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "estimates",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *[sa.Column(name, sa.Text, nullable=False) for name in ("channel", "queue", "occasion")],
        sa.Column("estimate_ms", sa.Integer, nullable=False),
        sa.Column("recent_ms", sa.Integer),
        sa.Column("basis", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("at", "channel", "queue", "occasion", name="pk_estimates"),
    )
