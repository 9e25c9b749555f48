"""The declared tables of the alerts: data with versions, firings, e-mails."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ingest.declaring import moment, texts
from ingest.schema import metadata

#: One row an alert: whether it is watched, its current version, and what the last look left.
#: Whoever looks holds the row's lock.
alerts = Table(
    "alerts",
    metadata,
    *texts("name"),
    Column("version", Integer, nullable=False),
    Column("enabled", Boolean, nullable=False),
    #: :class:`app.alerts.deciding.AlertState` and the last reading, as JSON.
    *texts("state"),
    Column("reading", Text),
    moment("seen_at", nullable=True),
    #: Nothing is told of it until then.
    moment("snoozed_until", nullable=True),
    Column("snoozed_by", Text),
    moment("changed_at"),
    *texts("changed_by"),
    PrimaryKeyConstraint("name"),
    CheckConstraint("version > 0", name="version_counts_from_one"),
)

#: Append-only: every content an alert has had.
alert_versions = Table(
    "alert_versions",
    metadata,
    *texts("name"),
    Column("version", Integer, nullable=False),
    *texts("content"),
    moment("at"),
    *texts("by"),
    PrimaryKeyConstraint("name", "version"),
    CheckConstraint("content is json object", name="content_is_json"),
)

#: One row a firing; of an alert at most one is not over.  `told_at`: when others were told of it;
#: null while it is snoozed.
alert_firings = Table(
    "alert_firings",
    metadata,
    Column("id", BigInteger, Identity(), nullable=False),
    *texts("name"),
    Column("version", Integer, nullable=False),
    moment("fired_at"),
    Column("value", Float, nullable=False),
    *texts("reading"),
    moment("told_at", nullable=True),
    moment("acknowledged_at", nullable=True),
    Column("acknowledged_by", Text),
    moment("over_at", nullable=True),
    #: Why it is over: back, unjudged (nothing to judge any more), off.
    Column("over_why", Text),
    Column("over_value", Float),
    PrimaryKeyConstraint("id"),
    CheckConstraint("(over_at is null) = (over_why is null)", name="over_says_why"),
)
Index(
    "uq_alert_firings_one_at_a_time", alert_firings.c.name, unique=True,
    postgresql_where=text("over_at is null"),
)  # fmt: skip
Index("ix_alert_firings_name_id", alert_firings.c.name, alert_firings.c.id)

#: One row a recipient of a firing: mailed once.  dead: given up.
alert_mails = Table(
    "alert_mails",
    metadata,
    Column("id", BigInteger, Identity(), nullable=False),
    Column("firing", BigInteger, nullable=False),
    #: `message`: the Message-ID, the same at every attempt.
    *texts("recipient", "message"),
    moment("written_at"),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    moment("next_at"),
    #: The sender that has it, by the server's clock.
    Column("lease", Text),
    moment("leased_until", nullable=True),
    Column("error", Text),
    moment("settled_at", nullable=True),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("firing", "recipient"),
    CheckConstraint("state in ('waiting', 'sent', 'dead')", name="state_known"),
    CheckConstraint("(state = 'waiting') = (settled_at is null)", name="settled_with_a_time"),
)
Index(
    "ix_alert_mails_waiting", alert_mails.c.next_at,
    postgresql_where=text("state = 'waiting'"),
)  # fmt: skip
