"""Reports: what was issued, schedules with versions, one row an occurrence, a file, a letter."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    _issues()
    _schedules()
    _runs()
    _files()
    _letters()


def _issues() -> None:
    op.create_table(
        "report_issues",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        *_texts("report"),
        sa.Column("first", sa.Date, nullable=False),
        sa.Column("last", sa.Date, nullable=False),
        *_texts("zone", "scope", "formula"),
        _time("issued_at"),
        *_texts("digest"),
        sa.Column("figures", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_report_issues"),
        sa.UniqueConstraint(
            "report", "first", "last", "zone", "scope", "digest",
            name="uq_report_issues_report_first_last_zone_scope_digest",
        ),
    )  # fmt: skip


def _schedules() -> None:
    op.create_table(
        "report_schedules",
        *_texts("name"),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        *_texts("content"),
        _time("since"),
        _time("changed_at"),
        *_texts("changed_by"),
        sa.PrimaryKeyConstraint("name", name="pk_report_schedules"),
        sa.CheckConstraint("version > 0", name="ck_report_schedules_version_counts_from_one"),
    )
    op.create_table(
        "report_schedule_versions",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        *_texts("name"),
        sa.Column("version", sa.Integer, nullable=False),
        *_texts("act", "content"),
        _time("at"),
        *_texts("by"),
        sa.PrimaryKeyConstraint("id", name="pk_report_schedule_versions"),
    )
    op.create_index("ix_report_schedule_versions_name", "report_schedule_versions", ["name"])


def _runs() -> None:
    op.create_table(
        "report_runs",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        *_texts("schedule"),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        *_texts("content"),
        _time("due_at"),
        sa.Column("state", sa.Text, nullable=False, server_default=sa.text("'due'")),
        *_trying(),
        sa.Column("title", sa.Text),
        sa.Column("subject", sa.Text),
        sa.Column("letter", sa.Text),
        sa.Column("first", sa.Date),
        sa.Column("last", sa.Date),
        _time("as_of", nullable=True),
        _time("settled_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_report_runs"),
        sa.UniqueConstraint("schedule", "day", name="uq_report_runs_schedule_day"),
        sa.CheckConstraint(
            "state in ('due', 'written', 'failed', 'skipped')", name="ck_report_runs_state_known"
        ),
        sa.CheckConstraint(
            "(state = 'due') = (settled_at is null)", name="ck_report_runs_settled_with_a_time"
        ),
    )
    op.create_index(
        "ix_report_runs_due", "report_runs", ["next_at"],
        postgresql_where=sa.text("state = 'due'"),
    )  # fmt: skip


def _files() -> None:
    op.create_table(
        "report_files",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("run", sa.BigInteger, nullable=False),
        *_texts("format", "name", "media_type", "sha256"),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_report_files"),
        sa.UniqueConstraint("run", "format", name="uq_report_files_run_format"),
    )


def _letters() -> None:
    op.create_table(
        "report_letters",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("run", sa.BigInteger, nullable=False),
        *_texts("recipient", "message"),
        sa.Column("again", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("asked_by", sa.Text),
        _time("written_at"),
        sa.Column("state", sa.Text, nullable=False, server_default=sa.text("'waiting'")),
        *_trying(),
        _time("handed_at", nullable=True),
        _time("settled_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_report_letters"),
        sa.UniqueConstraint(
            "run", "recipient", "again", name="uq_report_letters_run_recipient_again"
        ),
        sa.UniqueConstraint("message", name="uq_report_letters_message"),
        sa.CheckConstraint(
            "state in ('waiting', 'handed', 'sent', 'dead', 'unknown')",
            name="ck_report_letters_state_known",
        ),
        sa.CheckConstraint(
            "(state in ('waiting', 'handed')) = (settled_at is null)",
            name="ck_report_letters_settled_with_a_time",
        ),
        sa.CheckConstraint(
            "state <> 'handed' or handed_at is not null",
            name="ck_report_letters_handed_with_a_time",
        ),
    )
    op.create_index(
        "ix_report_letters_waiting", "report_letters", ["next_at"],
        postgresql_where=sa.text("state in ('waiting', 'handed')"),
    )  # fmt: skip


def _trying() -> list[sa.Column[object]]:
    """Whoever tries, how often it was tried, when next."""
    return [
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        _time("next_at"),
        sa.Column("lease", sa.Text),
        _time("leased_until", nullable=True),
        sa.Column("error", sa.Text),
    ]


def _texts(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
