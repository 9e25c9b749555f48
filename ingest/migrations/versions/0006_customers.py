"""Customers: identities, the threads that told them, and what people decided."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    _facts()
    _customers()
    _books()


def _facts() -> None:
    op.create_table(
        "linking_due",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        _key("thread_key"),
        sa.Column(
            "since", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", "thread_key", name="pk_linking_due"),
    )
    op.create_table(
        "thread_identities",
        _key("thread_key"),
        _key("identity_key"),
        sa.PrimaryKeyConstraint("thread_key", "identity_key", name="pk_thread_identities"),
    )
    op.create_index("ix_thread_identities_identity_key", "thread_identities", ["identity_key"])
    op.create_table(
        "identity_ties",
        _key("identity_key"),
        _text("kind"),
        _key("other_key"),
        sa.PrimaryKeyConstraint("identity_key", "kind", "other_key", name="pk_identity_ties"),
    )


def _customers() -> None:
    op.create_table(
        "identities",
        _key("identity_key"),
        *map(_text, ("kind", "hash", "masked")),
        _key("customer_key", nullable=True),
        sa.Column("ambiguous", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("identity_key", name="pk_identities"),
    )
    op.create_index("ix_identities_customer_key", "identities", ["customer_key"])
    op.create_table(
        "thread_customers",
        _key("thread_key"),
        _key("customer_key"),
        sa.PrimaryKeyConstraint("thread_key", name="pk_thread_customers"),
    )
    op.create_index("ix_thread_customers_customer_key", "thread_customers", ["customer_key"])


def _books() -> None:
    op.create_table(
        "customer_decisions",
        sa.Column("decision_id", sa.BigInteger, sa.Identity(), nullable=False),
        _text("kind"),
        _key("identity_key"),
        _key("other_key", nullable=True),
        *map(_text, ("actor", "reason")),
        _time("made_at"),
        _time("undone_at", nullable=True),
        sa.Column("undone_by", sa.Text),
        sa.Column("undone_reason", sa.Text),
        sa.PrimaryKeyConstraint("decision_id", name="pk_customer_decisions"),
    )
    op.create_table(
        "customer_merges",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        _time("at"),
        *map(_key, ("customer_key", "into_key")),
        _key("thread_key", nullable=True),
        _key("decision_id", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_customer_merges"),
    )
    op.create_table(
        "customer_accesses",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        _time("at"),
        _text("actor"),
        _key("customer_key"),
        _text("way"),
        sa.PrimaryKeyConstraint("id", name="pk_customer_accesses"),
    )


def _key(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable, autoincrement=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
