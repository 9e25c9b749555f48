"""Those who wrote: how long until their answer?

The backlog over what is answered an hour lately (which is backlog × AHT / capacity), halved with
the wait of the one answered last.  Messages are answered out of turn, a living conversation before
an old one: for them the backlog counts no more than the recent mean wait says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Subquery, case, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from ingest.schema import contacts
from kpis.estimating.line import Told
from kpis.estimating.scene import RECENT_S, Place
from kpis.measures import inbound
from kpis.reading import WRITTEN

#: So far back the answers of the last hours are looked for, and among how many contacts.
_BEFORE, _MOST = timedelta(days=3), 50_000
#: Older open ones are part of the backlog, up to this age: nobody works on those beyond.
_FORGOTTEN = timedelta(days=14)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Counted:
    """One place: open, answered in the last hour and day; seconds that those answered in the
    last half hour waited on average, and the one answered last (None: there is none).
    """

    place: Place
    modality: str
    backlog: int
    hourly: int
    daily: int
    recent_s: float | None
    last_s: float | None


def estimate_written(connection: Connection, now: datetime) -> Iterator[tuple[Place, str, Told]]:
    """Every written place of the last days, its modality, and the wait of who writes now."""
    older = _older(connection, now)
    for counted in _counts(connection, now):
        told = estimate_backlog(counted, older.get(counted.place, 0))
        yield counted.place, counted.modality, told


def estimate_backlog(counted: Counted, older: int = 0) -> Told:
    """The wait of who writes now; `older`: open ones that are not in the counts."""
    rate = counted.hourly / _HOUR.total_seconds() or counted.daily / _DAY.total_seconds()
    if not rate or counted.last_s is None:
        return Told(None, "nobody_answers", counted.recent_s)
    work_s = (counted.backlog + older) / rate
    if counted.modality == "near-sync" and counted.recent_s is not None:
        work_s = min(work_s, counted.recent_s)
    return Told((work_s + counted.last_s) / 2, "backlog", counted.recent_s)


def _counts(connection: Connection, now: datetime) -> Iterator[Counted]:
    s = _some(now).c
    wait = func.date_part("epoch", s.answered_at - s.offered_at)
    lately = s.answered_at > now - _DAY
    rows = connection.execute(
        select(
            s.channel,
            s.queue,
            func.min(s.modality),
            func.count().filter(s.left_at.is_(None)),
            func.count().filter(s.answered_at > now - _HOUR),
            func.count().filter(lately),
            func.avg(wait).filter(s.answered_at > now - timedelta(seconds=RECENT_S)),
            func.array_agg(aggregate_order_by(wait, s.answered_at.desc())).filter(lately),
        ).group_by(s.channel, s.queue)
    )
    for channel, queue, modality, backlog, hourly, daily, recent, waits in rows:
        last_s = waits[0] if waits else None
        yield Counted((channel, queue), modality, backlog, hourly, daily, recent, last_s)


def _some(now: datetime) -> Subquery:
    """The latest contacts as they were at `now`."""
    c = contacts.c
    left_at = case((c.left_at <= now, c.left_at))
    return (
        select(
            c.channel,
            func.coalesce(c.queue, "").label("queue"),
            c.modality,
            c.offered_at,
            left_at.label("left_at"),
            case((c.outcome == "answered", left_at)).label("answered_at"),
        )
        .where(inbound(c), c.modality.in_(WRITTEN))
        .where(c.offered_at > now - _BEFORE, c.offered_at < now)
        .order_by(c.offered_at.desc())
        .limit(_MOST)
        .subquery("some")
    )


def _older(connection: Connection, now: datetime) -> dict[Place, int]:
    """Open ones that came before the days that are read, by the index of the open ones."""
    c = contacts.c
    queue = func.coalesce(c.queue, "")
    rows = connection.execute(
        select(c.channel, queue, func.count())
        .where(
            c.outcome == "open", inbound(c), c.modality.in_(WRITTEN),
            c.offered_at > now - _FORGOTTEN, c.offered_at <= now - _BEFORE,
        )
        .group_by(c.channel, queue)
    )  # fmt: skip
    return {(channel, queue): int(many) for channel, queue, many in rows}
