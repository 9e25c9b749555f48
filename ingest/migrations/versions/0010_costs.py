"""Costs, the last word on each agent; channels without a person of ours are bots."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

#: Kinds that are read by time although they make no contact.
READ_BY_TIME = ("agent_state", "offer_shown")


def upgrade() -> None:
    _costs()
    _agents()
    for kind in READ_BY_TIME:
        op.create_index(
            f"ix_events_{kind}", "events", ["occurred_at"],
            postgresql_where=sa.text(f"kind = '{kind}'"),
        )  # fmt: skip
    _durations()
    _bots()


def _costs() -> None:
    op.create_table(
        "costs",
        *_texts("channel", "source"),
        _time("valid_from", nullable=False),
        sa.Column("contact_micros", sa.BigInteger, nullable=False),
        sa.Column("minute_micros", sa.BigInteger, nullable=False),
        *_texts("currency"),
        _time("decided_at", nullable=False),
        *_texts("decided_by"),
        sa.PrimaryKeyConstraint("channel", "source", "valid_from", name="pk_costs"),
    )


def _agents() -> None:
    op.create_table(
        "agent_states",
        *_texts("source", "agent", "queue", "channel"),
        sa.Column("present", sa.SmallInteger),
        _time("present_at"),
        sa.Column("paused", sa.SmallInteger),
        _time("paused_at"),
        sa.Column("busy", sa.SmallInteger),
        _time("busy_at"),
        sa.Column("contacts", sa.Integer),
        _time("contacts_at"),
        _time("engaged_at"),
        _time("at", nullable=False),
        sa.PrimaryKeyConstraint("source", "agent", "queue", name="pk_agent_states"),
    )


def _durations() -> None:
    """What had not come yet was kept as 0 ms."""
    for column, end in (
        ("wait_ms", "left_at"), ("response_ms", "answered_at"), ("resolution_ms", "resolved_at"),
    ):  # fmt: skip
        op.execute(
            f"update contacts set {column} = null "
            f"where {column} = 0 and (offered_at is null or {end} is null)"
        )


def _bots() -> None:
    op.execute("update channels set modality = 'bot' where human = 0")
    for table in ("contacts", "links"):
        op.execute(
            f"update {table} set modality = 'bot' "
            "where channel in (select channel from channels where human = 0)"
        )
    # The rollups tell modalities apart and add up durations: made anew at the next start.
    op.execute(
        "do $$ begin if to_regclass('rollup_shapes') is not null then "
        "delete from rollup_shapes; end if; end $$"
    )


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _time(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
