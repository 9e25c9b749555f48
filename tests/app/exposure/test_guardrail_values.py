"""Guardrails as data: hours, protected reasons, dwell, flips, budgets, the kill switch, plans."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest

from app.errors import NotFound, WrongUse
from app.exposure.approvals import Pending
from app.exposure.effective import Context, effective
from app.exposure.errors import GuardrailRefused, InvalidChange, UnknownWord
from app.exposure.guardrails.last_human import require_human
from app.exposure.guardrails.values import Budget, Guardrails, decoded
from app.exposure.model import ANY, Actor, Change, Scope, State, Switch
from app.exposure.modes import Mode
from app.exposure.service import ExposureService
from ingest.connector import Source
from ingest.database import Database
from ingest.store import Store
from kpis.calendars import Calendar, Calendars
from kpis.calendars import Scope as Whose
from kpis.costs import Decision, Price, set_price
from kpis.intervals import zone_named
from kpis.opening_hours import week_hours
from kpis.rollup import followers
from tests.app.conftest import Login
from tests.kpis.telling import contact

#: A Monday, 13:00 in Paris.
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
OPERATOR = ("viewer", "operator")
ANA, BOB = Actor("user", "ana", OPERATOR), Actor("user", "bob", OPERATOR)
MODES = [Mode("phone", True, "", ""), Mode("chat", True, "", "")]
PARIS = zone_named("Europe/Paris")


@pytest.fixture
def service(database: Database) -> ExposureService:
    return ExposureService(database)


def tucked(channel: str = "phone", reason: str = "billing", **told: object) -> Change:
    given = {"state": State.TUCKED, "why": "too many calls", "expires_at": NOW + 9 * HOUR}
    return Change(channel=channel, reason=reason, **given | told)  # type: ignore[arg-type]


def agree(service: ExposureService, now: datetime = NOW, **values: object) -> None:
    found = service.propose_guardrails(Guardrails(**values), ANA, "as agreed", now)  # type: ignore[arg-type]
    assert isinstance(found, Pending)
    assert service.approve(found.id, BOB, now) == ()


def closed(channel: str, start: datetime, end: datetime) -> Switch:
    return Switch(
        channel=channel, state=State.CLOSED, why="x", owner="ana", starts_at=start,
        expires_at=end, id=1, version=1, updated_at=NOW,
    )  # fmt: skip


def test_the_last_channel_with_people_at_that_hour_is_the_last_human_channel() -> None:
    """Chat answers from 9 to 18, the phone from 8 to 20."""
    calendars = Calendars.of(
        Calendar(Whose(channel=channel), NOW.date() - 30 * DAY, PARIS, week_hours(week))
        for channel, week in (("phone", "mon-fri 08:00-20:00"), ("chat", "mon-fri 09:00-18:00"))
    )

    def refused(start: int, end: int) -> str:
        midnight = NOW - 13 * HOUR
        board = [closed("phone", midnight + start * HOUR, midnight + end * HOUR)]
        try:
            require_human(board, MODES, Scope("phone"), NOW - 13 * HOUR, calendars=calendars)
        except GuardrailRefused as error:
            return error.told
        return ""

    assert refused(10, 17) == refused(20, 24) == ""
    assert "from 2026-11-23T17:00:00Z on" in refused(10, 19)
    assert "from 2026-11-23T07:00:00Z on" in refused(8, 17)


def test_a_protected_reason_keeps_people_at_night_too(service: ExposureService) -> None:
    human = [mode.channel for mode in service.read().modes if mode.human]
    for channel in human[:-1]:
        service.set(tucked(channel, "complaint"), ANA, NOW)
    with pytest.raises(GuardrailRefused, match="protected reason") as error:
        service.set(tucked(human[-1], "complaint"), ANA, NOW)
    assert "first open a channel with people for reason complaint" in error.value.allowed


def test_a_reason_may_be_protected_for_one_channel(service: ExposureService) -> None:
    agree(service, protected={"billing": "phone"})
    with pytest.raises(GuardrailRefused, match="reason billing keeps phone at every hour"):
        service.set(tucked(reason=ANY), ANA, NOW)
    service.set(tucked("chat"), ANA, NOW)


def test_a_scope_stays_as_it_is_for_a_while_but_more_may_always_be_shown(
    service: ExposureService,
) -> None:
    service.set(tucked(), ANA, NOW)
    service.set(tucked(state=State.OPEN), ANA, NOW + MINUTE)
    with pytest.raises(GuardrailRefused, match="minimum dwell") as error:
        service.set(tucked(), ANA, NOW + 5 * MINUTE)
    assert error.value.until == NOW + 6 * MINUTE
    service.set(tucked("chat"), ANA, NOW + 5 * MINUTE)
    service.set(tucked(), ANA, NOW + 6 * MINUTE)


def test_a_plan_does_not_go_round_the_dwell(service: ExposureService) -> None:
    service.set(tucked(expires_at=NOW + 2 * MINUTE), ANA, NOW)
    with pytest.raises(GuardrailRefused, match="minimum dwell"):
        service.set(tucked(starts_at=NOW + 3 * MINUTE), ANA, NOW + MINUTE)
    service.set(tucked(starts_at=NOW + 8 * MINUTE), ANA, NOW + MINUTE)


def test_plans_told_backwards_do_not_go_round_the_dwell(service: ExposureService) -> None:
    noon, later = NOW + HOUR, NOW + HOUR + 30 * MINUTE
    service.set(tucked(starts_at=noon, expires_at=later), ANA, NOW)
    before = {"starts_at": noon - 9 * MINUTE, "expires_at": noon - 4 * MINUTE}
    with pytest.raises(GuardrailRefused, match="hidden again at 2026-11-23T13:00:00Z, within 300"):
        service.set(tucked(**before), ANA, NOW)
    # Without a gap nothing flips; one that is made behind its back is refused as well.
    service.set(tucked(**before | {"expires_at": noon}), ANA, NOW)
    with pytest.raises(GuardrailRefused, match="minimum dwell"):
        service.set(tucked(**before), ANA, NOW + MINUTE)
    # Whoever opens now may, whatever is planned.
    service.set(tucked(starts_at=None, expires_at=later), ANA, NOW + 2 * MINUTE)
    service.set(tucked(state=State.OPEN, expires_at=noon - 10 * MINUTE), ANA, noon - 12 * MINUTE)


def test_plans_told_backwards_do_not_go_round_the_flips(service: ExposureService) -> None:
    agree(service, dwell_s=0, flips_per_hour=4)
    for number in (4, 3):
        start = NOW + 10 * number * MINUTE
        service.set(tucked(starts_at=start, expires_at=start + 5 * MINUTE), ANA, NOW)
    with pytest.raises(GuardrailRefused, match="frozen until"):
        service.set(tucked(starts_at=NOW + 20 * MINUTE, expires_at=NOW + 25 * MINUTE), ANA, NOW)
    with pytest.raises(GuardrailRefused, match="frozen until"):
        service.set(tucked(expires_at=NOW + 5 * MINUTE), ANA, NOW)
    assert len(service.list(NOW)) == 2


def test_too_many_flips_freeze_the_scope_until_a_moment_that_is_told(
    service: ExposureService,
) -> None:
    agree(service, dwell_s=0, flips_per_hour=4)
    for number in range(4):
        state = State.OPEN if number % 2 else State.TUCKED
        service.set(tucked(state=state), ANA, NOW + number * MINUTE)
    with pytest.raises(GuardrailRefused, match="frozen until 2026-11-23T13:00:00Z") as error:
        service.set(tucked(), ANA, NOW + 10 * MINUTE)
    assert error.value.until == NOW + HOUR
    service.set(tucked(), ANA, NOW + HOUR)


def test_a_channel_that_has_used_up_its_budget_is_not_shown_more(
    service: ExposureService, database: Database
) -> None:
    with database.engine.begin() as connection:
        price = Price(channel="phone", valid_from=NOW - 99 * DAY, per_contact=Decimal("0.50"))
        set_price(connection, price, Decision("ana", NOW, past=True))
    calls = [event for key in "abc" for event in contact(key, at=NOW - HOUR)]
    store = Store(database, followers(), key=b"tests")
    store.load(Source("test", "simulator"), calls, now=NOW)
    service.set(tucked(), ANA, NOW)
    agree(service, budgets={"phone": Budget(1.50)})
    with pytest.raises(GuardrailRefused, match=r"phone has cost 1\.50 today of the 1\.50 it may"):
        service.set(tucked(state=State.OPEN), ANA, NOW)
    service.set(tucked("chat", state=State.PROMOTED), ANA, NOW)
    service.set(tucked(state=State.PROMOTED, expires_at=NOW + 2 * DAY), ANA, NOW + DAY)


def test_guardrails_change_by_two_people_and_are_part_of_the_audit(
    service: ExposureService, database: Database
) -> None:
    agree(service, dwell_s=60)
    assert service.guardrails() == Guardrails(dwell_s=60)
    (entry,) = service.history(0)
    assert (entry.proposed_by, entry.actor_name, entry.action) == ("ana", "bob", "guardrails")
    assert service.history() == ()
    assert service.verify().problems == ()
    with database.connect() as connection:
        connection.execute("update exposure_guardrails set value = '0'")
    assert service.verify().problems == ("the guardrails are not what the audit made them",)


@pytest.mark.parametrize(
    "told",
    [{"emergency_minutes": 61}, {"flips_per_hour": 0}, {"two_people": False}, {"dwell_s": "no"},
     {"budgets": {"phone": {"per_day": 1, "zone": "Mars"}}}, []],
)  # fmt: skip
def test_guardrails_that_cannot_be_meant_are_refused(told: object) -> None:
    with pytest.raises(InvalidChange, match="not guardrails"):
        decoded(told)


def test_guardrails_name_known_words(service: ExposureService) -> None:
    with pytest.raises(UnknownWord, match="no reason «weather»"):
        service.propose_guardrails(Guardrails(protected={"weather": ANY}), ANA, "x", NOW)
    with pytest.raises(UnknownWord, match="no channel «fax»"):
        service.propose_guardrails(Guardrails(budgets={"fax": Budget(1)}), ANA, "x", NOW)
    with pytest.raises(WrongUse, match="say why"):
        service.propose_guardrails(Guardrails(dwell_s=1), ANA, " ", NOW)


def test_one_person_opens_all_in_one_go_and_two_take_it_back(service: ExposureService) -> None:
    pending = service.propose(tucked(state=State.CLOSED), ANA, NOW)
    assert isinstance(pending, Pending)
    service.approve(pending.id, BOB, NOW)
    service.set(tucked("chat", starts_at=NOW + HOUR), ANA, NOW)
    service.set(tucked("email", state=State.PROMOTED), ANA, NOW)
    waiting = service.propose(tucked("video", state=State.CLOSED), ANA, NOW)
    before = {switch.id: switch.state for switch in service.list(NOW)}
    entries = service.all_open(BOB, "site down", NOW + MINUTE)
    assert {entry.action for entry in entries} == {"all_open"}
    assert [switch.channel for switch in service.list(NOW)] == ["email"]
    assert service.pending(NOW + MINUTE) == ()
    assert isinstance(waiting, Pending)
    undo = service.undo_all_open(ANA, "back", NOW + HOUR / 2)
    assert isinstance(undo, Pending)
    service.approve(undo.id, BOB, NOW + HOUR / 2)
    assert {switch.id: switch.state for switch in service.list(NOW)} == before
    assert service.verify().problems == ()
    assert service.all_open(BOB, "again", NOW + 12 * HOUR) == ()


def test_without_an_opening_there_is_nothing_to_undo(service: ExposureService) -> None:
    with pytest.raises(NotFound, match="nobody has opened all"):
        service.undo_all_open(ANA, "", NOW)


def test_rules_rest_after_somebody_has_opened_all(service: ExposureService) -> None:
    robot = Actor("rule", "phone overload", OPERATOR, "eve")
    service.set(tucked(), robot, NOW)
    service.all_open(ANA, "enough", NOW + MINUTE)
    with pytest.raises(GuardrailRefused, match="rules rest") as error:
        service.set(tucked("chat"), robot, NOW + 10 * MINUTE)
    assert error.value.until == NOW + 31 * MINUTE
    service.set(tucked("chat"), ANA, NOW + 10 * MINUTE)
    service.set(tucked("video"), robot, NOW + 31 * MINUTE)


def test_a_planned_switch_lies_over_the_one_in_force_and_leaves_it_behind(
    service: ExposureService,
) -> None:
    base = service.set(tucked(state=State.PROMOTED, expires_at=None), ANA, NOW)
    plans = [
        service.set(
            tucked(starts_at=NOW + day * DAY, expires_at=NOW + day * DAY + 4 * HOUR), ANA, NOW
        )
        for day in (7, 8)
    ]
    assert len({base.id, *(plan.id for plan in plans)}) == 3
    switches, modes = service.read().switches, service.read().modes

    def state(at: datetime) -> State:
        offers = effective(switches, modes, Context(reason="billing"), at)
        return next(offer.state for offer in offers if offer.channel == "phone")

    shown = [state(NOW + hours * HOUR) for hours in (0, 168, 171, 172, 192, 196)]
    P, T = State.PROMOTED, State.TUCKED
    assert shown == [P, T, T, P, T, P]
    moved = tucked(starts_at=NOW + 7 * DAY, expires_at=NOW + 7 * DAY + HOUR)
    assert service.set(moved, BOB, NOW).id == plans[0].id
    during = service.set(tucked(state=State.OPEN, expires_at=None), BOB, NOW + 8 * DAY)
    assert during.id == plans[1].id


def test_what_is_over_is_written_down_once_and_needs_nobody_to_be_over(
    service: ExposureService,
) -> None:
    switch = service.set(tucked(expires_at=NOW + HOUR), ANA, NOW)
    assert service.close_out(NOW + HOUR - MINUTE) == ()
    assert service.list(NOW + HOUR) == ()
    assert service.close_out(NOW + 2 * HOUR) == (switch,)
    assert service.close_out(NOW + 2 * HOUR) == ()
    assert [entry.action for entry in service.history()] == ["close_out", "set"]
    assert service.verify().problems == ()


def test_expiry_by_a_job_only_would_be_seen(
    service: ExposureService, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.set(tucked(expires_at=NOW + HOUR), ANA, NOW)
    monkeypatch.setattr(Switch, "over", lambda _switch, _now: False)
    assert service.list(NOW + HOUR) != ()


def test_without_the_checks_of_the_database_a_forged_approval_would_pass(
    service: ExposureService, database: Database
) -> None:
    service.propose(tucked(state=State.CLOSED), ANA, NOW)
    forged = (
        "update exposure_pending set decision = 'approved', decided_by = 'ana', decided_at = now()"
    )
    with database.connect() as connection, pytest.raises(psycopg.IntegrityError):
        connection.execute(forged)
    with database.connect() as connection:
        connection.execute(
            "alter table exposure_pending drop constraint ck_exposure_pending_two_people"
        )
        assert connection.execute(forged).rowcount == 1


def test_readings_are_kept_with_the_change_and_hashed(
    service: ExposureService, database: Database
) -> None:
    service.set(tucked(), ANA, NOW, readings='{"wait_s": 371}')
    (entry,) = service.history()
    assert entry.told()["readings"] == {"wait_s": 371}
    with database.connect() as connection:
        connection.execute("update exposure_audit set readings = '{\"wait_s\": 372}'")
    assert "entry 1 has been altered" in service.verify().problems[0]
    with pytest.raises(InvalidChange, match="readings are not JSON"):
        service.set(tucked("chat"), ANA, NOW, readings="six minutes")


def test_the_state_is_the_fold_of_the_audit_replayed_by_hand(service: ExposureService) -> None:
    service.set(tucked(), ANA, NOW)
    service.set(tucked("chat", share=50), ANA, NOW)
    service.all_open(BOB, "x", NOW)
    service.set(tucked("email"), ANA, NOW)
    folded: dict[int, object] = {}
    for entry in reversed(service.history(limit=1000)):
        folded[entry.switch_id] = entry.told()["after"]
    standing = {switch.id: switch.state.value for switch in service.read().switches}
    assert {
        id: after["state"] for id, after in folded.items() if isinstance(after, dict)
    } == standing


def test_the_api_tells_which_guardrail_and_what_would_be_allowed(log_in: Login) -> None:
    otto = log_in("otto")
    soon = (datetime.now(UTC) + HOUR).isoformat()
    body = {"channel": ANY, "state": "tucked", "why": "x", "expires_at": soon}
    refused = otto.put("/api/v1/exposure/switches", json=body)
    assert refused.status_code == 409
    told = refused.json()
    assert told["guardrail"] in ("last human channel", "protected reason")
    assert told["allowed"]
    answer = otto.put("/api/v1/exposure/guardrails", json={"values": {"dwell_s": 5}, "why": "y"})
    assert answer.status_code == 202
    assert otto.get("/api/v1/exposure/guardrails").json()["dwell_s"] == 300
    opened = otto.post("/api/v1/exposure/all-open", json={"why": "drill"})
    assert json.loads(opened.text) == {"opened": []}
