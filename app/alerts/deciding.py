"""The pure core: `decide(alert, state, reading, now)` → the next state, and the turn if any.

It never flaps: thresholds apart, a condition held, a least volume.  A stale feed holds the state.
What cannot be judged any more (no value, too few contacts) ends a firing and begins none.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from app.alerts.bands import Band
from app.alerts.model import Alert
from app.hysteresis import held_since, is_stale


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What was read at `at`; `value` None: no value.  `fed_at`: until when the feed tells all.

    `volume`: how many were offered; None: the KPI asks for none.  Against a forecast `value` is
    the departure (1: the edge of the band) of `count` from `band`.
    """

    at: datetime
    fed_at: datetime | None
    fed_by: str = ""
    value: float | None = None
    volume: float | None = None
    count: int | None = None
    band: Band | None = None


class Note(StrEnum):
    """Why nothing is judged."""

    NONE = ""
    STALE = "stale"
    MISSING = "missing"
    FEW = "few"


class Turn(StrEnum):
    """What has just turned."""

    FIRED = "fired"
    OVER = "over"


class AlertState(msgspec.Struct, frozen=True, kw_only=True):
    """All that an alert remembers between two looks.

    `since`: what turns it has held since then, seen without a gap until `seen_at`.
    `bands`: of the last quarter hours, which are forecast once each.
    """

    firing: bool = False
    since: datetime | None = None
    seen_at: datetime | None = None
    note: Note = Note.NONE
    bands: tuple[Band, ...] = ()


def decide(
    alert: Alert, state: AlertState, reading: Reading, now: datetime
) -> tuple[AlertState, Turn | None]:
    """The state after this look, and the turn."""
    note = gate(alert, reading, now)
    if note is Note.STALE:
        return replace(state, since=None, seen_at=now, note=note), None
    turning = left(alert, reading) if state.firing else entered(alert, reading)
    since = held_since(state.since, state.seen_at, now, alert.stale_s) if turning else None
    state = replace(state, since=since, seen_at=now, note=note)
    if since is None or now - since < timedelta(seconds=alert.held_s):
        return state, None
    turn = Turn.OVER if state.firing else Turn.FIRED
    return replace(state, firing=not state.firing, since=None), turn


def gate(alert: Alert, reading: Reading, now: datetime) -> Note:
    """Whether it can be judged: the feed is fresh, there is a value, of enough contacts."""
    if is_stale(reading.fed_at, now, alert.stale_s):
        return Note.STALE
    if reading.value is None:
        return Note.MISSING
    few = reading.volume is not None and reading.volume < alert.min_volume
    return Note.FEW if few else Note.NONE


def entered(alert: Alert, reading: Reading) -> bool:
    """Judged, and beyond the threshold."""
    return _judged(alert, reading) and alert.threshold.entered(reading.value or 0.0)


def left(alert: Alert, reading: Reading) -> bool:
    """Back at the other threshold, or nothing to judge any more."""
    return not _judged(alert, reading) or alert.threshold.left(reading.value or 0.0)


def _judged(alert: Alert, reading: Reading) -> bool:
    enough = reading.volume is None or reading.volume >= alert.min_volume
    return reading.value is not None and enough
