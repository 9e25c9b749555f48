"""The declared tables of access.  Secrets are kept as hashes only."""

from __future__ import annotations

from sqlalchemy import ARRAY, CheckConstraint, Column, Index, LargeBinary, Table, Text

from app.access.rights import ROLES
from ingest.declaring import moment
from ingest.schema import metadata

users = Table(
    "users",
    metadata,
    #: Lower case, so that there is one «Camille».
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    #: Argon2id, with its own parameters and salt.
    Column("password_hash", Text, nullable=False),
    moment("created_at"),
    moment("disabled_at", nullable=True),
    #: The sites and channels the user is limited to; null is all.
    Column("sites", ARRAY(Text)),
    Column("channels", ARRAY(Text)),
    CheckConstraint(f"role in {ROLES}", name="role"),
    CheckConstraint("cardinality(sites) > 0 and cardinality(channels) > 0", name="scope_told"),
)

#: One row a login.  `id_hash` is the SHA-256 of what the cookie holds.
sessions = Table(
    "sessions",
    metadata,
    Column("id_hash", LargeBinary, primary_key=True),
    Column("user_name", Text, nullable=False),
    moment("created_at"),
    moment("last_seen_at"),
    moment("expires_at"),
    Index("ix_sessions_user_name", "user_name"),
)

#: Bearer tokens of programs, shown once when made.
api_tokens = Table(
    "api_tokens",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("user_name", Text, nullable=False),
    moment("created_at"),
    moment("expires_at"),
    Index("ix_api_tokens_user_name", "user_name"),
)
