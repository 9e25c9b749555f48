"""Who looked at a customer, also from which page; found by customer and by time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("customer_accesses", sa.Column("page", sa.Text))
    op.create_index("ix_customer_accesses_at", "customer_accesses", ["at"])
    op.create_index(
        "ix_customer_accesses_customer_key_at", "customer_accesses", ["customer_key", "at"]
    )
