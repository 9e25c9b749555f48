"""Rules that flip switches: their versions, the evaluator's state, trials, advice, log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0014"


def upgrade() -> None:
    _rules()
    _versions()
    _log()
    _trials()
    _proposals()


def _rules() -> None:
    op.create_table(
        "rules",
        *_texts("name", "mode"),
        sa.Column("version", sa.Integer, nullable=False),
        *_texts("state"),
        sa.Column("decision", sa.BigInteger, nullable=False),
        sa.Column("intent", sa.Text),
        sa.Column("seen", sa.Text),
        _time("seen_at", nullable=True),
        _time("changed_at"),
        *_texts("changed_by"),
        sa.PrimaryKeyConstraint("name", name="pk_rules"),
        sa.CheckConstraint("mode in ('off', 'advise', 'auto')", name="ck_rules_mode_known"),
        sa.CheckConstraint("version > 0", name="ck_rules_version_counts_from_one"),
    )


def _versions() -> None:
    op.create_table(
        "rule_versions",
        *_texts("name"),
        sa.Column("version", sa.Integer, nullable=False),
        *_texts("content"),
        _time("at"),
        *_texts("by", "why"),
        sa.PrimaryKeyConstraint("name", "version", name="pk_rule_versions"),
        sa.CheckConstraint("content is json object", name="ck_rule_versions_content_is_json"),
    )


def _log() -> None:
    op.create_table(
        "rule_log",
        _number(),
        *_texts("name"),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("decision", sa.BigInteger, nullable=False),
        _time("at"),
        *_texts("kind", "told", "reading"),
        sa.PrimaryKeyConstraint("id", name="pk_rule_log"),
    )
    op.create_index("ix_rule_log_name_id", "rule_log", ["name", "id"])


def _trials() -> None:
    op.create_table(
        "rule_trials",
        _number(),
        *_texts("name"),
        sa.Column("version", sa.Integer, nullable=False),
        _time("at"),
        *_texts("by"),
        sa.Column("days", sa.Integer, nullable=False),
        sa.Column("acted", sa.Integer, nullable=False),
        sa.Column("acting_s", sa.Float, nullable=False),
        *_texts("trial"),
        sa.PrimaryKeyConstraint("id", name="pk_rule_trials"),
    )
    op.create_index("ix_rule_trials_name_version", "rule_trials", ["name", "version"])


def _proposals() -> None:
    op.create_table(
        "rule_proposals",
        _number(),
        *_texts("name"),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("decision", sa.BigInteger, nullable=False),
        _time("at"),
        *_texts("move", "change", "reading", "status"),
        _time("decided_at", nullable=True),
        sa.Column("decided_by", sa.Text),
        sa.Column("switch_id", sa.BigInteger),
        sa.Column("switch_version", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_rule_proposals"),
        sa.UniqueConstraint("name", "decision", name="uq_rule_proposals_name_decision"),
        sa.CheckConstraint(
            "status in ('open', 'applied', 'dismissed', 'withdrawn')",
            name="ck_rule_proposals_status_known",
        ),
    )


def _number() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
