"""The tables of the callback desk.

The database holds what matters: no slot takes more than it has room for, a wish is booked once,
a number has one open callback a reason, an attempt is counted once.
"""

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

from ingest.declaring import moment
from ingest.schema import metadata

#: Under which terms slots are offered; `reason` ``*``: for those that have none of their own.
#: Rows are only ever added: of those for one reason the last stands.
callback_terms = Table(
    "callback_terms",
    metadata,
    Column("id", BigInteger, Identity(), nullable=False),
    Column("reason", Text, nullable=False),
    #: False: no terms of its own any more.
    Column("stands", Boolean, nullable=False),
    #: Who answers; null: as many as did a week before.
    Column("agents", Integer),
    Column("hours", Text, nullable=False),
    *[
        Column(name, Integer, nullable=False)
        for name in ("slot_minutes", "lead_minutes", "ahead_days", "most", "unknown", "tries")
    ],
    Column("retry_minutes", Integer, nullable=False),
    Column("occupancy", Float, nullable=False),
    Column("share", Float, nullable=False),
    moment("decided_at"),
    Column("decided_by", Text, nullable=False),
    Column("why", Text, nullable=False),
    PrimaryKeyConstraint("id", name="pk_callback_terms"),
)

#: How many are booked in a slot; `pool` is the reason whose terms it is offered under, or ``*``.
callback_slots = Table(
    "callback_slots",
    metadata,
    Column("pool", Text, nullable=False),
    moment("start_at"),
    #: As it was when the last one was booked.
    Column("capacity", Integer, nullable=False),
    Column("booked", Integer, nullable=False),
    PrimaryKeyConstraint("pool", "start_at", name="pk_callback_slots"),
    CheckConstraint("booked between 0 and capacity", name="no_more_than_there_is_room_for"),
)

#: Calls that we owe.  `phone`, `name` and `number_key` (a keyed hash of the number) are there
#: until it is done and a little later.
callbacks = Table(
    "callbacks",
    metadata,
    Column("id", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("pool", Text, nullable=False),
    moment("start_at"),
    moment("end_at"),
    #: Empty where none was told.
    Column("reason", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("surface", Text),
    Column("name", Text),
    Column("phone", Text),
    Column("phone_masked", Text, nullable=False),
    Column("number_key", Text),
    Column("state", Text, nullable=False),
    moment("booked_at"),
    #: When it became a contact: its slot began, or it was tried before.
    moment("opened_at", nullable=True),
    #: When it is to be tried, or tried again.
    moment("due_at"),
    Column("tried", Integer, nullable=False),
    #: How often it is tried at most.
    Column("tries", Integer, nullable=False),
    moment("ended_at", nullable=True),
    PrimaryKeyConstraint("id", name="pk_callbacks"),
    UniqueConstraint("request_id", name="uq_callbacks_request_id"),
    CheckConstraint("end_at > start_at", name="slot_has_a_length"),
    CheckConstraint("state in ('open', 'reached', 'failed', 'cancelled')", name="state_known"),
    CheckConstraint("(state = 'open') = (ended_at is null)", name="ended_when_not_open"),
    CheckConstraint("state <> 'open' or phone is not null", name="open_has_its_number"),
    Index(
        "uq_callbacks_number_key_reason", "number_key", "reason", unique=True,
        postgresql_where=text("state = 'open'"),
    ),
    Index(
        "ix_callbacks_start_at_unopened", "start_at",
        postgresql_where=text("opened_at is null"),
    ),
    Index("ix_callbacks_due_at", "due_at", postgresql_where=text("state = 'open'")),
    Index("ix_callbacks_ended_at", "ended_at", postgresql_where=text("phone is not null")),
    Index("ix_callbacks_start_at", "start_at"),
)  # fmt: skip

callback_attempts = Table(
    "callback_attempts",
    metadata,
    Column("callback", Text, nullable=False),
    #: 1, 2, 3…
    Column("number", Integer, nullable=False),
    moment("at"),
    Column("by", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("request_id", Text),
    PrimaryKeyConstraint("callback", "number", name="pk_callback_attempts"),
    UniqueConstraint("callback", "request_id", name="uq_callback_attempts_callback_request_id"),
    CheckConstraint(
        "outcome in ('reached', 'no_answer', 'busy', 'wrong_number', 'cancelled')",
        name="outcome_known",
    ),
)
