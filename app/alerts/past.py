"""What an alert would have read in the past, from the contacts as they are known now.

KPIs of a stretch at every quarter hour, over the window that ended then; ages every minute; the
backlog at every quarter hour; a forecast as it was told each morning.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from importlib.resources import files
from itertools import accumulate
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import TupleRow
from sqlalchemy import Connection, select

from app.alerts.bands import bands_of, by_of, departure, on_side, quarter_of, read_forecast
from app.alerts.deciding import Reading
from app.alerts.model import ANY, SCOPE, Alert, Kind
from app.errors import WrongUse
from app.exposure.rules.model import Condition, Measure, Rule
from app.exposure.rules.reading import read_past as read_minutes
from ingest.asking import ask
from kpis.counting import count
from kpis.intervals import QUARTER, day_of
from kpis.open_contacts import add_open
from kpis.query import KpiQuery
from kpis.schema import rollup_quarter
from kpis.series import compute
from kpis.together import LineReadings
from kpis.values import values

#: The ages of the live state, as rules read them minute by minute.
_AGES = {"longest_wait_s": Measure.LONGEST_WAIT, "oldest_s": Measure.BACKLOG_AGE}
_BY_MINUTE = ("channel", "queue", "reason")
_BACKLOG = files(__package__).joinpath("backlog.sql").read_bytes()


class NoPast(WrongUse):
    """Nothing is kept of what the alert reads, so it cannot be tried."""


def read_past(
    connection: Connection, alert: Alert, start: datetime, now: datetime, zone: ZoneInfo,
    formula: str,
) -> list[Reading]:  # fmt: skip
    """The readings of [start, now), oldest first, all of them fresh.  Raises NoPast."""
    begin, end = quarter_of(start), quarter_of(now)
    if alert.kind is Kind.FORECAST:
        return list(_against_forecast(connection, alert, begin, end, zone))
    if not alert.live:
        return _stretches(connection, alert, begin, end, zone, formula)
    if alert.kpi == "backlog":
        return _backlog(connection, alert, begin, end)
    return _ages(connection, alert, begin, end)


def _stretches(
    connection: Connection, alert: Alert, start: datetime, end: datetime, zone: ZoneInfo,
    formula: str,
) -> list[Reading]:  # fmt: skip
    """The window slides by quarter hours: each is counted once, for all windows it is in."""
    ends = _quarters(start + QUARTER, end + QUARTER)
    begins = [_begin(alert, at, zone) for at in ends]
    query = KpiQuery(
        from_=min(begins), to=end, now=end, where=alert.scope, grain="15min", zone=zone,
        service_level_formula=formula,
    )  # fmt: skip
    tallies = count(connection, query)
    add_open(tallies, query)
    ask(connection, tallies.questions)
    starts = query.boundaries()
    lines: dict[tuple[int], list[int]] = defaultdict(list)
    for number, (begin, at) in enumerate(zip(begins, ends, strict=True)):
        for interval in range(bisect_left(starts, begin) + 1, bisect_left(starts, at) + 1):
            lines[interval,].append(number)
    told = values(LineReadings(len(ends), tallies.placed(lines), end, formula))
    rows = zip(ends, told[alert.kpi], told["offered"], strict=True)
    return [Reading(at=at, fed_at=at, value=value, volume=volume) for at, value, volume in rows]


def _begin(alert: Alert, at: datetime, zone: ZoneInfo) -> datetime:
    """When the window that ends at `at` began: on a quarter hour."""
    if not alert.window_s:
        return day_of(at - QUARTER, zone)[0]
    return quarter_of(at - timedelta(seconds=alert.window_s))


def _ages(connection: Connection, alert: Alert, start: datetime, end: datetime) -> list[Reading]:
    """Of several channels the oldest counts."""
    if wrong := set(alert.scope) - set(_BY_MINUTE):
        told = f"no past is kept of {alert.kpi} by {', '.join(sorted(wrong))}: it can be watched"
        raise NoPast(told)
    measure = _AGES[alert.kpi]
    oldest: dict[datetime, float] = {}
    for channel in _channels(connection, alert, start, end):
        rule = Rule(
            name="past", channel=channel, queue=alert.queue, reason=alert.reason,
            conditions=(Condition(measure=measure, enter=1, exit=0),),
        )  # fmt: skip
        for reading in read_minutes(_driver(connection), rule, start, end):
            value = reading.value(measure) or 0.0
            oldest[reading.at] = max(value, oldest.get(reading.at, 0.0))
    return [Reading(at=at, fed_at=at, value=oldest[at]) for at in sorted(oldest)]


def _channels(
    connection: Connection, alert: Alert, start: datetime, end: datetime
) -> Sequence[str]:
    if alert.channel != ANY:
        return [alert.channel]
    c = rollup_quarter.c
    seen = select(c.channel).where(c.quarter >= start, c.quarter < end, c.offered > 0).distinct()
    return [str(channel) for channel in connection.scalars(seen)]


def _backlog(connection: Connection, alert: Alert, start: datetime, end: datetime) -> list[Reading]:
    """How many written contacts were open, from what came and went in each quarter hour."""
    asked = {name: alert.scope.get(name) for name in SCOPE} | {"from": start, "to": end}
    rows = _driver(connection).execute(_BACKLOG, asked).fetchall()
    moved: dict[datetime, int] = {at: int(more) for at, more in rows}
    ends = _quarters(start + QUARTER, end + QUARTER)
    before = moved.pop(start, 0)
    levels = accumulate((moved.get(at, 0) for at in ends), initial=before)
    next(levels)
    return [Reading(at=at, fed_at=at, value=level) for at, level in zip(ends, levels, strict=True)]


def _against_forecast(
    connection: Connection, alert: Alert, start: datetime, end: datetime, zone: ZoneInfo
) -> Iterator[Reading]:
    """Each quarter hour against the band that the morning of its day told."""
    query = KpiQuery(
        from_=start, to=end, now=end, where=alert.scope, grain="15min", zone=zone
    )  # fmt: skip
    came = {row.start: int(row.kpis["offered"] or 0) for row in compute(connection, query)}
    morning = day_of(start, zone)[0]
    while morning < end:
        told = read_forecast(connection, morning, by_of(alert), zone)
        for band in bands_of(alert, told):
            if (counted := came.get(band.start)) is not None:
                at = band.start + QUARTER
                value = on_side(departure(counted, band), alert.side)
                yield Reading(
                    at=at, fed_at=at, value=value, volume=band.expected, count=counted, band=band
                )
        morning = day_of(morning, zone)[1]


def _quarters(start: datetime, end: datetime) -> list[datetime]:
    return [start + QUARTER * number for number in range((end - start) // QUARTER)]


def _driver(connection: Connection) -> psycopg.Connection[TupleRow]:
    driver: psycopg.Connection[TupleRow] = connection.connection.driver_connection  # type: ignore[assignment]
    return driver
