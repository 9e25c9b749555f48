"""Callbacks: terms, slots, bookings, attempts; and how their contacts are found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0013"


def upgrade() -> None:
    _terms()
    _slots()
    _callbacks()
    _attempts()
    _found()


def _terms() -> None:
    op.create_table(
        "callback_terms",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("stands", sa.Boolean, nullable=False),
        sa.Column("agents", sa.Integer),
        sa.Column("hours", sa.Text, nullable=False),
        *_numbers("slot_minutes", "lead_minutes", "ahead_days", "most", "unknown", "tries"),
        *_numbers("retry_minutes"),
        sa.Column("occupancy", sa.Float, nullable=False),
        sa.Column("share", sa.Float, nullable=False),
        _time("decided_at"),
        *_texts("decided_by", "why"),
        sa.PrimaryKeyConstraint("id", name="pk_callback_terms"),
    )


def _slots() -> None:
    op.create_table(
        "callback_slots",
        *_texts("pool"),
        _time("start_at"),
        *_numbers("capacity", "booked"),
        sa.PrimaryKeyConstraint("pool", "start_at", name="pk_callback_slots"),
        sa.CheckConstraint(
            "booked between 0 and capacity",
            name="ck_callback_slots_no_more_than_there_is_room_for",
        ),
    )


def _callbacks() -> None:
    op.create_table(
        "callbacks",
        *_texts("id", "request_id", "pool"),
        _time("start_at"),
        _time("end_at"),
        *_texts("reason", "language"),
        *[sa.Column(name, sa.Text) for name in ("surface", "name", "phone")],
        *_texts("phone_masked"),
        sa.Column("number_key", sa.Text),
        *_texts("state"),
        _time("booked_at"),
        _time("opened_at", nullable=True),
        _time("due_at"),
        *_numbers("tried", "tries"),
        _time("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_callbacks"),
        sa.UniqueConstraint("request_id", name="uq_callbacks_request_id"),
        sa.CheckConstraint("end_at > start_at", name="ck_callbacks_slot_has_a_length"),
        sa.CheckConstraint(
            "state in ('open', 'reached', 'failed', 'cancelled')", name="ck_callbacks_state_known"
        ),
        sa.CheckConstraint(
            "(state = 'open') = (ended_at is null)", name="ck_callbacks_ended_when_not_open"
        ),
        sa.CheckConstraint(
            "state <> 'open' or phone is not null", name="ck_callbacks_open_has_its_number"
        ),
    )
    _where("uq_callbacks_number_key_reason", ["number_key", "reason"], "state = 'open'", True)
    _where("ix_callbacks_start_at_unopened", ["start_at"], "opened_at is null")
    _where("ix_callbacks_due_at", ["due_at"], "state = 'open'")
    _where("ix_callbacks_ended_at", ["ended_at"], "phone is not null")
    op.create_index("ix_callbacks_start_at", "callbacks", ["start_at"])


def _attempts() -> None:
    op.create_table(
        "callback_attempts",
        *_texts("callback"),
        *_numbers("number"),
        _time("at"),
        *_texts("by", "outcome"),
        sa.Column("request_id", sa.Text),
        sa.PrimaryKeyConstraint("callback", "number", name="pk_callback_attempts"),
        sa.UniqueConstraint(
            "callback", "request_id", name="uq_callback_attempts_callback_request_id"
        ),
        sa.CheckConstraint(
            "outcome in ('reached', 'no_answer', 'busy', 'wrong_number', 'cancelled')",
            name="ck_callback_attempts_outcome_known",
        ),
    )


def _found() -> None:
    at = {"contacts": "offered_at", "links": "arrived_at"}
    for table, column in at.items():
        op.create_index(
            f"ix_{table}_callback", table, [column],
            postgresql_where=sa.text("channel = 'callback'"),
        )  # fmt: skip


def _where(name: str, columns: list[str], where: str, unique: bool = False) -> None:
    op.create_index(name, "callbacks", columns, unique=unique, postgresql_where=sa.text(where))


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer, nullable=False) for name in names]


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
