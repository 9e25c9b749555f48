"""The versions of what service levels are judged by."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSON

from ingest.schema import metadata

#: One row a decision, numbered from 1: the formula and all targets as they then stood, so that
#: any number can be computed again under any version.
service_level_versions = Table(
    "service_level_versions",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    #: When what it changed takes effect.
    Column("valid_from", DateTime(timezone=True), nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("why", Text, nullable=False),
    #: What it changed, in words.
    Column("change", Text, nullable=False),
    #: The id of the service-level formula.
    Column("formula", Text, nullable=False),
    #: A list of the rows of ``targets``.
    Column("targets", JSON, nullable=False),
)
