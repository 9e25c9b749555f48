"""The table of links: who came again, after what, and how long after."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from ingest.declaring import words
from ingest.schema import metadata


def _whole(*names: str) -> list[Column[object]]:
    return [Column(name, BigInteger) for name in names]


#: One row a request of a known customer: the contact that began it, by its key.  What is a
#: request of its own is said in ``links.sql``.  A pure function of ``contacts`` and
#: ``thread_customers``.
#:
#: `since_…` and `until_…` are whole milliseconds from the previous and to the next arrival of
#: the same customer: on any channel for any reason, then on the same channel, for the same
#: reason, both.  A reason that nobody told is the same as no other.
links = Table(
    "links",
    metadata,
    Column("thread_key", BigInteger, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("customer_key", BigInteger, nullable=False),
    #: When it asked for an agent; began, where it never did.
    Column("arrived_at", DateTime(timezone=True), nullable=False),
    Column("source", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("modality", Text, nullable=False),
    *words("queue", "reason", "segment", "site"),
    #: How the request left its last queue; null where nobody was asked for.
    Column("outcome", Text),
    Column("previous_thread_key", BigInteger),
    Column("previous_turn", Integer),
    *words("previous_channel", "previous_queue", "previous_reason", "previous_outcome"),
    *_whole("since_ms", "since_channel_ms", "since_reason_ms", "since_both_ms"),
    Column("next_thread_key", BigInteger),
    Column("next_turn", Integer),
    *words("next_channel", "next_queue", "next_reason"),
    #: The channel of the next one for the same reason.
    *words("next_reason_channel"),
    *_whole("until_ms", "until_channel_ms", "until_reason_ms", "until_both_ms"),
    PrimaryKeyConstraint("thread_key", "turn"),
    Index("ix_links_customer_key", "customer_key"),
    Index("ix_links_arrived_at", "arrived_at"),
)
