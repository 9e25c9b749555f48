"""Getting in: what a session and a token tell of themselves, second factors, sign-on, slow-down.

Whoever is logged in logs in once more: their sessions do not say by what role they were opened.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    _sessions()
    _tokens()
    _second_factors()
    _linked_identities()
    _attempts()


def _sessions() -> None:
    op.execute("delete from sessions")
    for name in ("role", "way", "address", "browser"):
        op.add_column("sessions", sa.Column(name, sa.Text, nullable=False))
    op.add_column("sessions", _time("proved_at"))


def _tokens() -> None:
    label = sa.Column("label", sa.Text, nullable=False, server_default="")
    op.add_column("api_tokens", label)
    op.alter_column("api_tokens", "label", server_default=None)
    op.add_column("api_tokens", sa.Column("rights", sa.ARRAY(sa.Text)))
    op.add_column("api_tokens", _time("last_used_at", nullable=True))


def _second_factors() -> None:
    op.create_table(
        "second_factors",
        sa.Column("user_name", sa.Text, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        _time("created_at"),
        _time("confirmed_at", nullable=True),
        sa.Column("last_step", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("user_name", name="pk_second_factors"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("user_name", sa.Text, nullable=False),
        sa.Column("code_hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("user_name", "code_hash", name="pk_recovery_codes"),
    )


def _linked_identities() -> None:
    op.create_table(
        "linked_identities",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("issuer", "subject", "user_name")),
        _time("linked_at"),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_linked_identities"),
    )
    op.create_index("ix_linked_identities_user_name", "linked_identities", ["user_name"])


def _attempts() -> None:
    op.create_table(
        "login_attempts",
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        _time("last_at"),
        sa.PrimaryKeyConstraint("key", name="pk_login_attempts"),
    )
    op.create_index("ix_login_attempts_last_at", "login_attempts", ["last_at"])


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
