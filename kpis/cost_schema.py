"""What contacts cost."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, PrimaryKeyConstraint, Table, Text

from ingest.schema import metadata

#: Prices, effective-dated: a contact costs what is in force when it arrives.  The price of its
#: own source (the provider) goes before that of its channel, whose `source` is ``*``.
costs = Table(
    "costs",
    metadata,
    Column("channel", Text, nullable=False),
    Column("source", Text, nullable=False),
    #: A full quarter hour, so that the rollups can tell before from after.
    Column("valid_from", DateTime(timezone=True), nullable=False),
    #: Millionths of the currency: for each contact, and for each minute of its handling.
    Column("contact_micros", BigInteger, nullable=False),
    Column("minute_micros", BigInteger, nullable=False),
    #: ISO 4217; one for the whole house, for sums.
    Column("currency", Text, nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    Column("decided_by", Text, nullable=False),
    PrimaryKeyConstraint("channel", "source", "valid_from"),
)
