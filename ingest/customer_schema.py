"""The tables of customers: identities, which thread told which, and whose a thread is.

All of it but decisions, log and accesses is a pure function of the events and the decisions
(:mod:`ingest.components` states it) and can be made anew.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    func,
)

from ingest.declaring import moment
from ingest.schema import metadata


def _key(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable, autoincrement=False)


#: Threads with new events, until the linker has seen to them.  Rows are only added and deleted,
#: never changed: a writer waits for no linker, and no wake-up is lost between the two.
linking_due = Table(
    "linking_due",
    metadata,
    Column("id", BigInteger, Identity(always=True), nullable=False),
    _key("thread_key"),
    Column("since", DateTime(timezone=True), server_default=func.now(), nullable=False),
    PrimaryKeyConstraint("id", "thread_key"),
)

#: Every identity that a thread told.  Its key is the first half of its hash.
identities = Table(
    "identities",
    metadata,
    _key("identity_key"),
    Column("kind", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("masked", Text, nullable=False),
    #: Null: so many people use it that it tells of nobody.
    _key("customer_key", nullable=True),
    #: Tied to several customers: it stands apart and joins nobody.
    Column("ambiguous", Boolean, nullable=False),
    PrimaryKeyConstraint("identity_key"),
    Index("ix_identities_customer_key", "customer_key"),
)

#: The facts: this thread told that identity.
thread_identities = Table(
    "thread_identities",
    metadata,
    _key("thread_key"),
    _key("identity_key"),
    PrimaryKeyConstraint("thread_key", "identity_key"),
    Index("ix_thread_identities_identity_key", "identity_key"),
)

#: Two identities that one thread told, both ways round; `kind` is the other's.
identity_ties = Table(
    "identity_ties",
    metadata,
    _key("identity_key"),
    Column("kind", Text, nullable=False),
    _key("other_key"),
    PrimaryKeyConstraint("identity_key", "kind", "other_key"),
)

#: Whose a thread is; a thread that is nobody's is not here.
thread_customers = Table(
    "thread_customers",
    metadata,
    _key("thread_key"),
    _key("customer_key"),
    PrimaryKeyConstraint("thread_key"),
    Index("ix_thread_customers_customer_key", "customer_key"),
)

#: What people decided.  merge: the two identities are one person's; split: the identity joins
#: nobody by what threads tell.  In force until undone.
customer_decisions = Table(
    "customer_decisions",
    metadata,
    Column("decision_id", BigInteger, Identity(), nullable=False),
    Column("kind", Text, nullable=False),
    _key("identity_key"),
    _key("other_key", nullable=True),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    moment("made_at"),
    moment("undone_at", nullable=True),
    Column("undone_by", Text),
    Column("undone_reason", Text),
    PrimaryKeyConstraint("decision_id"),
)

#: The log: which customer became part of which, by what thread or by whose decision.
customer_merges = Table(
    "customer_merges",
    metadata,
    Column("id", BigInteger, Identity(), nullable=False),
    moment("at"),
    _key("customer_key"),
    _key("into_key"),
    _key("thread_key", nullable=True),
    _key("decision_id", nullable=True),
    PrimaryKeyConstraint("id"),
)

#: Who looked at which customer.
customer_accesses = Table(
    "customer_accesses",
    metadata,
    Column("id", BigInteger, Identity(), nullable=False),
    moment("at"),
    Column("actor", Text, nullable=False),
    _key("customer_key"),
    #: api, command or page; which page of the cockpit led there.
    Column("way", Text, nullable=False),
    Column("page", Text),
    PrimaryKeyConstraint("id"),
    Index("ix_customer_accesses_at", "at"),
    Index("ix_customer_accesses_customer_key_at", "customer_key", "at"),
)
