"""Users, sessions, API tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        _time("created_at"),
        _time("disabled_at", nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_users"),
        sa.CheckConstraint("role in ('viewer', 'operator')", name="ck_users_role"),
    )
    op.create_table(
        "sessions",
        sa.Column("id_hash", sa.LargeBinary, nullable=False),
        sa.Column("user_name", sa.Text, nullable=False),
        *map(_time, ("created_at", "last_seen_at", "expires_at")),
        sa.PrimaryKeyConstraint("id_hash", name="pk_sessions"),
    )
    op.create_table(
        "api_tokens",
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("user_name", sa.Text, nullable=False),
        *map(_time, ("created_at", "expires_at")),
        sa.PrimaryKeyConstraint("token_hash", name="pk_api_tokens"),
    )
    for table in ("sessions", "api_tokens"):
        op.create_index(f"ix_{table}_user_name", table, ["user_name"])


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
