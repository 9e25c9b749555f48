"""The alerts' cells of the live feed: what fires now, how many, each value, and a mark.

Another mark says «look again» to an open page of alerts, as that of exposure does.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from app.alerts import records
from app.alerts.leads import page_of
from app.alerts.model import SCOPE
from app.alerts.records import Firing, Kept, Status
from app.cells import Cell, Cells


def alert_cells(connection: Connection, now: datetime) -> Cells:
    """``alerts`` (rows), ``alerts.firing`` (those nobody has seen to), ``alerts.mark``, and
    ``alert.<name>.value`` of each that is watched."""
    driver: records.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    known = records.kept(driver)
    firing = records.open_firings(driver)
    fresh = sum(each.status(now) is Status.FIRING for each in firing)
    values = {f"alert.{each.alert.name}.value": _value(each) for each in known if each.enabled}
    rows: list[Cell] = [_row(each, now) for each in firing]
    return {"alerts": rows, "alerts.firing": fresh, "alerts.mark": _mark(known, rows), **values}


def _row(firing: Firing, now: datetime) -> Cells:
    alert = firing.alert
    return {
        "id": firing.id,
        "name": alert.name,
        "kpi": alert.kpi,
        "kind": alert.kind.value,
        **{name: getattr(alert, name) for name in SCOPE},
        "severity": alert.severity.value,
        "status": firing.status(now).value,
        "fired_at": firing.fired_at.isoformat(),
        "leads": page_of(alert),
    }


def _value(kept: Kept) -> Cell:
    """What was read last; ages grow by themselves and are told in whole seconds."""
    if kept.reading is None or kept.reading.value is None:
        return None
    value = kept.reading.value
    return int(value) if kept.alert.kpi.endswith("_s") else value


def _mark(known: list[Kept], rows: list[Cell]) -> str:
    """Of all that the page draws by the server: values have cells of their own."""
    told = [
        (each.alert.name, each.version, each.enabled, each.snoozed_until, each.state.note)
        for each in known
    ]
    return hashlib.sha256(msgspec.json.encode((told, rows))).hexdigest()[:16]
