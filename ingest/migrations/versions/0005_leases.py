"""Leases: the workers that share the sources, and who has which."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "workers",
        sa.Column("worker", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alive_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sources", ARRAY(sa.Text)),
        sa.PrimaryKeyConstraint("worker", name="pk_workers"),
    )
    op.create_table(
        "leases",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("worker", sa.Text),
        sa.Column("not_before", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("source", name="pk_leases"),
    )
