"""What the agents are doing now; and where their events are found again."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    text,
)

from ingest.declaring import moment
from ingest.schema import events, metadata

#: The last word on each agent of a source, in a queue or (empty text) in all of them, thing by
#: thing with the time it was told: a later word wins, in whatever order they come.
agent_states = Table(
    "agent_states",
    metadata,
    Column("source", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("queue", Text, nullable=False),
    #: The greatest of those told last: an agent of several channels stands in one.
    Column("channel", Text, nullable=False),
    Column("present", SmallInteger),
    moment("present_at", nullable=True),
    Column("paused", SmallInteger),
    moment("paused_at", nullable=True),
    Column("busy", SmallInteger),
    moment("busy_at", nullable=True),
    Column("contacts", Integer),
    moment("contacts_at", nullable=True),
    #: When the agent was last said to hold a contact: does the source tell that at all?
    moment("engaged_at", nullable=True),
    moment("at"),
    PrimaryKeyConstraint("source", "agent", "queue"),
)

Index(
    "ix_events_agent_state", events.c.occurred_at,
    postgresql_where=text("kind = 'agent_state'"),
)  # fmt: skip
Index(
    "ix_events_offer_shown", events.c.occurred_at,
    postgresql_where=text("kind = 'offer_shown'"),
)  # fmt: skip
