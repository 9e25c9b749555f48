"""The tables of the hub: where modes are found, and what a page tells of its visitor."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from ingest.schema import events, metadata


def _decision() -> list[Column[object]]:
    return [
        Column("decided_at", DateTime(timezone=True), nullable=False),
        Column("decided_by", Text, nullable=False),
        Column("why", Text, nullable=False),
    ]


#: Every change of these tables is announced here, with an empty payload.
NOTIFICATIONS = "vigie_hub"

#: Where a mode is found; ``*`` is any surface.
hub_links = Table(
    "hub_links",
    metadata,
    Column("channel", Text, nullable=False),
    Column("surface", Text, nullable=False),
    Column("link", Text, nullable=False),
    *_decision(),
    PrimaryKeyConstraint("channel", "surface", name="pk_hub_links"),
    #: Nothing that a browser would run.
    CheckConstraint("link ~ '^(https?://|tel:|mailto:|sms:|/)'", name="link_is_an_address"),
)

#: Page, place, contract, basket or path → reason and segment, where the visitor tells none.
hub_clues = Table(
    "hub_clues",
    metadata,
    Column("id", BigInteger, Identity(), nullable=False),
    *[Column(name, Text) for name in ("page", "location", "contract")],
    Column("least_basket", BigInteger),
    *[Column(name, Text) for name in ("path", "reason", "segment")],
    *_decision(),
    PrimaryKeyConstraint("id", name="pk_hub_clues"),
    CheckConstraint("num_nonnulls(reason, segment) > 0", name="clue_tells_something"),
)

#: What customers chose and completed is read by time although it makes no contact.
Index(
    "ix_events_offer_chosen", events.c.occurred_at,
    postgresql_where=text("kind in ('offer_chosen', 'offer_completed')"),
)  # fmt: skip
