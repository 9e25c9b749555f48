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
from kpis import repeat_measures
from kpis.measures import MEASURES
from kpis.waits import OUTCOMES


def _key() -> list[Column[object]]:
    return [
        Column("quarter", DateTime(timezone=True), nullable=False),
        Column("channel", Text, nullable=False),
        Column("queue", Text, nullable=False),
        Column("modality", Text, nullable=False),
    ]


def _count(name: str, *, wide: bool = False) -> Column[object]:
    kind = BigInteger if wide else Integer
    return Column(name, kind, nullable=False, server_default="0")


#: Every measure per quarter hour (of arrival; those of due contacts: of when they were due).
#: The quarter is the finest grain that screens ask for, and the coarsest that every zone can
#: cut its days from: a day is at most 100 rows a queue.
rollup_quarter = Table(
    "rollup_quarter",
    metadata,
    *_key(),
    *[_count(measure.key, wide=measure.wide) for measure in MEASURES],
    PrimaryKeyConstraint("quarter", "channel", "queue", "modality"),
)

#: The wait histogram, by quarter hour of arrival; buckets as in :mod:`kpis.waits`.
rollup_wait = Table(
    "rollup_wait",
    metadata,
    *_key(),
    Column("bucket", SmallInteger, nullable=False),
    *[_count(outcome) for outcome in OUTCOMES],
    PrimaryKeyConstraint("quarter", "channel", "queue", "modality", "bucket"),
)

#: What came again: every measure of the links per quarter hour of the earlier contact.
rollup_repeat = Table(
    "rollup_repeat",
    metadata,
    *_key(),
    *[_count(key) for key in repeat_measures.MEASURES],
    PrimaryKeyConstraint("quarter", "channel", "queue", "modality"),
)

#: By which statement each rollup was made: another one means that it must be made anew.
rollup_shapes = Table(
    "rollup_shapes",
    metadata,
    Column("rollup", Text, primary_key=True),
    Column("digest", Text, nullable=False),
)
