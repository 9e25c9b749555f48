"""Alerts as plain data, for the API and the command."""

from __future__ import annotations

from datetime import datetime

import msgspec

from app.alerts.records import Firing, Kept

Answer = dict[str, object]


def told(kept: Kept, now: datetime) -> Answer:
    """An alert: its content, where it stands, what was read last."""
    return {
        "name": kept.alert.name,
        "version": kept.version,
        "enabled": kept.enabled,
        "firing": kept.state.firing,
        "note": kept.state.note.value,
        "value": None if kept.reading is None else kept.reading.value,
        "seen_at": kept.seen_at,
        "snoozed_until": kept.snoozed_until if kept.snoozed(now) else None,
        "alert": msgspec.to_builtins(kept.alert),
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
