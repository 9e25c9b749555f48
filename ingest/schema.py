"""The declared tables of the ingest floor (SQLAlchemy Core).

Everything hangs on the *thread key*: a stable hash of (source, the source's contact id).
It is part of every unique constraint on events, threads and contacts, so that they can be
distributed by it; there are no foreign keys and no triggers for the same reason.
"""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    Date,
    Float,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON

from ingest.declaring import moment, words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)


#: Raw facts, partitioned by UTC day (``events_YYYYMMDD``) for retention.  The key leads
#: with the thread: one index answers «known already?» and «all facts of this thread».
events = Table(
    "events",
    metadata,
    Column("thread_key", BigInteger, nullable=False),
    Column("event_key", BigInteger, nullable=False),
    moment("occurred_at"),
    Column("digest", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("contact_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("direction", Text, nullable=False),
    *words("queue", "reason", "segment", "site", "agent"),
    *[
        Column(name, Integer)
        for name in ("wait_ms", "dial_wait_ms", "talk_ms", "hold_ms", "wrap_ms")
    ],
    Column("identities", JSON),
    Column("attributes", JSON),
    PrimaryKeyConstraint("thread_key", "event_key", "occurred_at"),
    Index(
        "ix_events_source_started",
        "source",
        "occurred_at",
        postgresql_where=text("kind = 'source_started'"),
    ),
    postgresql_partition_by="RANGE (occurred_at)",
)

#: One row a thread: the lock that writers of the thread take, and the span of its events.
threads = Table(
    "threads",
    metadata,
    Column("thread_key", BigInteger, primary_key=True, autoincrement=False),
    moment("first_at"),
    moment("last_at"),
)

#: Contacts, folded from the events of their thread: `turn` counts them from 1.
contacts = Table(
    "contacts",
    metadata,
    Column("thread_key", BigInteger, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("contact_id", Text, nullable=False),
    Column("channel", Text, nullable=False),
    #: sync, near-sync or async: which clock judges it.
    Column("modality", Text, nullable=False),
    Column("direction", Text, nullable=False),
    *words("queue", "reason", "segment", "site", "agent"),
    #: When it began for the customer, and its first and last fact.
    moment("began_at"),
    moment("last_at"),
    #: Null where the contact never asked for an agent (left in the IVR, solved by the bot).
    moment("offered_at", nullable=True),
    moment("answered_at", nullable=True),
    moment("abandoned_at", nullable=True),
    moment("flowed_out_at", nullable=True),
    moment("deflected_at", nullable=True),
    moment("contained_at", nullable=True),
    moment("resolved_at", nullable=True),
    #: When it left the queue, however; null while it waits.
    moment("left_at", nullable=True),
    #: offered_at plus the target in force then: the moment it is due.
    moment("due_at", nullable=True),
    #: answered, abandoned, flowed_out, deflected, open; null when never offered.
    Column("outcome", Text),
    *[
        Column(name, Integer)
        for name in (
            "wait_ms",
            "dial_wait_ms",
            "talk_ms",
            "hold_ms",
            "wrap_ms",
            "response_ms",
            "resolution_ms",
            "target_ms",
            "short_ms",
        )
    ],
    #: When the customer began to wait for our next word; null when nobody waits.
    moment("awaiting_since", nullable=True),
    *[
        Column(name, Integer, nullable=False)
        for name in ("messages_in", "messages_out", "transfers", "ring_no_answers")
    ],
    PrimaryKeyConstraint("thread_key", "turn"),
    Index("ix_contacts_offered_at", "offered_at"),
    Index("ix_contacts_open", "offered_at", postgresql_where=text("outcome = 'open'")),
)

#: What Vigie knows of a channel.  An unknown one is taken as ``phone`` is: sync.
channels = Table(
    "channels",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("modality", Text, nullable=False),
    #: A conversation answered and then silent for this long has ended.
    Column("silence_ms", BigInteger, nullable=False),
    #: An agent answers here: what the guardrails call a human channel.
    Column("human", SmallInteger, nullable=False),
    Column("position", SmallInteger, nullable=False),
    #: What people group it under: voice, written…; null: nothing.
    Column("family", Text),
)

#: Answer targets, effective-dated: the most specific row in force when the contact arrives
#: decides (queue, then channel, then ``*``).
targets = Table(
    "targets",
    metadata,
    Column("channel", Text, nullable=False),
    Column("queue", Text, nullable=False),
    moment("valid_from"),
    Column("target_ms", Integer, nullable=False),
    Column("short_ms", Integer, nullable=False),
    #: The share to reach within the target, as a fraction (0.8).
    Column("goal", Float, nullable=False),
    PrimaryKeyConstraint("channel", "queue", "valid_from"),
)

sources = Table(
    "sources",
    metadata,
    Column("source", Text, primary_key=True),
    Column("connector", Text, nullable=False),
    Column("cursor", Text),
    moment("last_event_at", nullable=True),
    moment("last_seen_at"),
    Column("error", Text),
    moment("error_at", nullable=True),
)

#: received = new + duplicate + superseded + quarantined, per source and day of receipt (UTC).
ledger = Table(
    "ledger",
    metadata,
    Column("source", Text, nullable=False),
    Column("day", Date, nullable=False),
    *[
        Column(name, BigInteger, nullable=False)
        for name in ("received", "new", "duplicate", "superseded", "quarantined")
    ],
    PrimaryKeyConstraint("source", "day"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("source", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    moment("received_at"),
    moment("replayed_at", nullable=True),
    Index("uq_quarantine_source_sha256_reason", "source", "sha256", "reason", unique=True),
)

#: What was pushed, as it came and before anybody has read it; gone with the transaction that
#: stores what it tells.  Nobody settles a row before `due_at`: it is the lease of who is at it.
inbox = Table(
    "inbox",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("source", Text, nullable=False),
    Column("connector", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    moment("received_at"),
    moment("due_at"),
    #: How often it was begun; one that ends its reader every time is read no more.
    Column("attempts", Integer, nullable=False),
    Index("ix_inbox_due_at", "due_at"),
)

#: The workers that share the sources.  One lives while its row is renewed in time and its
#: connection (`pid`, since `connected_at`) stands.
workers = Table(
    "workers",
    metadata,
    Column("worker", Text, primary_key=True),
    Column("pid", Integer, nullable=False),
    moment("connected_at"),
    moment("alive_until"),
    #: What it is able to pull; null: it helps out and counts for nobody's share.
    Column("sources", ARRAY(Text)),
)

#: Who pulls a source; it stands while that worker lives.
leases = Table(
    "leases",
    metadata,
    Column("source", Text, primary_key=True),
    Column("worker", Text),
    #: The source asked to be left alone until then.
    moment("not_before", nullable=True),
)

#: Whole milliseconds of an interval, never negative, within int4; null of null (which greatest
#: alone would make 0: an unanswered mail would have been answered at once).
MILLISECONDS = """
create or replace function milliseconds(interval) returns integer
language sql immutable parallel safe return case when $1 is null then null
    else least(2147483647, greatest(0, (date_part('epoch', $1) * 1000)::bigint))::integer end
"""

event.listen(metadata, "before_create", DDL(MILLISECONDS))  # type: ignore[no-untyped-call]
