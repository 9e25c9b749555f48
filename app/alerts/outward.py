"""What other systems are told of a firing: a message each when it fires and when it is over."""

from __future__ import annotations

from datetime import datetime

import msgspec

from app.alerts.records import Connection, Firing
from app.outbox.announcing import announce

FIRED, OVER = KINDS = ("alert.fired", "alert.over")


def tell(connection: Connection, kind: str, firing: Firing, now: datetime) -> None:
    """Announce it, in the transaction of the turn; once each."""
    version = KINDS.index(kind) + 1
    body = message(kind, firing, now)
    announce(connection, kind, f"alert/{firing.id}", version, body, now)


def message(kind: str, firing: Firing, now: datetime) -> bytes:
    """The body; the alert as it was written, without whom it mails."""
    alert = firing.alert
    data = {
        "subject": f"alert/{firing.id}",
        "version": KINDS.index(kind) + 1,
        "alert": alert.name,
        "severity": alert.severity,
        "kpi": alert.kpi,
        "kind": alert.kind,
        "scope": alert.scope,
        "side": alert.side,
        "enter": alert.enter,
        "exit": alert.exit,
        "value": firing.value,
        "count": firing.reading.count,
        "band": firing.reading.band,
        "fired_at": firing.fired_at,
        "over_at": firing.over_at,
        "over_why": firing.over_why,
        "over_value": firing.over_value,
    }
    return msgspec.json.encode({"type": kind, "timestamp": now, "data": data})
