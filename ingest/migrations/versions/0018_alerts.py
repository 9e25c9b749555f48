"""Alerts: data with versions, one row a firing, one row an e-mail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    _alerts()
    _firings()
    _mails()


def _alerts() -> None:
    op.create_table(
        "alerts",
        *_texts("name"),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        *_texts("state"),
        sa.Column("reading", sa.Text),
        _time("seen_at", nullable=True),
        _time("snoozed_until", nullable=True),
        sa.Column("snoozed_by", sa.Text),
        _time("changed_at"),
        *_texts("changed_by"),
        sa.PrimaryKeyConstraint("name", name="pk_alerts"),
        sa.CheckConstraint("version > 0", name="ck_alerts_version_counts_from_one"),
    )
    op.create_table(
        "alert_versions",
        *_texts("name"),
        sa.Column("version", sa.Integer, nullable=False),
        *_texts("content"),
        _time("at"),
        *_texts("by"),
        sa.PrimaryKeyConstraint("name", "version", name="pk_alert_versions"),
        sa.CheckConstraint("content is json object", name="ck_alert_versions_content_is_json"),
    )


def _firings() -> None:
    op.create_table(
        "alert_firings",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        *_texts("name"),
        sa.Column("version", sa.Integer, nullable=False),
        _time("fired_at"),
        sa.Column("value", sa.Float, nullable=False),
        *_texts("reading"),
        _time("told_at", nullable=True),
        _time("acknowledged_at", nullable=True),
        sa.Column("acknowledged_by", sa.Text),
        _time("over_at", nullable=True),
        sa.Column("over_why", sa.Text),
        sa.Column("over_value", sa.Float),
        sa.PrimaryKeyConstraint("id", name="pk_alert_firings"),
        sa.CheckConstraint(
            "(over_at is null) = (over_why is null)", name="ck_alert_firings_over_says_why"
        ),
    )
    op.create_index(
        "uq_alert_firings_one_at_a_time", "alert_firings", ["name"], unique=True,
        postgresql_where=sa.text("over_at is null"),
    )  # fmt: skip
    op.create_index("ix_alert_firings_name_id", "alert_firings", ["name", "id"])


def _mails() -> None:
    op.create_table(
        "alert_mails",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("firing", sa.BigInteger, nullable=False),
        *_texts("recipient", "message"),
        _time("written_at"),
        sa.Column("state", sa.Text, nullable=False, server_default=sa.text("'waiting'")),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        _time("next_at"),
        sa.Column("lease", sa.Text),
        _time("leased_until", nullable=True),
        sa.Column("error", sa.Text),
        _time("settled_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_alert_mails"),
        sa.UniqueConstraint("firing", "recipient", name="uq_alert_mails_firing_recipient"),
        sa.CheckConstraint(
            "state in ('waiting', 'sent', 'dead')", name="ck_alert_mails_state_known"
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (settled_at is null)", name="ck_alert_mails_settled_with_a_time"
        ),
    )
    op.create_index(
        "ix_alert_mails_waiting", "alert_mails", ["next_at"],
        postgresql_where=sa.text("state = 'waiting'"),
    )  # fmt: skip


def _texts(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
