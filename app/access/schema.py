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
    #: The role of the login: a session does not outlive it.
    Column("role", Text, nullable=False),
    #: How (password, code, single sign-on), from where and with what, for its owner to know it.
    Column("way", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("browser", Text, nullable=False),
    #: When its owner last showed a password or a code.
    moment("proved_at"),
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
    #: What it is for, in its owner's words.
    Column("label", Text, nullable=False),
    #: The rights it is limited to; null: all of its user's.
    Column("rights", ARRAY(Text)),
    #: To the hour: enough to see which one nobody needs.
    moment("last_used_at", nullable=True),
    Index("ix_api_tokens_user_name", "user_name"),
)
