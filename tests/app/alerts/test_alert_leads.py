"""An alert leads to exactly what it watches: to its page, and to the contacts behind its value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from app.alerts.incidents import UNDONE
from app.alerts.leads import contacts_of, page_of
from app.alerts.model import Alert, Kind, Side
from app.contact_look import Look
from app.discovery import page_at
from kpis.service_level import DEFAULT

NOW = datetime(2026, 10, 25, 12, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
LEVEL = Alert(
    name="level", kpi="service_level", channel="phone", queue="billing", side=Side.BELOW,
    enter=0.7, exit=0.75, window_s=1800,
)  # fmt: skip
WAIT = Alert(name="wait", kpi="longest_wait_s", channel="phone", enter=60, exit=30)
FORECAST = Alert(name="rush", kpi="offered", kind=Kind.FORECAST, channel="chat")
INCIDENT = Alert(name="reports-not-sent", kpi=UNDONE, kind=Kind.INCIDENT)


def asked(alert: Alert) -> Look:
    """What the page of contacts takes its address for."""
    leads = contacts_of(alert)
    assert leads is not None
    return Look.of(leads.partition("?")[2], NOW, PARIS, DEFAULT)


def test_it_leads_to_the_page_of_its_channel_queue_and_figure() -> None:
    told = "/channels?period=today&kpi=service_level&channel=phone&queue=billing"
    assert page_of(LEVEL) == told
    # What waits now has no line over time: the page's own figure stands there.
    assert page_of(WAIT) == "/channels?period=today&channel=phone"
    assert page_of(replace(WAIT, channel="*", reason="billing")).endswith("today&reason=billing")
    assert page_of(replace(WAIT, site="lyon")).endswith("channel=phone&site=lyon")
    assert page_of(FORECAST) == "/forecast?channel=chat"
    assert page_of(INCIDENT) == "/reports"
    for alert in (LEVEL, WAIT, FORECAST, INCIDENT):
        assert page_at(page_of(alert).partition("?")[0]) is not None


def test_its_value_leads_to_the_contacts_of_the_time_it_is_read_over() -> None:
    level = asked(LEVEL).question.behind(NOW)[0]
    assert (level.kpi, level.query.from_, level.query.to) == (
        "service_level", NOW - timedelta(minutes=30), NOW,
    )  # fmt: skip
    assert level.query.where == {"channel": "phone", "queue": "billing"}
    day = asked(replace(LEVEL, window_s=0)).question.behind(NOW)[0].query
    assert day.to - day.from_ == timedelta(hours=25)
    assert asked(WAIT).question.behind(NOW)[0].query.from_ < datetime(2001, 1, 1, tzinfo=UTC)
    assert "last=" not in asked(LEVEL).file
    assert contacts_of(INCIDENT) is None
