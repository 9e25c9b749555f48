"""Hours close for everybody at once: what shortens those of the next day takes two people."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from app.access.accounts import Accounts
from app.calendar_book import DayHours, WeekHours
from app.components.exposure_board import read_board
from app.components.exposure_pending import approvals_list
from app.decision import Decision
from app.errors import Forbidden, WrongUse
from app.exposure.approvals import Pending
from app.exposure.audit import HOURS_ID
from app.exposure.effective import Context, effective
from app.exposure.hours import first_lost, setting
from app.exposure.model import Actor, State
from app.exposure.service import ExposureService
from app.exposure.surroundings import surroundings
from app.hub.reading import read_rows
from ingest.database import Database
from kpis.calendars import Calendar, Calendars, ExceptionalDay, Scope
from kpis.intervals import zone_named
from kpis.opening_hours import day_hours, week_hours
from tests.app.conftest import Login
from tests.house import PASSWORD, Vigie

#: A Monday, 13:00 in Paris.
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = date(2026, 11, 23)
ZONE, PARIS = "Europe/Paris", zone_named("Europe/Paris")
OPERATOR = ("viewer", "operator")
ANA, BOB = Actor("user", "ana", OPERATOR), Actor("user", "bob", OPERATOR)
PATH = "/api/v1/calendars"


@pytest.fixture
def service(database: Database) -> ExposureService:
    return ExposureService(database)


def asked(
    service: ExposureService,
    *changes: WeekHours | DayHours,
    actor: Actor = ANA,
    why: str = "strike",
    now: datetime = NOW,
) -> Pending | None:
    weeks = [one for one in changes if isinstance(one, WeekHours)]
    days = [one for one in changes if isinstance(one, DayHours)]
    act = setting(weeks, days, ZONE, Decision(actor.name, why, now))
    return service.set_hours(act, actor, why, now)


def phone(database: Database, now: datetime = NOW, reason: str | None = None) -> State:
    """What a caller meets."""
    with database.connect() as connection:
        around = surroundings(read_rows(connection))
    exposure = ExposureService(database).read()
    context = Context(reason=reason)
    offers = effective(exposure.switches, exposure.modes, context, now, around)
    return next(offer.state for offer in offers if offer.channel == "phone")


def test_a_day_is_not_closed_by_one_person(service: ExposureService, database: Database) -> None:
    pending = asked(service, DayHours(TODAY, "closed"))
    assert isinstance(pending, Pending)
    assert phone(database, reason="complaint") is State.OPEN
    assert service.history(HOURS_ID) == ()
    with pytest.raises(Forbidden, match="another person"):
        service.approve(pending.id, Actor("api", "Ana ", OPERATOR), NOW)
    assert service.approve(pending.id, BOB, NOW) == ()
    assert phone(database, reason="complaint") is State.CLOSED
    (entry,) = service.history(HOURS_ID)
    assert (entry.proposed_by, entry.actor_name, entry.why) == ("ana", "bob", "strike")
    assert (entry.action, service.verify().problems) == ("hours", ())
    assert service.pending(NOW) == ()


def test_what_was_rejected_closes_nothing(service: ExposureService, database: Database) -> None:
    pending = asked(service, DayHours(TODAY, "closed"))
    assert isinstance(pending, Pending)
    service.all_open(BOB, "no strike", NOW)
    assert (service.pending(NOW), phone(database)) == ((), State.OPEN)


def test_a_week_that_closes_something_soon_waits_too(
    service: ExposureService, database: Database
) -> None:
    assert isinstance(asked(service, WeekHours(hours="mon-fri 08:00-12:00")), Pending)
    assert isinstance(asked(service, WeekHours(channel="phone", hours="closed")), Pending)
    assert phone(database) is State.OPEN


def test_what_opens_or_begins_later_takes_one_person(
    service: ExposureService, database: Database
) -> None:
    assert asked(service, DayHours(date(2026, 11, 25), "closed")) is None
    assert asked(service, DayHours(date(2026, 11, 22), "closed")) is None
    assert asked(service, WeekHours(hours="closed", from_=date(2026, 11, 25))) is None
    closing = asked(service, DayHours(TODAY, "closed"))
    assert isinstance(closing, Pending)
    service.approve(closing.id, BOB, NOW)
    assert asked(service, DayHours(TODAY, "08:00-18:00")) is None
    assert phone(database) is State.OPEN
    assert isinstance(asked(service, DayHours(TODAY, "08:00-17:00")), Pending)
    assert asked(service, DayHours(TODAY, None)) is None


def test_an_exception_taken_back_may_close_and_waits(
    service: ExposureService, database: Database
) -> None:
    office = asked(service, WeekHours(hours="mon-fri 08:00-12:00"))
    assert isinstance(office, Pending)
    service.approve(office.id, BOB, NOW)
    assert asked(service, DayHours(TODAY, "00:00-24:00")) is None
    assert phone(database) is State.OPEN
    assert isinstance(asked(service, DayHours(TODAY, None)), Pending)
    assert isinstance(asked(service, DayHours(TODAY, "closed", queue="night")), Pending)


def test_a_change_that_both_opens_and_closes_waits_whole(service: ExposureService) -> None:
    wanted = DayHours(TODAY, "closed", channel="phone"), WeekHours(channel="chat", hours="24/7")
    assert isinstance(asked(service, *wanted), Pending)


def test_shortening_says_why(service: ExposureService) -> None:
    with pytest.raises(WrongUse, match="needs a reason"):
        asked(service, DayHours(TODAY, "closed"), why=" ")
    assert service.pending(NOW) == ()


def test_the_same_hours_shortened_again_are_another_entry(service: ExposureService) -> None:
    for number in range(3):
        now = NOW + timedelta(minutes=number)
        pending = asked(service, DayHours(TODAY, "closed"), now=now)
        assert isinstance(pending, Pending)
        service.approve(pending.id, BOB, now)
        assert asked(service, DayHours(TODAY, "00:00-24:00"), now=now) is None
    assert len(service.history(HOURS_ID)) == 3
    assert service.verify().problems == ()


def test_the_first_switch_after_hours_has_the_first_number(
    service: ExposureService, vigie: Vigie
) -> None:
    told = vigie("calendar", "set", "--hours", "mon-fri 08:00-18:00", "--actor", "lea")
    assert told.code == 0
    assert vigie("exposure", "set", "--channel", "phone", "--reason", "billing",
                 "--state", "promoted", "--why", "calm").code == 0  # fmt: skip
    assert [switch.id for switch in service.read().switches] == [1]
    assert vigie("exposure", "verify").code == 0


def test_a_site_is_set_up_at_its_terminal_and_the_audit_tells(vigie: Vigie) -> None:
    assert vigie("calendar", "set", "--hours", "mon-fri 08:00-12:00", "--actor", "lea").code == 0
    today = datetime.now(PARIS).date()
    assert vigie("calendar", "day", "--day", today, "--hours", "closed").code == 0
    entries = vigie("exposure", "history", "--switch", -1, "--format", "json").rows
    assert (entries[-1]["actor_name"], entries[-1]["actor_kind"]) == ("lea", "cli")
    assert vigie("exposure", "history", "--switch", -1).code == 0
    assert vigie("exposure", "history", "--format", "json").rows == []


def test_by_the_api_one_operator_closes_nothing(
    accounts: Accounts, log_in: Login, database: Database
) -> None:
    accounts.add("ana", "operator", PASSWORD, datetime.now(UTC))
    otto, ana = log_in("otto"), log_in("ana")
    day = {"day": datetime.now(PARIS).date().isoformat(), "hours": "closed", "why": "strike"}
    answer = otto.put(f"{PATH}/days", json=day)
    assert answer.status_code == 202
    pending = answer.json()["pending"]
    assert (pending["waits"], pending["act"]["kind"]) == (True, "hours")
    assert phone(database, datetime.now(UTC)) is State.OPEN
    approve = f"/api/v1/exposure/pending/{pending['id']}/approve"
    assert otto.post(approve).status_code == 403
    assert ana.post(approve).status_code == 200
    assert phone(database, datetime.now(UTC)) is State.CLOSED
    [entry] = ana.get("/api/v1/exposure/history", params={"switch": -1}).json()
    assert entry["proposed_by"] == "otto"


def test_the_second_person_reads_which_hours(service: ExposureService, database: Database) -> None:
    asked(
        service,
        DayHours(TODAY, "closed", channel="phone", reason="billing"),
        WeekHours(hours="mon-fri 08:00-12:00"),
    )
    drawn = str(approvals_list(read_board(database, NOW), None, PARIS).to_plotly_json())
    assert "phone · billing: 2026-11-23 closed; *: 2026-11-23 mon-fri 08:00-12:00" in drawn


HOURS = [None, "closed", "08:00-12:00", "08:00-12:00,14:00-18:00", "00:00-24:00"]
SCOPES = [Scope(), Scope("phone"), Scope(reason="billing"), Scope("phone", "night", "billing")]


def calendars(board: dict[Scope, str | None]) -> Calendars:
    week = Calendar(Scope(), date(2020, 1, 1), PARIS, week_hours("mon-fri 09:00-17:00"))
    told = {scope: hours for scope, hours in board.items() if hours is not None}
    return Calendars.of([week], [
        ExceptionalDay(scope, TODAY, day_hours(hours), PARIS) for scope, hours in told.items()
    ])  # fmt: skip


def test_a_loss_is_found_exactly_where_minute_by_minute_somebody_loses() -> None:
    everybody = [
        Scope(*words)
        for words in product(("phone", "chat"), ("night", "day"), ("billing", "delivery"))
    ]
    times = [NOW + timedelta(minutes=20 * step) for step in range(72)]
    found = 0
    for scope, others, was, new in product(SCOPES, SCOPES, HOURS, HOURS):
        if scope == others:
            continue
        before = calendars({others: "10:00-16:00", scope: was})
        after = calendars({others: "10:00-16:00", scope: new})
        lost = first_lost(before, after, [scope], NOW)
        loses = any(
            before.is_open(one, at) and not after.is_open(one, at)
            for one in everybody
            for at in times
        )
        assert (lost is not None) == loses, (scope, others, was, new)
        found += loses
    assert found > 20
