"""Links of the modes, clues of the pages; choices are read by time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "hub_links",
        *[sa.Column(name, sa.Text, nullable=False) for name in ("channel", "surface", "link")],
        *_decision(),
        sa.PrimaryKeyConstraint("channel", "surface", name="pk_hub_links"),
        sa.CheckConstraint(
            "link ~ '^(https?://|tel:|mailto:|sms:|/)'", name="ck_hub_links_link_is_an_address"
        ),
    )
    op.create_table(
        "hub_clues",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        *[sa.Column(name, sa.Text) for name in ("page", "location", "contract")],
        sa.Column("least_basket", sa.BigInteger),
        *[sa.Column(name, sa.Text) for name in ("path", "reason", "segment")],
        *_decision(),
        sa.PrimaryKeyConstraint("id", name="pk_hub_clues"),
        sa.CheckConstraint(
            "num_nonnulls(reason, segment) > 0", name="ck_hub_clues_clue_tells_something"
        ),
    )
    op.create_index(
        "ix_events_offer_chosen", "events", ["occurred_at"],
        postgresql_where=sa.text("kind in ('offer_chosen', 'offer_completed')"),
    )  # fmt: skip


def _decision() -> list[sa.Column[object]]:
    at: sa.Column[object] = sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False)
    by: sa.Column[object] = sa.Column("decided_by", sa.Text, nullable=False)
    why: sa.Column[object] = sa.Column("why", sa.Text, nullable=False)
    return [at, by, why]
