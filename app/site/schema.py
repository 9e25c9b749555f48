"""The declared table of what a site has named: versions, of which the last one stands."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Integer, PrimaryKeyConstraint, Table, Text

from ingest.declaring import moment, texts
from ingest.schema import metadata

#: Append-only: what a channel, reason, segment or surface (`part`) was before and is after.
#: What nobody has changed since the house was built has no row.
setting_versions = Table(
    "setting_versions",
    metadata,
    *texts("part", "key"),
    Column("version", Integer, nullable=False),
    #: JSON; null where there was none.
    Column("before", Text),
    *texts("after"),
    moment("at"),
    *texts("by", "why"),
    PrimaryKeyConstraint("part", "key", "version"),
    CheckConstraint("version > 0", name="version_counts_from_one"),
    CheckConstraint("before is json object", name="before_is_json"),
    CheckConstraint("after is json object", name="after_is_json"),
    CheckConstraint("before is distinct from after", name="something_changed"),
    CheckConstraint("by <> ''", name="actor_is_told"),
    CheckConstraint("why <> ''", name="why_is_told"),
)
