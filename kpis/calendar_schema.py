"""The tables of the calendars.  Rows are only ever added: of those for one scope and day the
last one stands, the others tell who said what before.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, DateTime, Identity, Index, Table, Text

from ingest.schema import metadata


def _scope() -> list[Column[object]]:
    """``*`` is any."""
    return [Column(name, Text, nullable=False) for name in ("channel", "queue", "reason")]


def _decision() -> list[Column[object]]:
    return [
        Column("decided_at", DateTime(timezone=True), nullable=False),
        Column("decided_by", Text, nullable=False),
        Column("why", Text, nullable=False),
    ]


#: The weekly hours of a scope, from a local day on.
calendars = Table(
    "calendars",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    *_scope(),
    Column("valid_from", Date, nullable=False),
    #: As :mod:`kpis.opening_hours` writes them; null: no calendar of its own any more.
    Column("hours", Text),
    #: The IANA zone that the hours are told in.
    Column("zone", Text, nullable=False),
    #: Whose public holidays are kept; null: nobody's.
    Column("country", Text),
    Column("region", Text),
    #: The hours on a public holiday.
    Column("holiday_hours", Text, nullable=False),
    *_decision(),
    Index("ix_calendars_scope", "channel", "queue", "reason", "valid_from"),
)

#: Days that are not as the week says.
calendar_days = Table(
    "calendar_days",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    *_scope(),
    Column("day", Date, nullable=False),
    #: Null: the day is as usual after all.
    Column("hours", Text),
    #: The zone of the day where the scope has no calendar.
    Column("zone", Text, nullable=False),
    *_decision(),
    Index("ix_calendar_days_day", "day"),
)
