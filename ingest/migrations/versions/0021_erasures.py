"""What was erased and stays so; what was forgotten by its age."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "erased_identities",
        sa.Column("tombstone", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        _time("erased_at"),
        sa.PrimaryKeyConstraint("tombstone", name="pk_erased_identities"),
    )
    op.create_table(
        "erased_threads",
        sa.Column("thread_key", sa.BigInteger, nullable=False, autoincrement=False),
        _time("erased_at"),
        sa.PrimaryKeyConstraint("thread_key", name="pk_erased_threads"),
    )
    op.create_table(
        "erasures",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        _time("at"),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        *[sa.Column(each, sa.Integer, nullable=False) for each in _COUNTS],
        sa.PrimaryKeyConstraint("id", name="pk_erasures"),
    )
    op.create_table(
        "forgotten",
        sa.Column("what", sa.Text, nullable=False),
        _time("before"),
        _time("ran_at"),
        sa.PrimaryKeyConstraint("what", name="pk_forgotten"),
    )


_COUNTS = ("identities", "contacts")


def _time(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)
