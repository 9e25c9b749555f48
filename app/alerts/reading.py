"""What the alerts that are due read now: each question is asked once for all that share it.

A KPI of a stretch is that of :mod:`kpis.series`; one of the live state counts all that is open,
whatever day it came, as the board does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import structlog
from msgspec.structs import replace
from psycopg.rows import TupleRow
from sqlalchemy import Connection

from app.alerts.bands import (
    Band,
    bands_of,
    by_of,
    departure,
    on_side,
    quarter_of,
    read_forecast,
)
from app.alerts.deciding import Reading
from app.alerts.model import ANY, Alert, Kind
from ingest.asking import ask
from kpis.catalogue import catalogue
from kpis.contact_counts import CONTACTS
from kpis.counting import count
from kpis.feeds import Feed, read_feed
from kpis.forecast import By, Forecast
from kpis.intervals import QUARTER, day_of
from kpis.kpi import Number
from kpis.open_contacts import add_open
from kpis.query import KpiQuery
from kpis.series import compute
from kpis.tallies import Tallies
from kpis.together import LineReadings
from kpis.values import values

Kpis = Mapping[str, Number | None]
#: The values of the dimensions that a scope names.
Group = tuple[str, ...]
#: No group of any dimension.
NOTHING: Group = ("", "", "", "", "", "")
#: The window in seconds (0: today, None: the live state) and the dimensions: one question.
Question = tuple[int | None, tuple[str, ...]]
#: A window up to here is cut to the moment; a longer one begins with its first quarter hour.
_EXACT = timedelta(hours=2)
_log = structlog.get_logger(__name__)


class Readings:
    """Reads at `now`; `formula` is the site's for the service level."""

    def __init__(self, connection: Connection, now: datetime, zone: ZoneInfo, formula: str) -> None:
        self._connection = connection
        self._now = now
        self._zone = zone
        self._formula = formula
        self._feeds: dict[tuple[str | None, str | None], Feed] = {}
        self._forecasts: dict[tuple[datetime, By], Forecast | None] = {}
        #: What the next look at an alert needs again, by name.
        self.bands: dict[str, tuple[Band, ...]] = {}

    def of(
        self, alerts: Iterable[Alert], known: Mapping[str, tuple[Band, ...]]
    ) -> dict[str, Reading]:
        """The readings by name; `known` are the bands read before.

        What cannot be read is told in the log and left out: it keeps no other from being read.
        """
        asked: dict[Question | None, list[Alert]] = defaultdict(list)
        for alert in alerts:
            asked[question_of(alert)].append(alert)
        found: dict[str, Reading] = {}
        for question, those in asked.items():
            try:
                with self._connection.begin_nested():
                    found |= self._read(question, those, known)
            except Exception as error:  # whatever it is, the others may work
                names = [each.name for each in those]
                _log.error("alerts could not be read", alerts=names, error=_line(error))
        return found

    def _read(
        self, question: Question | None, those: list[Alert], known: Mapping[str, tuple[Band, ...]]
    ) -> dict[str, Reading]:
        if question is None:
            return {each.name: self._against(each, known.get(each.name, ())) for each in those}
        window, by = question
        counted = self._open(by) if window is None else self._stretch(window, by, those)
        groups = self._kpis(counted)
        nothing = groups[NOTHING]
        return {
            each.name: self._reading(each, groups.get(tuple(each.scope.values()), nothing))
            for each in those
        }

    def _reading(self, alert: Alert, kpis: Kpis) -> Reading:
        value = kpis[alert.kpi]
        if value is None and alert.live and catalogue()[alert.kpi].unit == "seconds":
            value = 0.0  # nobody waits
        volume = None if alert.live else kpis["offered"]
        return self._fed(alert, Reading(at=self._now, fed_at=None, value=value, volume=volume))

    def _against(self, alert: Alert, known: tuple[Band, ...]) -> Reading:
        """What came against the forecast: the quarter that runs if it is above already, else the
        last that is whole."""
        running = quarter_of(self._now)
        bands = {band.start: band for band in known}
        past, now = (self._band(alert, start, bands) for start in (running - QUARTER, running))
        self.bands[alert.name] = (past, now)
        query = KpiQuery(
            from_=running - QUARTER, to=running + QUARTER, now=self._now, where=alert.scope,
            grain="15min", zone=self._zone,
        )  # fmt: skip
        before, since = (int(row.kpis["offered"] or 0) for row in compute(self._connection, query))
        above = now.known and departure(since, now) >= 1
        came, band = (since, now) if above else (before, past)
        reading = Reading(at=self._now, fed_at=None, count=came, band=band)
        if band.known:
            departed = on_side(departure(came, band), alert.side)
            reading = replace(reading, value=round(departed, 3), volume=band.expected)
        return self._fed(alert, reading)

    def _band(self, alert: Alert, start: datetime, known: Mapping[datetime, Band]) -> Band:
        if start in known:
            return known[start]
        at = start, by_of(alert)
        if at not in self._forecasts:
            self._forecasts[at] = read_forecast(self._connection, *at, self._zone)
        found = next(bands_of(alert, self._forecasts[at]), None)
        return found or Band(start, 0.0, 0, 0, known=False)

    def _fed(self, alert: Alert, reading: Reading) -> Reading:
        channel = None if alert.channel == ANY else alert.channel
        place = channel, None if alert.queue == ANY else alert.queue
        if place not in self._feeds:
            driver: psycopg.Connection[TupleRow] = self._connection.connection.driver_connection  # type: ignore[assignment]
            self._feeds[place] = read_feed(driver, self._now, *place)
        feed = self._feeds[place]
        return replace(reading, fed_at=feed.at, fed_by=feed.by)

    def _stretch(self, window: int, by: tuple[str, ...], those: Iterable[Alert]) -> Tallies:
        """What these alerts' KPIs read of a stretch of time."""
        query = self._query(window, by)
        wanted = dict.fromkeys([CONTACTS, *(catalogue()[each.kpi].reads for each in those)])
        counted = count(self._connection, query, wanted)
        add_open(counted, query)
        return counted

    def _open(self, by: tuple[str, ...]) -> Tallies:
        """All that is open, whatever day it came."""
        query = self._query(0, by)
        waiting = Tallies()
        add_open(waiting, query, all_days=True)
        return waiting

    def _kpis(self, counted: Tallies) -> dict[Group, Kpis]:
        """By group of the dimensions; under `NOTHING` those of a group without contacts."""
        ask(self._connection, counted.questions)
        found = dict.fromkeys(group for each in counted.columns for group in each.groups)
        places = list(dict.fromkeys([*(_place(group) for group in found), NOTHING]))
        numbers = {place: number for number, place in enumerate(places)}
        lines = {group: (numbers[_place(group)],) for group in found}
        placed = counted.placed(lines)
        told = values(LineReadings(len(places), placed, self._now, self._formula))
        rows = zip(*told.values(), strict=True)
        return {
            place: dict(zip(told, row, strict=True))
            for place, row in zip(places, rows, strict=True)
        }

    def _query(self, window: int, by: tuple[str, ...]) -> KpiQuery:
        start, end = stretch(window, self._now, self._zone)
        return KpiQuery(
            from_=start, to=end, now=self._now, by=by, zone=self._zone,
            service_level_formula=self._formula,
        )  # fmt: skip


def question_of(alert: Alert) -> Question | None:
    """What is asked for it; None: a forecast, which is asked for by itself."""
    if alert.kind is Kind.FORECAST:
        return None
    return None if alert.live else alert.window_s, tuple(alert.scope)


def stretch(window_s: int, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """[start, end) of the last `window_s` seconds, or (0) of the local day."""
    if not window_s:
        return day_of(now, zone)
    start = now - timedelta(seconds=window_s)
    if timedelta(seconds=window_s) <= _EXACT:
        return start, now
    return quarter_of(start), quarter_of(now) + QUARTER


def _place(group: tuple[object, ...]) -> Group:
    """The values of the dimensions, without the number of the interval."""
    return tuple(str(word) for word in group[1:])


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
