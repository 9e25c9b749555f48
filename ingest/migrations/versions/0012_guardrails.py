"""Guardrails: proposals, planned switches beside the one in force, readings in the audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

SCOPE = ["channel", "reason", "segment", "surface"]


def upgrade() -> None:
    _planned()
    _audit()
    _pending()
    op.create_table(
        "exposure_guardrails",
        *_texts("name", "value"),
        sa.PrimaryKeyConstraint("name", name="pk_exposure_guardrails"),
        _check("exposure_guardrails", "value_is_json", "value is json"),
    )


def _planned() -> None:
    table = "exposure_switches"
    op.drop_constraint("uq_exposure_switches_channel_reason_segment_surface", table)
    op.create_unique_constraint(
        "uq_exposure_switches_channel_reason_segment_surface_starts_at",
        table, [*SCOPE, "starts_at"], postgresql_nulls_not_distinct=True,
    )  # fmt: skip


def _audit() -> None:
    table = "exposure_audit"
    op.add_column(table, sa.Column("readings", sa.Text))
    op.add_column(table, sa.Column("proposed_by", sa.Text))
    op.create_check_constraint(
        op.f("ck_exposure_audit_readings_are_json"), table, "readings is json"
    )
    op.create_check_constraint(
        op.f("ck_exposure_audit_two_people"), table, "lower(proposed_by) <> lower(actor_name)"
    )
    op.create_index("ix_exposure_audit_at", table, ["at"])


def _pending() -> None:
    table = "exposure_pending"
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger, nullable=False, autoincrement=False),
        *_texts("act", "by_kind", "by_name", "by_account", "why"),
        sa.Column("readings", sa.Text),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.Text),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_exposure_pending"),
        _check(table, "act_is_json", "act is json object"),
        _check(table, "expires", "expires_at > proposed_at"),
        _check(table, "decision_known", "decision in ('approved', 'rejected')"),
        _check(table, "decided_whole", "num_nulls(decision, decided_by, decided_at) in (0, 3)"),
        _check(
            table, "two_people",
            "decision = 'rejected' or lower(decided_by) not in (lower(by_name), lower(by_account))",
        ),
    )  # fmt: skip


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=f"ck_{table}_{name}")
