"""Where an alert leads: to the page of exactly what it watches, and to the contacts it counts."""

from __future__ import annotations

from urllib.parse import urlencode

from app.alerts.model import Alert, Kind
from app.channel_look import figures
from app.filters import DIMENSIONS
from kpis.catalogue import catalogue
from kpis.contacts import can_drill

#: Of what is open all counts, whenever it came.
_EVER = "2000-01-01"


def page_of(alert: Alert) -> str:
    """The page that tells more of it, narrowed to its channel, queue, reason, segment and site."""
    if alert.kind is Kind.INCIDENT:
        return "/reports"
    if alert.kind is Kind.FORECAST:
        return _address("/forecast", {name: alert.scope.get(name, "") for name in ("channel",)})
    drawn = {kpi.key for kpi in figures()}
    told = {"period": "today", "kpi": alert.kpi if alert.kpi in drawn else ""}
    return _address("/channels", told | {name: alert.scope.get(name, "") for name in DIMENSIONS})


def contacts_of(alert: Alert) -> str | None:
    """The contacts behind its value: those open now, or those of the time it is read over.

    None where no contacts are counted.
    """
    if alert.kind is Kind.INCIDENT or not can_drill(catalogue()[alert.kpi]):
        return None
    where = [("where", f"{name}={word}") for name, word in alert.scope.items()]
    return f"/contacts?{urlencode([('kpi', alert.kpi), *_time(alert), *where])}"


def _time(alert: Alert) -> list[tuple[str, str]]:
    if alert.live:
        return [("from", _EVER)]
    if alert.kind is Kind.FORECAST or not alert.window_s:
        return []
    return [("last", str(alert.window_s))]


def _address(path: str, told: dict[str, str]) -> str:
    words = urlencode({name: word for name, word in told.items() if word})
    return f"{path}?{words}" if words else path
