"""The declared table of what people keep for themselves."""

from __future__ import annotations

from sqlalchemy import PrimaryKeyConstraint, Table

from ingest.declaring import moment, texts
from ingest.schema import metadata

#: One row a person and place: ``filters:/channels``, ``columns:queues``, ``tour``.
kept_choices = Table(
    "kept_choices",
    metadata,
    *texts("user_name", "place", "choice"),
    moment("kept_at"),
    PrimaryKeyConstraint("user_name", "place", name="pk_kept_choices"),
)
