"""Second factors and who is known to a provider of single sign-on."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, PrimaryKeyConstraint, Table, Text

from ingest.declaring import moment
from ingest.schema import metadata

#: One row a user who has begun to set up a code generator; it counts once `confirmed_at` is.
second_factors = Table(
    "second_factors",
    metadata,
    Column("user_name", Text, primary_key=True),
    #: Sealed with a key that is not in the database (:mod:`app.access.sealing`).
    Column("secret", LargeBinary, nullable=False),
    moment("created_at"),
    moment("confirmed_at", nullable=True),
    #: The newest half minute whose code was used: no code counts twice.
    Column("last_step", BigInteger, nullable=False),
)

#: Codes for who has lost the generator; each is deleted when used.
recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("user_name", Text, nullable=False),
    Column("code_hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("user_name", "code_hash"),
)

#: Whom a provider's subject is here: never found by name or address, which may be given anew.
linked_identities = Table(
    "linked_identities",
    metadata,
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("user_name", Text, nullable=False),
    moment("linked_at"),
    PrimaryKeyConstraint("issuer", "subject"),
    Index("ix_linked_identities_user_name", "user_name"),
)
