"""Silence: how far behind each source is, and whether it has fallen silent.

A source is *silent* when it has told nothing for at least fifteen minutes although, in the same
stretch of time a week earlier, at least five of its contacts came in.  (Quiet nights are not
silence.)  A file loaded once, long after its events, tells nothing live and is never silent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, select

from ingest.schema import contacts
from ingest.standing import Standing, Today, standings

QUIET = timedelta(minutes=15)
#: Contacts in the stretch of the week before.
USUAL = 5
#: A stretch is compared up to this long: whoever is dead for weeks is compared with its last.
_LONGEST = timedelta(days=1)
_WEEK = timedelta(days=7)


class SourceLine(msgspec.Struct, frozen=True):
    """One source.  `lag_s` is the age of its last event; `error` its last failure, if any.

    `live`: its last event came in about when it happened.  `waiting`: deliveries that are kept
    but not stored yet, the oldest from `waiting_since`.  `attended`: a worker has it;
    `not_before`: it asked to be left alone until then.
    """

    source: str
    connector: str
    last_event_at: datetime | None
    last_seen_at: datetime | None
    lag_s: float | None
    live: bool
    silent: bool
    error: str | None
    error_at: datetime | None
    today: Today
    waiting: int
    waiting_since: datetime | None
    attended: bool
    not_before: datetime | None


def source_lines(connection: Connection, now: datetime) -> list[SourceLine]:
    """Every source by name, as of `now`."""
    return lines_of(connection, standings(connection, now), now)


def lines_of(
    connection: Connection, found: Mapping[str, Standing], now: datetime
) -> list[SourceLine]:
    """Each source by name, as it stands at `now`."""
    return [_line(connection, name, found[name], now) for name in sorted(found)]


def _line(connection: Connection, name: str, standing: Standing, now: datetime) -> SourceLine:
    last, live = standing.last_event_at, _live(standing, now)
    quiet = last is not None and now - last >= QUIET
    return SourceLine(
        source=name,
        connector=standing.connector or "",
        last_event_at=last,
        last_seen_at=standing.last_seen_at,
        lag_s=None if last is None else max(0.0, (now - last).total_seconds()),
        live=live,
        silent=last is not None and quiet and live and _usually_talks(connection, name, last, now),
        error=standing.error,
        error_at=standing.error_at,
        today=standing.today,
        waiting=standing.waiting,
        waiting_since=standing.waiting_since,
        attended=standing.attended,
        not_before=standing.not_before,
    )


def _live(standing: Standing, now: datetime) -> bool:
    """Did its last event come in about when it happened?"""
    last = standing.last_event_at
    return last is not None and (now - last < QUIET or standing.came_live)


def _usually_talks(connection: Connection, source: str, last: datetime, now: datetime) -> bool:
    """Did enough of its contacts come in, in the same stretch of time a week earlier?"""
    start = last - _WEEK
    end = min(now, last + _LONGEST) - _WEEK
    c = contacts.c
    usual = (
        select(c.turn)
        .where(c.source == source, c.offered_at > start, c.offered_at < end)
        .limit(USUAL)
    )
    return len(connection.execute(usual).all()) == USUAL
