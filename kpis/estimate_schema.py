"""The table of estimated waits that were shown or sampled; their errors are judged afterwards."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Integer, PrimaryKeyConstraint, Table, Text

from ingest.schema import metadata

#: What was told at that moment; `at` leads the key: old rows go together.
estimates = Table(
    "estimates",
    metadata,
    Column("at", DateTime(timezone=True), nullable=False),
    Column("channel", Text, nullable=False),
    #: Empty text where the source tells none.
    Column("queue", Text, nullable=False),
    #: ``sample`` (one a minute) or ``offer`` (told to a customer).
    Column("occasion", Text, nullable=False),
    Column("estimate_ms", Integer, nullable=False),
    #: The mean wait of those answered in the last half hour: what the estimate has to beat.
    Column("recent_ms", Integer),
    #: What it was made from: ``free``, ``queue``, ``backlog``.
    Column("basis", Text, nullable=False),
    PrimaryKeyConstraint("at", "channel", "queue", "occasion"),
)
