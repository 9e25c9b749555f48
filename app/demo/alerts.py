"""The demo's alerts: sensible ones to begin with, as data that people may change."""

from __future__ import annotations

from datetime import datetime

from app.alerts.book import AlertBook
from app.alerts.model import Alert, Kind, Severity, Side
from app.bootstrap import House
from app.exposure.model import Actor

ALERTS = (
    Alert(
        name="phone-wait", kpi="longest_wait_s", channel="phone", enter=240, exit=120, held_s=30,
        severity=Severity.CRITICAL,
    ),
    Alert(
        name="phone-service-level", kpi="service_level", channel="phone", side=Side.BELOW,
        enter=0.7, exit=0.8, held_s=120, min_volume=20,
    ),
    Alert(
        name="abandonment", kpi="abandonment_rate", enter=0.15, exit=0.1, held_s=120,
        min_volume=40,
    ),
    Alert(name="email-age", kpi="oldest_s", channel="email", enter=14_400, exit=10_800),
    Alert(name="email-backlog", kpi="backlog", channel="email", enter=60, exit=45),
    Alert(
        name="arrivals-unlike-forecast", kpi="offered", kind=Kind.FORECAST, side=Side.EITHER,
        min_volume=10,
    ),
)  # fmt: skip
_DEMO = Actor("demo", "demo", ("operator",))


def seed_alerts(house: House, now: datetime) -> None:
    """Write them, where nobody has written any."""
    book = AlertBook(house.database, house.settings.tz)
    if not book.list():
        for alert in ALERTS:
            book.save(alert, _DEMO, now)
