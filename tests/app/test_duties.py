"""Duties: done again and again, each by itself, one that fails stopping no other."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest

import app.duties.forget_refusals
from app.bootstrap import House
from app.duties import Duties
from ingest.connector import Source
from ingest.events import Rejected

SOON_S = 20.0
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def duty(name: str, run: object) -> ModuleType:
    made = ModuleType(f"app.duties.{name}")
    vars(made).update(EVERY_S=0.05, run=run)
    return made


def test_a_duty_that_fails_is_tried_again_and_stops_no_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed, done = threading.Semaphore(0), threading.Semaphore(0)

    def fails(house: House, now: datetime) -> None:
        failed.release()
        raise RuntimeError("not today")

    found = [duty("fails", fails), duty("works", lambda house, now: done.release())]
    monkeypatch.setattr(app.duties, "modules", lambda package: found)
    with Duties(house) as duties:
        duties.start()
        assert all(each.acquire(timeout=SOON_S) for each in (failed, failed, done, done))


def test_what_the_quarantine_kept_for_long_goes_by_itself(house: House) -> None:
    source = Source("pbx", "simulator")
    for days, raw in ((31, b"old"), (29, b"young")):
        refusal = Rejected(reason="bad_json", detail="cut short", raw=raw)
        house.store.write(source, [refusal], now=NOW - timedelta(days=days))
    app.duties.forget_refusals.run(house, NOW)
    with house.database.connect() as connection:
        assert connection.execute("select raw from quarantine").fetchall() == [(b"young",)]
