"""The declared tables of the deflection domain (SQLAlchemy Core).

The database holds what it can: one switch a scope and start, known states, shares within
0–100, an expiry behind every closing, a reason behind every change, two people behind an
approval.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

from ingest.schema import metadata

#: Every change is announced here, with an empty payload.
NOTIFICATIONS = "vigie_exposure"

#: The contact modes the hub offers, in the order of `position`.  Whether people answer there
#: is said once, by ``channels.human``.
exposure_modes = Table(
    "exposure_modes",
    metadata,
    Column("channel", Text, nullable=False),
    Column("position", SmallInteger, nullable=False),
    Column("label_fr", Text, nullable=False),
    Column("label_en", Text, nullable=False),
    PrimaryKeyConstraint("channel"),
    CheckConstraint("channel <> '*'", name="channel_is_a_word"),
)

#: The words a scope may use beside «any»: reasons, segments, surfaces.
exposure_words = Table(
    "exposure_words",
    metadata,
    Column("kind", Text, nullable=False),
    Column("word", Text, nullable=False),
    Column("position", SmallInteger, nullable=False),
    Column("label_fr", Text, nullable=False),
    Column("label_en", Text, nullable=False),
    #: From then on it is offered for no new choice; what names it keeps its meaning.
    Column("retired_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("kind", "word"),
    CheckConstraint("kind in ('reason', 'segment', 'surface')", name="kind_known"),
    CheckConstraint("word <> '*'", name="word_is_a_word"),
)

#: What operators have set; '*' means any.  A scope without a switch is open.
exposure_switches = Table(
    "exposure_switches",
    metadata,
    Column("id", BigInteger, nullable=False, autoincrement=False),
    *[Column(name, Text, nullable=False) for name in ("channel", "reason", "segment", "surface")],
    Column("state", Text, nullable=False),
    #: The percentage of visitors it applies to; the others see the mode open.
    Column("share", SmallInteger, nullable=False),
    Column("message_fr", Text),
    Column("message_en", Text),
    Column("why", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("starts_at", DateTime(timezone=True)),
    Column("expires_at", DateTime(timezone=True)),
    #: The `seq` of the audit row that made it so: never used twice.
    Column("version", BigInteger, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("id"),
    #: Several may be planned for one scope; no two begin at once («at once» is one moment too).
    UniqueConstraint(
        "channel", "reason", "segment", "surface", "starts_at", postgresql_nulls_not_distinct=True
    ),
    CheckConstraint("state in ('promoted', 'open', 'tucked', 'closed')", name="state_known"),
    CheckConstraint("share between 0 and 100", name="share_is_a_percentage"),
    CheckConstraint("why <> ''", name="why_is_told"),
    CheckConstraint("owner <> ''", name="owner_is_told"),
    CheckConstraint(
        "expires_at is not null or state in ('promoted', 'open')", name="closing_expires"
    ),
    CheckConstraint("expires_at > starts_at", name="expires_after_start"),
    #: What psycopg can read back; an «infinity» would blind every reader.
    CheckConstraint(
        "starts_at > '2000-01-01 00:00+00' and starts_at < '2100-01-01 00:00+00'",
        name="start_readable",
    ),
    CheckConstraint(
        "expires_at > '2000-01-01 00:00+00' and expires_at < '2100-01-01 00:00+00'",
        name="expiry_readable",
    ),
)

#: Append-only: one row a change, chained by sha256.  `seq` has no gap; the highest one is
#: the revision of the whole exposure.
exposure_audit = Table(
    "exposure_audit",
    metadata,
    Column("seq", BigInteger, nullable=False, autoincrement=False),
    Column("at", DateTime(timezone=True), nullable=False),
    *[Column(name, Text, nullable=False) for name in ("actor_kind", "actor_name", "action")],
    Column("switch_id", BigInteger, nullable=False),
    #: The switch as canonical JSON, byte for byte what was hashed; null where there was none.
    Column("before", Text),
    Column("after", Text),
    Column("why", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
    #: What the board said when it was decided, as JSON; hashed with the entry.
    Column("readings", Text),
    #: Who proposed what `actor_name` then approved.
    Column("proposed_by", Text),
    PrimaryKeyConstraint("seq"),
    CheckConstraint("seq > 0", name="seq_counts_from_one"),
    CheckConstraint("before is json object", name="before_is_json"),
    CheckConstraint("after is json object", name="after_is_json"),
    CheckConstraint("before is distinct from after", name="something_changed"),
    CheckConstraint("why <> ''", name="why_is_told"),
    CheckConstraint("actor_name <> ''", name="actor_is_told"),
    CheckConstraint("readings is json", name="readings_are_json"),
    CheckConstraint("lower(proposed_by) <> lower(actor_name)", name="two_people"),
    Index("ix_exposure_audit_at", "at"),
    Index("ix_exposure_audit_switch_id_seq", "switch_id", "seq"),
)

#: Changes that wait for a second person, and what became of them.  Waiting is one that nobody
#: has decided and that has not expired: no scheduler is asked.
exposure_pending = Table(
    "exposure_pending",
    metadata,
    Column("id", BigInteger, nullable=False, autoincrement=False),
    #: The change as canonical JSON.
    Column("act", Text, nullable=False),
    *[Column(name, Text, nullable=False) for name in ("by_kind", "by_name", "by_account", "why")],
    Column("readings", Text),
    Column("proposed_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("decision", Text),
    Column("decided_by", Text),
    Column("decided_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("id"),
    CheckConstraint("act is json object", name="act_is_json"),
    CheckConstraint("expires_at > proposed_at", name="expires"),
    CheckConstraint("decision in ('approved', 'rejected')", name="decision_known"),
    CheckConstraint("num_nulls(decision, decided_by, decided_at) in (0, 3)", name="decided_whole"),
    CheckConstraint(
        "decision = 'rejected' or lower(decided_by) not in (lower(by_name), lower(by_account))",
        name="two_people",
    ),
)

#: What the guardrails stand at where that is not the default.
exposure_guardrails = Table(
    "exposure_guardrails",
    metadata,
    Column("name", Text, nullable=False),
    Column("value", Text, nullable=False),
    PrimaryKeyConstraint("name"),
    CheckConstraint("value is json", name="value_is_json"),
)

#: Answers already given, by idempotency key; forgotten after a week.
exposure_requests = Table(
    "exposure_requests",
    metadata,
    Column("key", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("key"),
)
