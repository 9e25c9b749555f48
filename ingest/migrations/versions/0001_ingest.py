"""Events, threads, contacts, channels, targets, sources, ledger, quarantine."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSON

revision = "0001"
down_revision = None

MINUTE, HOUR = 60_000, 3_600_000

#: channel, modality, silence that ends an answered conversation, a human answers.
CHANNELS = [
    ("phone", "sync", 24 * HOUR, 1),
    ("callback", "sync", 24 * HOUR, 1),
    ("video", "sync", 24 * HOUR, 1),
    ("chat", "sync", 2 * HOUR, 1),
    ("messaging", "near-sync", 24 * HOUR, 1),
    ("social", "near-sync", 24 * HOUR, 1),
    ("email", "async", 72 * HOUR, 1),
    ("form", "async", 72 * HOUR, 1),
    ("letter", "async", 30 * 24 * HOUR, 1),
    ("appointment", "async", 72 * HOUR, 1),
    ("branch", "sync", 24 * HOUR, 1),
    ("chatbot", "sync", 2 * HOUR, 0),
    ("voicebot", "sync", 2 * HOUR, 0),
    ("selfcare", "async", 2 * HOUR, 0),
]
#: channel, queue, target, short abandon, goal.
TARGETS = [
    ("*", "*", 20_000, 5_000, 0.8),
    ("chat", "*", 60_000, 10_000, 0.8),
    ("callback", "*", MINUTE, 5_000, 0.8),
    ("messaging", "*", 15 * MINUTE, 5_000, 0.8),
    ("social", "*", HOUR, 5_000, 0.8),
    ("email", "*", 8 * HOUR, 5_000, 0.8),
    ("form", "*", 8 * HOUR, 5_000, 0.8),
    ("letter", "*", 5 * 24 * HOUR, 5_000, 0.8),
    ("appointment", "*", 24 * HOUR, 5_000, 0.8),
    ("selfcare", "*", 24 * HOUR, 5_000, 0.8),
]


def upgrade() -> None:
    op.execute(
        "create or replace function milliseconds(interval) returns integer "
        "language sql immutable parallel safe return least(2147483647, "
        "greatest(0, (date_part('epoch', $1) * 1000)::bigint))::integer"
    )
    _events()
    _contacts()
    _settings()
    _bookkeeping()


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("thread_key", sa.BigInteger, nullable=False),
        sa.Column("event_key", sa.BigInteger, nullable=False),
        _time("occurred_at", nullable=False),
        *_required(sa.BigInteger, "digest", "revision"),
        *_required(sa.Text, "source", "event_id", "contact_id", "kind", "channel", "direction"),
        *_optional(sa.Text, "queue", "reason", "segment", "site", "agent"),
        *_optional(sa.Integer, "wait_ms", "dial_wait_ms", "talk_ms", "hold_ms", "wrap_ms"),
        sa.Column("identities", JSON),
        sa.Column("attributes", JSON),
        sa.PrimaryKeyConstraint("thread_key", "event_key", "occurred_at", name="pk_events"),
        postgresql_partition_by="RANGE (occurred_at)",
    )
    op.create_index(
        "ix_events_source_started", "events", ["source", "occurred_at"],
        postgresql_where=sa.text("kind = 'source_started'"),
    )
    op.create_table(
        "threads",
        sa.Column("thread_key", sa.BigInteger, nullable=False, autoincrement=False),
        _time("first_at", nullable=False),
        _time("last_at", nullable=False),
        sa.PrimaryKeyConstraint("thread_key", name="pk_threads"),
    )


def _contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("thread_key", sa.BigInteger, nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        *_required(sa.Text, "source", "contact_id", "channel", "modality", "direction"),
        *_optional(sa.Text, "queue", "reason", "segment", "site", "agent"),
        _time("began_at", nullable=False),
        _time("last_at", nullable=False),
        *map(
            _time,
            ("offered_at", "answered_at", "abandoned_at", "flowed_out_at", "deflected_at",
             "contained_at", "resolved_at", "left_at", "due_at"),
        ),
        sa.Column("outcome", sa.Text),
        *_optional(
            sa.Integer, "wait_ms", "dial_wait_ms", "talk_ms", "hold_ms", "wrap_ms",
            "response_ms", "resolution_ms", "target_ms", "short_ms",
        ),
        _time("awaiting_since"),
        *_required(sa.Integer, "messages_in", "messages_out", "transfers", "ring_no_answers"),
        sa.PrimaryKeyConstraint("thread_key", "turn", name="pk_contacts"),
    )
    op.create_index("ix_contacts_offered_at", "contacts", ["offered_at"])
    op.create_index(
        "ix_contacts_open", "contacts", ["offered_at"],
        postgresql_where=sa.text("outcome = 'open'"),
    )


def _settings() -> None:
    channels = op.create_table(
        "channels",
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("modality", sa.Text, nullable=False),
        sa.Column("silence_ms", sa.BigInteger, nullable=False),
        *_required(sa.SmallInteger, "human", "position"),
        sa.PrimaryKeyConstraint("channel", name="pk_channels"),
    )
    targets = op.create_table(
        "targets",
        *_required(sa.Text, "channel", "queue"),
        _time("valid_from", nullable=False),
        *_required(sa.Integer, "target_ms", "short_ms"),
        sa.Column("goal", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("channel", "queue", "valid_from", name="pk_targets"),
    )
    op.bulk_insert(channels, [
        {"channel": channel, "modality": modality, "silence_ms": silence, "human": human,
         "position": position}
        for position, (channel, modality, silence, human) in enumerate(CHANNELS)
    ])
    op.bulk_insert(targets, [
        {"channel": channel, "queue": queue, "valid_from": "1990-01-01T00:00:00Z",
         "target_ms": target, "short_ms": short, "goal": goal}
        for channel, queue, target, short, goal in TARGETS
    ])


def _bookkeeping() -> None:
    op.create_table(
        "sources",
        *_required(sa.Text, "source", "connector"),
        sa.Column("cursor", sa.Text),
        _time("last_event_at"),
        _time("last_seen_at", nullable=False),
        sa.Column("error", sa.Text),
        _time("error_at"),
        sa.PrimaryKeyConstraint("source", name="pk_sources"),
    )
    op.create_table(
        "ledger",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        *_required(
            sa.BigInteger, "received", "new", "duplicate", "superseded", "quarantined"
        ),
        sa.PrimaryKeyConstraint("source", "day", name="pk_ledger"),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        *_required(sa.Text, "source", "reason", "detail"),
        *_required(sa.LargeBinary, "raw", "sha256"),
        _time("received_at", nullable=False),
        _time("replayed_at"),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine"),
    )
    op.create_index(
        "uq_quarantine_source_sha256_reason", "quarantine", ["source", "sha256", "reason"],
        unique=True,
    )


def _time(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _required(kind: type[sa.types.TypeEngine[Any]], *names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, kind, nullable=False) for name in names]


def _optional(kind: type[sa.types.TypeEngine[Any]], *names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, kind) for name in names]
