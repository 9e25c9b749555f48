"""What people keep for themselves: filters, columns, that the tour was seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "kept_choices",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("user_name", "place", "choice")),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_name", "place", name="pk_kept_choices"),
    )
