"""The declared tables of the rules: data with versions, the evaluator's state beside it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
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
)

from ingest.declaring import moment, texts
from ingest.schema import metadata

#: One row a rule: its mode, its current version, and all that its evaluator remembers.
#: Whoever evaluates holds the row's lock; `decision` counts what was decided and is compared
#: before it is set.
rules = Table(
    "rules",
    metadata,
    *texts("name", "mode"),
    Column("version", Integer, nullable=False),
    #: :class:`app.exposure.rules.deciding.RuleState` as JSON.
    *texts("state"),
    Column("decision", BigInteger, nullable=False),
    #: What was decided and is not known to be carried out; null: nothing is under way.
    Column("intent", Text),
    #: The last evaluation: version, reading, next move.
    Column("seen", Text),
    moment("seen_at", nullable=True),
    moment("changed_at"),
    *texts("changed_by"),
    PrimaryKeyConstraint("name"),
    CheckConstraint("mode in ('off', 'advise', 'auto')", name="mode_known"),
    CheckConstraint("version > 0", name="version_counts_from_one"),
)

#: Append-only: every content a rule has had.
rule_versions = Table(
    "rule_versions",
    metadata,
    *texts("name"),
    Column("version", Integer, nullable=False),
    *texts("content"),
    moment("at"),
    *texts("by", "why"),
    PrimaryKeyConstraint("name", "version"),
    CheckConstraint("content is json object", name="content_is_json"),
)

#: Append-only: what each rule did, or could not do, by which version and which reading.
rule_log = Table(
    "rule_log",
    metadata,
    Column("id", BigInteger, Identity(), nullable=False),
    *texts("name"),
    Column("version", Integer, nullable=False),
    Column("decision", BigInteger, nullable=False),
    moment("at"),
    *texts("kind", "told", "reading"),
    PrimaryKeyConstraint("id"),
    Index("ix_rule_log_name_id", "name", "id"),
)

#: What a version would have done; a rule acts by itself only after a trial of its version.
rule_trials = Table(
    "rule_trials",
    metadata,
    Column("id", BigInteger, Identity(), nullable=False),
    *texts("name"),
    Column("version", Integer, nullable=False),
    moment("at"),
    *texts("by"),
    Column("days", Integer, nullable=False),
    Column("acted", Integer, nullable=False),
    Column("acting_s", Float, nullable=False),
    *texts("trial"),
    PrimaryKeyConstraint("id"),
    Index("ix_rule_trials_name_version", "name", "version"),
)

#: What a rule advises; a person applies or dismisses it, or the rule withdraws it.
rule_proposals = Table(
    "rule_proposals",
    metadata,
    Column("id", BigInteger, Identity(), nullable=False),
    *texts("name"),
    Column("version", Integer, nullable=False),
    Column("decision", BigInteger, nullable=False),
    moment("at"),
    *texts("move", "change", "reading", "status"),
    moment("decided_at", nullable=True),
    Column("decided_by", Text),
    Column("switch_id", BigInteger),
    Column("switch_version", BigInteger),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("name", "decision"),
    CheckConstraint("status in ('open', 'applied', 'dismissed', 'withdrawn')", name="status_known"),
)
