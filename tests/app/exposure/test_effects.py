"""What followed a change: the same figures as the series, before and after it is felt."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from app.bootstrap import House
from app.exposure.audit import Entry
from app.exposure.effect_counts import read_effects
from app.exposure.effects import FEW, KEYS, SPAN, Effect, felt
from app.exposure.model import Actor, Change, State
from app.exposure.service import ExposureService
from ingest.connector import Source
from kpis.series import KpiQuery, compute
from kpis.snapshot import snapshot
from tests.app.conftest import Login
from tests.house import Vigie
from tests.kpis.telling import MONDAY, contact

PBX = Source("pbx", "simulator")
OTTO = Actor("user", "otto", ("operator",))
MINUTE = timedelta(minutes=1)


@pytest.fixture
def service(house: House) -> ExposureService:
    return ExposureService(house.database)


def tucked(**told: object) -> Change:
    given: dict[str, object] = {
        "channel": "phone", "state": State.TUCKED, "why": "too many calls",
        "expires_at": MONDAY + 120 * MINUTE,
    }  # fmt: skip
    return Change(**given | told)  # type: ignore[arg-type]


def people_come(house: House, now: datetime) -> None:
    """A call a minute for an hour before and after MONDAY, a chat every three minutes; of the
    calls before every second one is lost, and the last one still waits."""
    events = []
    for minute in range(-60, 60):
        at = MONDAY + minute * MINUTE + timedelta(seconds=7)
        lost = minute < 0 and minute % 2 == 0
        left = "abandoned" if lost else "answered"
        if at < now:
            events += contact(
                f"p{minute}", at, left if at + MINUTE < now else None, 40 - minute % 7
            )
        if minute % 3 == 0 and at < now:
            events += contact(f"c{minute}", at, channel="chat", queue="help")
    house.store.write(PBX, [event for event in events if event.occurred_at <= now], now=now)


def effects_of(house: House, now: datetime) -> dict[int, Effect]:
    entries = ExposureService(house.database).history()
    with snapshot(house.database.engine) as connection:
        return read_effects(connection, entries, now)


@pytest.mark.parametrize("later", [12, 30, 55])
def test_the_figures_are_those_of_the_series_over_the_same_half_hours(
    house: House, service: ExposureService, later: int
) -> None:
    now = MONDAY + later * MINUTE
    service.set(tucked(), OTTO, MONDAY)
    people_come(house, now)
    effect = effects_of(house, now)[1]
    assert effect.left_s == max(0, 30 - later) * 60
    (phone, others) = effect.lanes
    assert (phone.channel, others.channel) == ("phone", None)
    for start, end, side in (
        (MONDAY - SPAN, MONDAY, "before"), (MONDAY, min(MONDAY + SPAN, now), "after")
    ):  # fmt: skip
        query = KpiQuery(from_=start, to=end, now=now, by=("channel",))
        with snapshot(house.database.engine) as connection:
            rows = {row.by["channel"]: row.kpis for row in compute(connection, query)}
        assert getattr(phone, side) == {key: rows["phone"][key] for key in KEYS}
        assert getattr(others, side) == {key: rows["chat"][key] for key in KEYS}
    assert phone.before["answer_rate"] == 0.5
    assert not phone.few


def test_few_contacts_are_told_and_nobody_is_not_a_rate(
    house: House, service: ExposureService
) -> None:
    service.set(tucked(), OTTO, MONDAY)
    house.store.write(PBX, contact("one", MONDAY + MINUTE), now=MONDAY + 2 * MINUTE)
    (lane,) = effects_of(house, MONDAY + SPAN)[1].lanes
    assert lane.few
    assert (lane.before["offered"], lane.before["service_level"]) == (0, None)
    assert (lane.after["offered"], lane.after["service_level"]) == (1, 1.0)
    assert FEW > 1


def test_a_plan_is_judged_from_its_start_and_a_switch_that_ran_out_from_its_end(
    house: House, service: ExposureService
) -> None:
    begins = MONDAY + 90 * MINUTE
    service.set(tucked(starts_at=begins), OTTO, MONDAY)
    people_come(house, MONDAY + 50 * MINUTE)
    planned = effects_of(house, MONDAY + 50 * MINUTE)[1]
    assert (planned.at, planned.lanes) == (begins, ())
    service.close_out(MONDAY + 300 * MINUTE)
    closed = effects_of(house, MONDAY + 300 * MINUTE)[2]
    assert closed.at == MONDAY + 120 * MINUTE


def test_what_no_customer_saw_has_no_effect(house: House, service: ExposureService) -> None:
    begins = MONDAY + 90 * MINUTE
    switch = service.set(tucked(starts_at=begins), OTTO, MONDAY)
    service.revert(switch.id, OTTO, MONDAY + MINUTE)
    removed, planned = service.history()
    assert felt(removed) is None
    assert felt(planned) == ("phone", begins)
    assert isinstance(planned, Entry)
    assert effects_of(house, begins + MINUTE) == {}


def test_a_plan_that_was_changed_before_it_began_is_judged_as_it_then_was(
    house: House, service: ExposureService
) -> None:
    begins = MONDAY + 90 * MINUTE
    service.set(tucked(starts_at=begins), OTTO, MONDAY)
    service.set(tucked(starts_at=begins, share=50), OTTO, MONDAY + MINUTE)
    assert sorted(effects_of(house, begins + MINUTE)) == [2]


def test_one_statement_a_kind_serves_any_number_of_changes(
    house: House, service: ExposureService, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy import event

    for number in range(6):
        service.set(tucked(reason="billing", why=f"n{number}"), OTTO, MONDAY + 10 * number * MINUTE)
    people_come(house, MONDAY + 55 * MINUTE)
    entries, said = service.history(), []
    with snapshot(house.database.engine) as connection:
        event.listen(connection, "before_cursor_execute", lambda *told: said.append(told[2]))
        found = read_effects(connection, entries, MONDAY + 100 * MINUTE)
    assert sorted(found) == [1, 2, 3, 4, 5, 6]
    assert len(said) == 3  # measures, waits, open ones
    alone = {entry.seq: effects_alone(house, entry) for entry in entries}
    assert found == alone


def effects_alone(house: House, entry: Entry) -> Effect:
    with snapshot(house.database.engine) as connection:
        return read_effects(connection, [entry], MONDAY + 100 * MINUTE)[entry.seq]


def test_effects_by_the_api_and_the_command(
    house: House, service: ExposureService, log_in: Login, vigie: Vigie
) -> None:
    service.set(tucked(), OTTO, MONDAY)
    people_come(house, MONDAY + 55 * MINUTE)
    (told,) = log_in("vera").get("/api/v1/exposure/effects").json()
    assert (told["seq"], told["left_s"]) == (1, 0)
    assert told["lanes"][0]["before"]["answer_rate"] == 0.5
    rows = vigie("exposure", "effects", "--format", "json").rows
    assert [row["channel"] for row in rows] == ["phone", "*"]
    assert rows[0]["answer_rate_before"] == 0.5
