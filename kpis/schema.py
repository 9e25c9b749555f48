"""The declared rollup tables: derived data, made by :func:`kpis.rollup.align`, not by migrations.

A cell may have come back to zeros only (a late fact moved its contacts): it says the same as
no cell.  `queue` is empty text where the source tells none.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
)

from ingest.schema import metadata
from kpis.measures import MEASURES
from kpis.waits import OUTCOMES


def _key(time: str) -> list[Column[object]]:
    return [
        Column(time, DateTime(timezone=True), nullable=False),
        Column("channel", Text, nullable=False),
        Column("queue", Text, nullable=False),
        Column("modality", Text, nullable=False),
    ]


def _count(name: str, *, wide: bool = False) -> Column[object]:
    kind = BigInteger if wide else Integer
    return Column(name, kind, nullable=False, server_default="0")


#: Every measure per minute (of arrival; those of due contacts: of the moment they were due).
rollup_minute = Table(
    "rollup_minute",
    metadata,
    *_key("minute"),
    *[_count(measure.key, wide=measure.wide) for measure in MEASURES],
    PrimaryKeyConstraint("minute", "channel", "queue", "modality"),
)

#: The wait histogram per quarter hour of arrival; buckets as in :mod:`kpis.waits`.
rollup_wait = Table(
    "rollup_wait",
    metadata,
    *_key("quarter"),
    Column("bucket", SmallInteger, nullable=False),
    *[_count(outcome) for outcome in OUTCOMES],
    PrimaryKeyConstraint("quarter", "channel", "queue", "modality", "bucket"),
)

#: By which statement each rollup was made: another one means that it must be made anew.
rollup_shapes = Table(
    "rollup_shapes",
    metadata,
    Column("rollup", Text, primary_key=True),
    Column("digest", Text, nullable=False),
)
