"""Calendars as rows, for the command and the API."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from kpis.calendar_schema import calendar_days, calendars
from kpis.calendars import Calendars, Scope

Answer = dict[str, object]
_SCOPE = ("channel", "queue", "reason")


def rows(connection: Connection) -> list[Answer]:
    """Weeks and exceptional days that stand, by scope and date; `day` is null for a week."""
    return [*weeks(connection), *days(connection)]


def weeks(connection: Connection) -> list[Answer]:
    """The weeks that stand: the last one said for each scope and first day."""
    c = calendars.c
    found = {}
    for row in connection.execute(select(calendars).order_by(c.id)).mappings():
        key = (*(row[name] for name in _SCOPE), row["valid_from"])
        found[key] = {
            **{name: row[name] for name in _SCOPE},
            "from": row["valid_from"],
            "day": None,
            "hours": row["hours"],
            "zone": row["zone"],
            "country": row["country"],
            "region": row["region"],
            "holiday_hours": row["holiday_hours"],
            "decided_by": row["decided_by"],
            "decided_at": row["decided_at"],
            "why": row["why"],
        }
    return [found[key] for key in sorted(found)]


def days(connection: Connection) -> list[Answer]:
    """The exceptional days that stand."""
    c = calendar_days.c
    found = {}
    for row in connection.execute(select(calendar_days).order_by(c.id)).mappings():
        key = (row["day"], *(row[name] for name in _SCOPE))
        found[key] = {
            **{name: row[name] for name in (*_SCOPE, "day", "hours", "zone")},
            "decided_by": row["decided_by"],
            "decided_at": row["decided_at"],
            "why": row["why"],
        }
    return [found[key] for key in sorted(found) if found[key]["hours"] is not None]


def state(known: Calendars, scope: Scope, at: datetime) -> Answer:
    """Is the scope open, why, and when that changes (null: not within 400 days)."""
    is_open = known.is_open(scope, at)
    return {
        "at": at,
        "open": is_open,
        "because": known.because(scope, at),
        "closes_at": known.next_closing(scope, at) if is_open else None,
        "opens_at": None if is_open else known.next_opening(scope, at),
    }
