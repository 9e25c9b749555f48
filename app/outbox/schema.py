"""The tables of the outbox: who is told, and what each of them was or will be told."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ingest.declaring import moment, texts
from ingest.schema import metadata

#: Who is told.  The secret that signs is made from `salt` and VIGIE_SECRET_KEY: none is here.
webhook_subscribers = Table(
    "webhook_subscribers",
    metadata,
    *texts("name", "url"),
    #: Of what; none named is everything.
    Column("kinds", ARRAY(Text), nullable=False),
    Column("salt", LargeBinary, nullable=False),
    #: Signs too, until then: while the other side changes its secret.
    Column("former_salt", LargeBinary),
    moment("former_until", nullable=True),
    moment("added_at"),
    *texts("added_by"),
    #: The sender that has it, by the server's clock.
    Column("lease", Text),
    moment("leased_until", nullable=True),
    #: Attempts that failed since the last success, and the rest that follows from them.
    Column("failures", Integer, nullable=False, server_default=text("0")),
    moment("not_before", nullable=True),
    PrimaryKeyConstraint("name"),
    CheckConstraint("url ~ '^https?://'", name="url_is_an_address"),
)

#: What each subscriber is told, with what became of it.  superseded: a newer version of the
#: subject was there before this one could be sent.  dead: given up.
webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", BigInteger, Identity(), nullable=False),
    *texts("subscriber", "message", "kind", "subject"),
    Column("version", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    moment("announced_at"),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    moment("next_at"),
    #: What the last attempt was answered, if anything, and what was wrong with it.
    Column("status", SmallInteger),
    Column("error", Text),
    moment("settled_at", nullable=True),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("subscriber", "subject", "version"),
    CheckConstraint("state in ('waiting', 'sent', 'superseded', 'dead')", name="state_known"),
    CheckConstraint("(state = 'waiting') = (settled_at is null)", name="settled_with_a_time"),
)
Index(
    "ix_webhook_deliveries_waiting", webhook_deliveries.c.subscriber, webhook_deliveries.c.next_at,
    postgresql_where=text("state = 'waiting'"),
)  # fmt: skip
