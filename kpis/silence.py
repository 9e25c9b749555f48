"""Silence: how far behind each source is, and whether it has fallen silent.

A source is *silent* when it has told nothing for at least fifteen minutes although, in the same
stretch of time a week earlier, at least five of its contacts came in.  (Quiet nights are not
silence.)  A file loaded once, long after its events, tells nothing live and is never silent.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
from sqlalchemy import Connection, exists, select

from ingest.schema import contacts, ledger, sources

QUIET = timedelta(minutes=15)
#: Contacts in the stretch of the week before.
USUAL = 5
#: A stretch is compared up to this long: whoever is dead for weeks is compared with its last.
_LONGEST = timedelta(days=1)
_WEEK = timedelta(days=7)


class SourceLine(msgspec.Struct, frozen=True):
    """One source.  `lag_s` is the age of its last event; `error` its last failure, if any."""

    source: str
    connector: str
    last_event_at: datetime | None
    last_seen_at: datetime
    lag_s: float | None
    silent: bool
    error: str | None


def source_lines(connection: Connection, now: datetime) -> list[SourceLine]:
    """Every source by name, as of `now`."""
    c = sources.c
    rows = connection.execute(
        select(c.source, c.connector, c.last_event_at, c.last_seen_at, c.error).order_by(c.source)
    ).all()
    return [
        SourceLine(
            name,
            connector,
            last_event_at,
            last_seen_at,
            None if last_event_at is None else max(0.0, (now - last_event_at).total_seconds()),
            last_event_at is not None and _silent(connection, name, last_event_at, now),
            error,
        )
        for name, connector, last_event_at, last_seen_at, error in rows
    ]


def _silent(connection: Connection, source: str, last_event: datetime, now: datetime) -> bool:
    if now - last_event < QUIET or not _told_live(connection, source, last_event):
        return False
    start = last_event - _WEEK
    end = min(now, last_event + _LONGEST) - _WEEK
    c = contacts.c
    usual = (
        select(c.turn)
        .where(c.source == source, c.offered_at > start, c.offered_at < end)
        .limit(USUAL)
    )
    return len(connection.execute(usual).all()) == USUAL


def _told_live(connection: Connection, source: str, last_event: datetime) -> bool:
    """Did the last event come in about when it happened?"""
    day = last_event.astimezone(UTC).date()
    c = ledger.c
    received = c.day.in_((day, day + timedelta(days=1)))
    return bool(connection.scalar(select(exists().where(c.source == source, received, c.new > 0))))
