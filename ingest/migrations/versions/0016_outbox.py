"""Outbound webhooks: their subscribers, and what each of them was or will be told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    _subscribers()
    _deliveries()


def _subscribers() -> None:
    op.create_table(
        "webhook_subscribers",
        *_texts("name", "url"),
        sa.Column("kinds", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("former_salt", sa.LargeBinary),
        _time("former_until", nullable=True),
        _time("added_at"),
        *_texts("added_by"),
        sa.Column("lease", sa.Text),
        _time("leased_until", nullable=True),
        sa.Column("failures", sa.Integer, nullable=False, server_default=sa.text("0")),
        _time("not_before", nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_webhook_subscribers"),
        sa.CheckConstraint("url ~ '^https?://'", name="ck_webhook_subscribers_url_is_an_address"),
    )


def _deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        *_texts("subscriber", "message", "kind", "subject"),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        _time("announced_at"),
        sa.Column("state", sa.Text, nullable=False, server_default=sa.text("'waiting'")),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        _time("next_at"),
        sa.Column("status", sa.SmallInteger),
        sa.Column("error", sa.Text),
        _time("settled_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_deliveries"),
        sa.UniqueConstraint(
            "subscriber", "subject", "version",
            name="uq_webhook_deliveries_subscriber_subject_version",
        ),
        sa.CheckConstraint(
            "state in ('waiting', 'sent', 'superseded', 'dead')",
            name="ck_webhook_deliveries_state_known",
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (settled_at is null)",
            name="ck_webhook_deliveries_settled_with_a_time",
        ),
    )  # fmt: skip
    op.create_index(
        "ix_webhook_deliveries_waiting", "webhook_deliveries", ["subscriber", "next_at"],
        postgresql_where=sa.text("state = 'waiting'"),
    )  # fmt: skip


def _texts(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
