"""Failed logins of the last minutes, by what they are counted by."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table

from ingest.declaring import moment
from ingest.schema import metadata

login_attempts = Table(
    "login_attempts",
    metadata,
    #: A digest of name and address: neither is kept.
    Column("key", LargeBinary, primary_key=True),
    Column("failed", Integer, nullable=False),
    moment("last_at"),
    Index("ix_login_attempts_last_at", "last_at"),
)
