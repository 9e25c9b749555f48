"""Alerts as plain data, for the API and the command."""

from __future__ import annotations

from datetime import datetime

import msgspec

from app.alerts.bands import Band
from app.alerts.model import Alert
from app.alerts.records import Firing, Kept

Answer = dict[str, object]


class AlertTold(msgspec.Struct, frozen=True, kw_only=True):
    """What `told` says."""

    name: str
    version: int
    enabled: bool
    firing: bool
    note: str
    value: float | None
    seen_at: datetime | None
    snoozed_until: datetime | None
    alert: Alert
    changed_at: datetime
    changed_by: str


class FiringTold(msgspec.Struct, frozen=True, kw_only=True):
    """What `told_firing` says."""

    id: int
    name: str
    version: int
    severity: str
    status: str
    kpi: str
    kind: str
    scope: str
    value: float
    enter: float
    exit: float
    count: int | None
    band: Band | None
    fired_at: datetime
    told_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    snoozed_until: datetime | None
    over_at: datetime | None
    over_why: str | None
    over_value: float | None


def told(kept: Kept, now: datetime, *, addresses: bool = True) -> Answer:
    """An alert: its content, where it stands, what was read last; who may not write alerts is
    not told to whom they go.
    """
    alert = kept.alert if addresses else msgspec.structs.replace(kept.alert, mail=())
    return {
        "name": kept.alert.name,
        "version": kept.version,
        "enabled": kept.enabled,
        "firing": kept.state.firing,
        "note": kept.state.note.value,
        "value": None if kept.reading is None else kept.reading.value,
        "seen_at": kept.seen_at,
        "snoozed_until": kept.snoozed_until if kept.snoozed(now) else None,
        "alert": msgspec.to_builtins(alert),
        "changed_at": kept.changed_at,
        "changed_by": kept.changed_by,
    }


def told_firing(firing: Firing, now: datetime) -> Answer:
    """A firing: what fired, with which value, who saw to it, how it ended."""
    alert = firing.alert
    return {
        "id": firing.id,
        "name": alert.name,
        "version": firing.version,
        "severity": alert.severity.value,
        "status": firing.status(now).value,
        "kpi": alert.kpi,
        "kind": alert.kind.value,
        "scope": alert.scope,
        "value": firing.value,
        "enter": alert.enter,
        "exit": alert.exit,
        "count": firing.reading.count,
        "band": msgspec.to_builtins(firing.reading.band),
        "fired_at": firing.fired_at,
        "told_at": firing.told_at,
        "acknowledged_at": firing.acknowledged_at,
        "acknowledged_by": firing.acknowledged_by,
        "snoozed_until": firing.snoozed_until,
        "over_at": firing.over_at,
        "over_why": firing.over_why and firing.over_why.value,
        "over_value": firing.over_value,
    }
