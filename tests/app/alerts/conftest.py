"""A house in which somebody waits, and the alert book on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from app.alerts.book import AlertBook
from app.alerts.model import Alert
from app.alerts.watching import watch
from app.bootstrap import House
from app.exposure.model import Actor
from ingest.connector import Source
from tests.kpis.telling import MONDAY

SOURCE = Source("pbx", "simulator")
ANA = Actor("user", "ana", ("viewer", "operator"))
EVE = Actor("user", "eve", ("viewer",))
WAITS = Alert(
    name="long-wait", kpi="longest_wait_s", channel="phone", enter=300, exit=200, held_s=60
)
Look = Callable[[float], None]


def after(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


@pytest.fixture
def book(house: House) -> AlertBook:
    return AlertBook(house.database, house.settings.tz, {"example.com"})


@pytest.fixture
def look(house: House) -> Look:
    """The feed is fresh and the duty runs, so many minutes after MONDAY."""

    def run(minutes: float) -> None:
        house.store.write(SOURCE, [], now=after(minutes))
        watch(house.database, after(minutes), house.settings.tz, mails=True)

    return run
