"""Rules at work: tried, switched on, acting once across processes, refused like people."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection

from app.bootstrap import House
from app.duties import evaluate_rules
from app.errors import Conflict, Forbidden, WrongUse
from app.exposure.approvals import Pending
from app.exposure.model import Actor, Change, State, Switch
from app.exposure.modes import DEFAULT_MODES
from app.exposure.rules import evaluator
from app.exposure.rules.book import RuleBook
from app.exposure.rules.deciding import Note, Reading
from app.exposure.rules.model import Condition, Doing, Measure, Rule, RuleMode
from app.exposure.service import ExposureService
from ingest.connector import Source
from tests.kpis.telling import MONDAY, contact

SOURCE = Source("pbx", "simulator")
ANA = Actor("user", "ana", ("viewer", "operator"))
BOB = Actor("user", "bob", ("viewer", "operator"))
EVE = Actor("user", "eve", ("viewer",))
RULE = Rule(
    name="phone-overload",
    channel="phone",
    conditions=(Condition(measure=Measure.LONGEST_WAIT, enter=300, exit=200),),
    held_s=60,
    dwell_s=120,
    ramp=(10, 100),
    ramp_s=60,
    doing=Doing(reason="billing", message_en="Long waits on the phone."),
)


def after(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


@pytest.fixture
def book(house: House) -> RuleBook:
    return RuleBook(house.database)


def caller_waits(house: House) -> None:
    """Somebody calls at MONDAY and goes on waiting."""
    house.store.write(SOURCE, contact("waits", MONDAY, None), now=MONDAY)


def work(house: House, minutes: float) -> None:
    """The feed is fresh and the duty runs."""
    house.store.write(SOURCE, [], now=after(minutes))
    evaluate_rules.run(house, after(minutes))


def switched_on(book: RuleBook, rule: Rule = RULE, mode: RuleMode = RuleMode.AUTO) -> None:
    book.save(rule, ANA, MONDAY)
    book.try_on(rule.name, 1, ANA, MONDAY)
    book.switch(rule.name, mode, ANA, MONDAY)


def standing(house: House, minutes: float) -> list[Switch]:
    switches = ExposureService(house.database).read().switches
    return [switch for switch in switches if switch.in_force(after(minutes))]


def test_a_rule_acts_ramps_and_lets_go_as_an_actor_of_its_own(house: House, book: RuleBook) -> None:
    caller_waits(house)
    switched_on(book)
    work(house, 6)
    assert standing(house, 6) == []
    seen = book.get(RULE.name).kept.seen
    assert seen is not None
    assert (seen.version, seen.next.in_s, seen.reading.longest_wait) == (1, 60.0, 360.0)
    work(house, 7)
    (switch,) = standing(house, 7)
    assert (switch.state, switch.share, switch.reason) == (State.TUCKED, 10, "billing")
    assert (switch.owner, switch.message_en) == (RULE.name, "Long waits on the phone.")
    assert switch.why == "rule phone-overload v1: wait 7:00 (enter 5:00)"
    work(house, 8.5)
    assert [one.share for one in standing(house, 8.5)] == [100]
    house.store.write(SOURCE, contact("waits", MONDAY, "answered", 570), now=after(9.5))
    for minutes in (10.0, 11.0):
        work(house, minutes)
    assert standing(house, 11.1) == []
    entries = ExposureService(house.database).history()
    assert [(one.actor_kind, one.actor_name) for one in entries] == [("rule", RULE.name)] * 3
    assert '"longest_wait":420.0' in str(entries[-1].readings)
    assert [one.kind for one in book.log()] == ["release", "ramp", "act"]
    assert ExposureService(house.database).verify().problems == ()


def test_processes_that_evaluate_at_once_act_once(house: House, book: RuleBook) -> None:
    caller_waits(house)
    switched_on(book)
    work(house, 6)
    house.store.write(SOURCE, [], now=after(7))
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(evaluate_rules.run, house, after(7)) for _ in range(12)]:
            done.result()
    assert len(ExposureService(house.database).history()) == 1
    assert [one.kind for one in book.log()] == ["act"]


@pytest.mark.parametrize("dies", ["before the switch", "after the switch"])
def test_a_process_that_dies_between_deciding_and_noting_leaves_it_done_once(
    house: House, book: RuleBook, monkeypatch: pytest.MonkeyPatch, dies: str
) -> None:
    caller_waits(house)
    switched_on(book)
    work(house, 6)
    killed = "carry_out" if dies == "before the switch" else "_settle"
    with monkeypatch.context() as patch:
        patch.setattr(evaluator, killed, lambda *told: None)
        work(house, 7)
    assert book.get(RULE.name).kept.intent is not None
    work(house, 7.5)
    assert len(ExposureService(house.database).history()) == 1
    assert [one.kind for one in book.log()] == ["act"]
    kept = book.get(RULE.name).kept
    (switch,) = standing(house, 7.5)
    assert (kept.intent, kept.state.switch_version) == (None, switch.version)


def test_a_decision_found_too_late_is_given_up_unless_it_was_done(
    house: House, book: RuleBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller_waits(house)
    switched_on(book)
    work(house, 6)
    with monkeypatch.context() as patch:
        patch.setattr(evaluator, "carry_out", lambda *told: None)
        work(house, 7)
    work(house, 60)
    assert standing(house, 60) == []
    kept = book.get(RULE.name).kept
    assert (kept.intent, kept.state.acting, kept.state.note) == (None, False, Note.REFUSED)


def test_a_silent_feed_holds_what_stands_and_says_so(house: House, book: RuleBook) -> None:
    caller_waits(house)
    switched_on(book)
    work(house, 6)
    work(house, 7)
    before = standing(house, 7)
    house.store.write(SOURCE, contact("waits", MONDAY, "answered", 480), now=after(8))
    for minutes in (14, 20, 30):
        evaluate_rules.run(house, after(minutes))
    assert standing(house, 30) == before
    assert [one.kind for one in book.log()] == ["stale", "act"]
    assert book.log()[0].told == "pbx"


def test_a_rule_leaves_alone_what_a_person_has_set_and_lets_go_when_one_takes_over(
    house: House, book: RuleBook
) -> None:
    caller_waits(house)
    switched_on(book)
    work(house, 6)
    work(house, 7)
    service = ExposureService(house.database)
    person = Change(
        channel="phone", reason="billing", state=State.PROMOTED, why="sale day",
        expires_at=after(600),
    )  # fmt: skip
    mine = service.set(person, ANA, after(8))
    for minutes in range(9, 60):
        work(house, minutes)
    assert standing(house, 60) == [mine]
    assert not book.get(RULE.name).kept.state.acting


def test_guardrails_refuse_a_rule_as_they_refuse_people_and_it_cools_down(
    house: House, book: RuleBook
) -> None:
    caller_waits(house)
    service = ExposureService(house.database)
    people = [mode.channel for mode in DEFAULT_MODES if mode.human and mode.channel != "phone"]
    for channel in people:
        tuck = Change(
            channel=channel, reason="billing", state=State.TUCKED, why="training",
            expires_at=after(600),
        )  # fmt: skip
        service.set(tuck, ANA, MONDAY)
    switched_on(book)
    for minutes in (6, 7, 8, 9):
        work(house, minutes)
    assert [one.channel for one in standing(house, 9) if one.channel == "phone"] == []
    kept = book.get(RULE.name).kept
    assert (kept.state.acting, kept.state.note) == (False, Note.RESTING)
    assert kept.state.not_before == after(7) + timedelta(seconds=RULE.cooldown_s)
    (entry,) = book.log()
    assert entry.kind == "refused"
    assert "last human channel" in entry.told


def test_a_rule_that_advises_changes_nothing_until_a_person_applies_it(
    house: House, book: RuleBook
) -> None:
    caller_waits(house)
    book.save(RULE, ANA, MONDAY)
    book.switch(RULE.name, RuleMode.ADVISE, ANA, MONDAY)
    for minutes in (6, 7, 8):
        work(house, minutes)
    assert standing(house, 8) == []
    (advice,) = book.proposals()
    assert advice.reading.longest_wait == 420
    with pytest.raises(Forbidden):
        book.apply(advice.id, EVE, after(8))
    switch = book.apply(advice.id, ANA, after(8))
    assert isinstance(switch, Switch)
    assert (switch.owner, switch.share, switch.state) == ("ana", 100, State.TUCKED)
    with pytest.raises(Conflict, match="applied already"):
        book.apply(advice.id, ANA, after(8))
    house.store.write(SOURCE, contact("waits", MONDAY, "answered", 520), now=after(9))
    for minutes in (10, 11):
        work(house, minutes)
    (ending,) = book.proposals()
    book.apply(ending.id, ANA, after(12))
    assert standing(house, 12.1) == []


def test_advice_that_nobody_took_is_withdrawn_when_the_wait_is_over(
    house: House, book: RuleBook
) -> None:
    caller_waits(house)
    book.save(RULE, ANA, MONDAY)
    book.switch(RULE.name, RuleMode.ADVISE, ANA, MONDAY)
    for minutes in (6, 7):
        work(house, minutes)
    assert len(book.proposals()) == 1
    house.store.write(SOURCE, contact("waits", MONDAY, "answered", 520), now=after(9))
    for minutes in (10, 11):
        work(house, minutes)
    assert book.proposals() == ()
    assert [one.status for one in book.proposals(None)] == ["withdrawn"]


def test_a_rule_that_closes_only_ever_proposes(house: House, book: RuleBook) -> None:
    caller_waits(house)
    switched_on(book, replace(RULE, doing=Doing(state=State.CLOSED, reason="billing")))
    for minutes in (6, 7, 8):
        work(house, minutes)
    assert standing(house, 8) == []
    (advice,) = book.proposals()
    pending = book.apply(advice.id, ANA, after(8))
    assert isinstance(pending, Pending)
    assert standing(house, 8) == []
    service = ExposureService(house.database)
    with pytest.raises(Forbidden):
        service.approve(pending.id, ANA, after(9))
    service.approve(pending.id, BOB, after(9))
    assert [one.state for one in standing(house, 9)] == [State.CLOSED]


def test_auto_needs_a_trial_of_this_very_version(house: House, book: RuleBook) -> None:
    book.save(RULE, ANA, MONDAY)
    with pytest.raises(Conflict, match=r"vigie rules try phone-overload"):
        book.switch(RULE.name, RuleMode.AUTO, ANA, MONDAY)
    book.try_on(RULE.name, 1, ANA, MONDAY)
    assert book.switch(RULE.name, RuleMode.AUTO, ANA, MONDAY).mode is RuleMode.AUTO
    changed = book.save(replace(RULE, held_s=120), ANA, MONDAY)
    assert (changed.version, changed.mode) == (2, RuleMode.ADVISE)
    with pytest.raises(Conflict, match="version 2"):
        book.switch(RULE.name, RuleMode.AUTO, ANA, MONDAY)
    assert book.save(replace(RULE, held_s=120), ANA, MONDAY).version == 2


def test_a_trial_tells_how_often_and_how_long_it_would_have_acted(
    house: House, book: RuleBook
) -> None:
    house.store.write(SOURCE, contact("a", after(0), "answered", 1200), now=after(60))
    house.store.write(SOURCE, contact("b", after(100), "abandoned", 600), now=after(160))
    book.save(replace(RULE, stale_s=3600), ANA, MONDAY)
    trial = book.try_on(RULE.name, 1, ANA, after(180)).trial
    # Each caller is beyond 5 minutes, then held for one; the line is free at 20 and 110.
    assert [(spell.from_, spell.to) for spell in trial.timeline] == [
        (after(6), after(21)), (after(106), after(111)),
    ]  # fmt: skip
    assert (trial.acted, trial.acting_s, trial.flips) == (2, 20 * 60, 4)
    assert ExposureService(house.database).history() == ()


def test_agents_free_have_no_past_so_such_a_rule_can_only_advise(book: RuleBook) -> None:
    few = Condition(measure=Measure.AGENTS_FREE, enter=0, exit=2)
    book.save(replace(RULE, conditions=(few,)), ANA, MONDAY)
    with pytest.raises(WrongUse, match="can advise"):
        book.try_on(RULE.name, 14, ANA, MONDAY)


def test_viewers_neither_write_nor_switch_rules(book: RuleBook) -> None:
    with pytest.raises(Forbidden):
        book.save(RULE, EVE, MONDAY)
    book.save(RULE, ANA, MONDAY)
    with pytest.raises(Forbidden):
        book.switch(RULE.name, RuleMode.ADVISE, EVE, MONDAY)


def test_a_rule_that_fails_stops_no_other(
    house: House, book: RuleBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller_waits(house)
    switched_on(book, replace(RULE, name="a-broken-one"))
    switched_on(book)
    real = evaluator.read_now

    def breaks(connection: Connection, rule: Rule, now: datetime) -> Reading:
        if rule.name == "a-broken-one":
            raise RuntimeError("not today")
        return real(connection, rule, now)

    monkeypatch.setattr(evaluator, "read_now", breaks)
    work(house, 6)
    work(house, 7)
    assert [one.owner for one in standing(house, 7)] == [RULE.name]


def test_when_a_person_opens_all_the_rule_rests_and_does_not_hide_again(
    house: House, book: RuleBook
) -> None:
    caller_waits(house)
    switched_on(book, replace(RULE, cooldown_s=0))
    work(house, 6)
    work(house, 7)
    assert len(standing(house, 7)) == 1
    ExposureService(house.database).all_open(ANA, "storm is over", after(8))
    for minutes in range(9, 36):
        work(house, minutes)
    assert standing(house, 36) == []


def test_a_rule_acts_in_the_name_of_its_owner_who_is_no_second_person(
    house: House, book: RuleBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    acted: list[Actor] = []
    true_set = ExposureService.set

    def noting(self: ExposureService, change: Change, actor: Actor, *rest: Any, **told: Any) -> Any:
        acted.append(actor)
        return true_set(self, change, actor, *rest, **told)

    monkeypatch.setattr(ExposureService, "set", noting)
    caller_waits(house)
    switched_on(book)
    work(house, 6)
    work(house, 7)
    (actor,) = acted
    assert actor == Actor("rule", RULE.name, ("operator",), account="ana")
    service = ExposureService(house.database)
    closing = Change(
        channel="chat", state=State.CLOSED, why="x", expires_at=after(60), reason="billing"
    )
    pending = service.propose(closing, actor, after(7))
    assert isinstance(pending, Pending)
    with pytest.raises(Forbidden, match="another person"):
        service.approve(pending.id, ANA, after(8))
    assert service.approve(pending.id, BOB, after(8))
