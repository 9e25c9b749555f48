"""Calendars, and the versions of what service levels are judged by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSON

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    _calendars()
    _versions()


def _calendars() -> None:
    op.create_table(
        "calendars",
        *_scope(),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("hours", sa.Text),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("country", sa.Text),
        sa.Column("region", sa.Text),
        sa.Column("holiday_hours", sa.Text, nullable=False),
        *_decision(),
        sa.PrimaryKeyConstraint("id", name="pk_calendars"),
    )
    op.create_index(
        "ix_calendars_scope", "calendars", ["channel", "queue", "reason", "valid_from"]
    )
    op.create_table(
        "calendar_days",
        *_scope(),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("hours", sa.Text),
        sa.Column("zone", sa.Text, nullable=False),
        *_decision(),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_days"),
    )
    op.create_index("ix_calendar_days_day", "calendar_days", ["day"])


def _versions() -> None:
    op.create_table(
        "service_level_versions",
        sa.Column("version", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        *_decision(),
        sa.Column("change", sa.Text, nullable=False),
        sa.Column("formula", sa.Text, nullable=False),
        sa.Column("targets", JSON, nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_service_level_versions"),
    )
    # What stands already is the first version.
    op.execute(
        "insert into service_level_versions "
        "select 1, min(valid_from), now(), 'vigie', '', 'what came with Vigie', "
        "'abandons_count_against', json_agg(t order by channel, queue, valid_from) "
        "from targets t having count(*) > 0"
    )


def _scope() -> list[sa.Column[object]]:
    words: list[sa.Column[object]] = [
        sa.Column(name, sa.Text, nullable=False) for name in ("channel", "queue", "reason")
    ]
    return [sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False), *words]


def _decision() -> list[sa.Column[object]]:
    return [
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
    ]
