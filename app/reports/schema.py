"""The tables of the reports: what was issued, who is sent what when, and what became of it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ingest.declaring import moment, texts, words
from ingest.schema import metadata

#: The figures that a report of a closed period was given out with, once each.
report_issues = Table(
    "report_issues",
    metadata,
    Column("id", BigInteger, Identity(), nullable=False),
    *texts("report"),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    #: The scope as JSON; the formula of the service level.
    *texts("zone", "scope", "formula"),
    moment("issued_at"),
    #: Of figures and formula; `figures` are packed (:mod:`app.reports.figures`).
    *texts("digest"),
    Column("figures", LargeBinary, nullable=False),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("report", "first", "last", "zone", "scope", "digest"),
)

#: Who is sent which report when; `since`: no occurrence before that is sent.
report_schedules = Table(
    "report_schedules",
    metadata,
    *texts("name"),
    Column("version", Integer, nullable=False),
    Column("enabled", Boolean, nullable=False),
    #: :class:`app.reports.sending.model.Schedule` as JSON.
    *texts("content"),
    moment("since"),
    moment("changed_at"),
    *texts("changed_by"),
    PrimaryKeyConstraint("name"),
    CheckConstraint("version > 0", name="version_counts_from_one"),
)

#: Append-only: every content a schedule has had, and when it was switched or taken away.
report_schedule_versions = Table(
    "report_schedule_versions",
    metadata,
    Column("id", BigInteger, Identity(), nullable=False),
    *texts("name"),
    Column("version", Integer, nullable=False),
    #: kept, on, off, removed
    *texts("act", "content"),
    moment("at"),
    *texts("by"),
    PrimaryKeyConstraint("id"),
)
Index("ix_report_schedule_versions_name", report_schedule_versions.c.name)

#: One row an occurrence of a schedule: the local `day` on which it is due.  due: to be written;
#: written: its files and letters stand; failed: given up; skipped: too late to be of use.
report_runs = Table(
    "report_runs",
    metadata,
    Column("id", BigInteger, Identity(), nullable=False),
    *texts("schedule"),
    Column("version", Integer, nullable=False),
    Column("day", Date, nullable=False),
    #: The schedule as it stood then, as JSON.
    *texts("content"),
    moment("due_at"),
    Column("state", Text, nullable=False, server_default=text("'due'")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    moment("next_at"),
    #: The writer that has it, by the server's clock.
    Column("lease", Text),
    moment("leased_until", nullable=True),
    Column("error", Text),
    #: What was written: the report's title and its days, what a letter says of it.
    *words("title", "subject", "letter"),
    Column("first", Date),
    Column("last", Date),
    moment("as_of", nullable=True),
    moment("settled_at", nullable=True),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("schedule", "day"),
    CheckConstraint("state in ('due', 'written', 'failed', 'skipped')", name="state_known"),
    CheckConstraint("(state = 'due') = (settled_at is null)", name="settled_with_a_time"),
)
Index(
    "ix_report_runs_due", report_runs.c.next_at, postgresql_where=text("state = 'due'"),
)  # fmt: skip

#: The archive: the files of a run as they were written.
report_files = Table(
    "report_files",
    metadata,
    Column("id", BigInteger, Identity(), nullable=False),
    Column("run", BigInteger, nullable=False),
    *texts("format", "name", "media_type", "sha256"),
    Column("content", LargeBinary, nullable=False),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("run", "format"),
)

#: One row a letter to one person.  handed: all but its end was sent, from here on it may be the
#: mail server's; unknown: the sender ended before it heard whether it is.
report_letters = Table(
    "report_letters",
    metadata,
    Column("id", BigInteger, Identity(), nullable=False),
    Column("run", BigInteger, nullable=False),
    #: `message`: the Message-ID, the same at every attempt.
    *texts("recipient", "message"),
    #: 0, or of those that were sent again on purpose the number.
    Column("again", Integer, nullable=False, server_default=text("0")),
    Column("asked_by", Text),
    moment("written_at"),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    moment("next_at"),
    Column("lease", Text),
    moment("leased_until", nullable=True),
    Column("error", Text),
    moment("handed_at", nullable=True),
    moment("settled_at", nullable=True),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("run", "recipient", "again"),
    UniqueConstraint("message"),
    CheckConstraint(
        "state in ('waiting', 'handed', 'sent', 'dead', 'unknown')", name="state_known"
    ),
    CheckConstraint(
        "(state in ('waiting', 'handed')) = (settled_at is null)", name="settled_with_a_time"
    ),
    CheckConstraint("state <> 'handed' or handed_at is not null", name="handed_with_a_time"),
)
Index(
    "ix_report_letters_waiting", report_letters.c.next_at,
    postgresql_where=text("state in ('waiting', 'handed')"),
)  # fmt: skip
