"""Foresight: what is coming, worked out once a quarter hour for everybody who looks.

A forecast costs tenths of a second, and tells nothing new before the next quarter begins: the
first who asks in a quarter works it out, whoever comes meanwhile gets that of the quarter
before, and no viewer costs anything more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine

from app.bootstrap import House
from app.callback_desk.capacity import Slot
from app.callback_desk.planning import Planner
from kpis.errors import WrongQuery
from kpis.snapshot import snapshot
from kpis.staff import read_staff

if TYPE_CHECKING:
    from kpis.forecast import Forecast
    from kpis.forecasting.staffing import Demand

_QUARTER_S = 900
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Seen:
    """What is coming, as it was known in one quarter hour.

    `begun`: the quarters of today that are over, and by channel (None: all) what `came` in each.
    `staff`: by channel how many agents are there, where that may be told.
    """

    forecast: Forecast
    demands: Mapping[str, Demand]
    staff: Mapping[str, int]
    begun: Sequence[datetime]
    came: Mapping[str | None, Sequence[int]]


class _Kept(Generic[T]):
    """One value a quarter hour, worked out by one thread."""

    def __init__(self) -> None:
        self._making = threading.Lock()
        self._known: tuple[datetime, T] | None = None

    def at(self, quarter: datetime, make: Callable[[], T]) -> T:
        """That of the quarter; while another thread works it out, the one before."""
        known = self._known
        if known is not None and known[0] == quarter:
            return known[1]
        if not self._making.acquire(blocking=known is None):
            assert known is not None
            return known[1]
        try:
            if self._known is None or self._known[0] != quarter:
                self._known = quarter, make()
            return self._known[1]
        finally:
            self._making.release()


class Foresight:
    """What one process knows of the days to come on one database."""

    def __init__(self) -> None:
        self._seen: dict[str, _Kept[Seen]] = {}
        self._slots: _Kept[list[Slot]] = _Kept()

    def seen(self, house: House, horizon: str, now: datetime) -> Seen:
        """The forecast of a horizon, and what it asks of agents; without lines on the first day."""
        kept = self._seen.setdefault(horizon, _Kept())
        return kept.at(quarter_of(now), lambda: _look(house, horizon, now))

    def slots(self, house: House, now: datetime) -> list[Slot]:
        """Where callbacks fit: the slots for any reason, in order of time."""
        settings = house.settings

        def planned() -> list[Slot]:
            planner = Planner(house.database, settings.tz, settings.region)
            return planner.plan(now).slots("", now)

        return [slot for slot in self._slots.at(quarter_of(now), planned) if slot.start > now]


_of_engines: WeakKeyDictionary[Engine, Foresight] = WeakKeyDictionary()
_adding = threading.Lock()


def foresight(house: House) -> Foresight:
    """The foresight of this process on the house's database."""
    with _adding:
        return _of_engines.setdefault(house.database.engine, Foresight())


def quarter_of(now: datetime) -> datetime:
    """When the quarter hour that runs has begun."""
    return datetime.fromtimestamp(now.timestamp() // _QUARTER_S * _QUARTER_S, UTC)


def _look(house: House, horizon: str, now: datetime) -> Seen:
    # numpy: only who looks ahead pays for it
    from kpis.forecast import Forecast
    from kpis.forecasting.asking import Asked
    from kpis.forecasting.staffing import read_demands

    settings = house.settings
    asked = Asked(zone=settings.zone, site_country=settings.region, horizon=horizon)
    with snapshot(house.database.engine) as connection:
        try:
            forecast = asked.forecast(connection, now)
        except WrongQuery:  # all that came came today: there is no history to go by yet
            forecast = Forecast(now, settings.zone, horizon, None, [], [], [], [])
        begun, came = _so_far(connection, house, now)
        return Seen(forecast, read_demands(connection, forecast), _there(connection, now),
                    begun, came)  # fmt: skip


def _so_far(
    connection: Connection, house: House, now: datetime
) -> tuple[list[datetime], dict[str | None, list[int]]]:
    """The quarters of today that are over, and what came in them."""
    from kpis.forecasting.history import read_history

    today = read_history(connection, now, house.settings.tz, days=0, ahead=0, reason_days=0)
    over = today.axis.number(now)
    came: dict[str | None, list[int]] = {
        channel: [int(count) for count in counts[:over]]
        for channel, counts in zip(today.channels, today.offered, strict=True)
    }
    came[None] = [int(count) for count in today.offered[:, :over].sum(axis=0)]
    return [today.axis.moment(quarter) for quarter in range(over)], came


def _there(connection: Connection, now: datetime) -> dict[str, int]:
    """Agents who take contacts now, by channel."""
    return {
        channel: staff.available + (staff.engaged or 0)
        for (channel, queue), staff in read_staff(connection, now).items()
        if channel is not None and queue is None
    }
