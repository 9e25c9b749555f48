"""Displays: how often a channel was offered, as the hub tells it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ingest.database import Database
from ingest.events import Event
from kpis.series import KpiQuery, compute
from tests.kpis.conftest import Write
from tests.kpis.telling import MONDAY

DAY = KpiQuery(
    from_=MONDAY - timedelta(hours=9),
    to=MONDAY + timedelta(hours=15),
    now=MONDAY + timedelta(days=1),
)


def shown(display: str, channel: str, state: str, displays: str | int | None = None) -> Event:
    """One display, or a sum of them, listed the channel so."""
    told: dict[str, str | int | float | bool | None] = {"state": state, "surface": "web"}
    if displays is not None:
        told["displays"] = displays
    return Event(
        event_id=f"{display}/{channel}", occurred_at=MONDAY, kind="offer_shown",
        contact_id=display, channel=channel, reason="billing", attributes=told,
    )  # fmt: skip


def rates(database: Database, query: KpiQuery) -> dict[object, float | int | None]:
    with database.engine.connect() as connection:
        rows = compute(connection, query)
    return {row.by.get("channel"): row.kpis["display_rate"] for row in rows}


def test_a_channel_is_displayed_where_it_is_open_or_promoted(
    database: Database, write: Write
) -> None:
    write([
        *[shown("d1", channel, "open") for channel in ("phone", "chat")],
        *[shown("d2", channel, "tucked") for channel in ("phone", "chat")],
        shown("d3", "phone", "closed"),
        shown("d3", "chat", "promoted"),
    ])  # fmt: skip
    by_channel = replace(DAY, by=("channel",))
    assert rates(database, by_channel) == {
        "phone": pytest.approx(1 / 3, abs=1e-6),
        "chat": pytest.approx(2 / 3, abs=1e-6),
    }
    assert rates(database, DAY) == {None: 0.5}
    assert rates(database, replace(DAY, where={"reason": "billing"})) == {None: 0.5}
    assert rates(database, replace(DAY, where={"reason": "delivery"})) == {None: None}


def test_an_event_may_stand_for_many_displays(database: Database, write: Write) -> None:
    write([
        shown("sum1", "phone", "open", 30),
        shown("sum2", "phone", "closed", 9),
        shown("one", "phone", "closed"),
        shown("odd", "chat", "open", "many"),
    ])  # fmt: skip
    assert rates(database, replace(DAY, where={"channel": "phone"})) == {None: 0.75}
    assert rates(database, replace(DAY, where={"channel": "chat"})) == {None: 1}


def test_displays_make_no_contact_and_none_means_no_rate(database: Database, write: Write) -> None:
    assert rates(database, DAY) == {None: None}
    write([shown("d1", "phone", "open")])
    with database.engine.connect() as connection:
        [row] = compute(connection, DAY)
    assert (row.kpis["offered"], row.kpis["display_rate"]) == (0, 1)
