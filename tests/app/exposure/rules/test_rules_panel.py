"""The rules panel: next moves in words, the form's values as a rule, nothing for viewers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from app import i18n
from app.components.rule_acts import changed, rule_of
from app.components.rule_form import rules_panel
from app.components.rule_words import next_words, now_parts
from app.components.vocabulary import Vocabulary
from app.exposure.errors import InvalidChange
from app.exposure.model import Actor
from app.exposure.reading import Exposure
from app.exposure.rules.book import RuleBook
from app.exposure.rules.deciding import Reading, RuleState
from app.exposure.rules.model import Condition, Measure, Rule, RuleMode
from app.exposure.rules.moves import next_move
from app.exposure.rules.records import Seen
from ingest.database import Database
from tests.app.test_pages import nodes, plain

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
RULE = Rule(
    name="phone-overload",
    channel="phone",
    conditions=(Condition(measure=Measure.LONGEST_WAIT, enter=180, exit=120),),
)
FORM: dict[str, str | float | None] = {
    "rule": "phone-overload", "channel": "phone", "reason": "*", "measure": "longest_wait",
    "enter": 5, "exit": 3, "held": 3, "state": "tucked", "message-fr": "", "message-en": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Acts in 1:40 if “Longest wait” stays above 3:00"),
        ("fr", "Agit dans 1:40 si « Plus longue attente » reste au-dessus de 3:00"),
    ],
)
def test_the_next_move_is_told_with_its_time_and_its_condition(language: str, words: str) -> None:
    state = RuleState(since=NOW - timedelta(seconds=80), seen_at=NOW)
    reading = Reading(at=NOW, fed_at=NOW, longest_wait=240)
    with i18n.speaking(language):
        told = next_words(next_move(RULE, state, reading, NOW))
    assert told.replace("\N{NO-BREAK SPACE}", " ") == words


def test_the_form_speaks_minutes_and_percents_and_the_rule_seconds_and_fractions() -> None:
    rule = rule_of(FORM)
    assert (rule.conditions[0].enter, rule.conditions[0].exit, rule.held_s) == (300, 180, 180)
    level = rule_of(FORM | {"measure": "service_level", "enter": 50, "exit": 80})
    assert (level.conditions[0].enter, level.conditions[0].exit) == (0.5, 0.8)


def test_what_the_form_does_not_ask_stays_as_it_was() -> None:
    cost = Condition(measure=Measure.COST, enter=100, exit=50)
    known = replace(RULE, queue="billing", ramp=(5,), cap=2, dwell_s=1200)
    told = changed(known, rule_of(FORM))
    assert (told.queue, told.ramp, told.cap, told.dwell_s) == ("billing", (5,), 2, 1200)
    assert [(each.enter, each.exit) for each in told.conditions] == [(300, 180)]
    both = changed(replace(known, conditions=(*RULE.conditions, cost)), rule_of(FORM))
    assert both.conditions == (*told.conditions, cost)


@pytest.mark.parametrize("wrong", [{"enter": ""}, {"enter": None}, {"measure": "mood"}])
def test_what_the_form_cannot_mean_is_refused(wrong: dict[str, str | float | None]) -> None:
    with pytest.raises(InvalidChange):
        rule_of(FORM | wrong)


def test_viewers_see_the_rules_and_no_button(database: Database) -> None:
    RuleBook(database).save(RULE, Actor("user", "ana", ("operator",)), NOW)
    rules = RuleBook(database).list()
    vocabulary = Vocabulary.of(Exposure())
    seen, acting = (
        json.dumps(plain(rules_panel("r", vocabulary, rules, acts=acts))) for acts in (False, True)
    )
    assert "phone-overload" in seen
    assert "data-may-act" not in seen
    assert '"type": "Button"' not in seen
    assert "data-may-act" in acting
    assert '"data-act": "auto"' in acting


def test_the_time_of_the_next_move_is_counted_down_by_the_browser(database: Database) -> None:
    book, ana = RuleBook(database), Actor("user", "ana", ("operator",))
    book.save(RULE, ana, NOW)
    book.switch(RULE.name, RuleMode.ADVISE, ana, NOW)
    (listed,) = book.list()
    state = RuleState(since=NOW - timedelta(seconds=80), seen_at=NOW)
    reading = Reading(at=NOW, fed_at=NOW, longest_wait=240)
    seen = Seen(version=1, at=NOW, reading=reading, next=next_move(RULE, state, reading, NOW))
    with i18n.speaking("en"):
        told = replace(listed, kept=replace(listed.kept, seen=seen))
        before, due, after = map(plain_or_text, now_parts(told))
    assert (before, after) == ("Acts in ", " if “Longest wait” stays above 3:00")
    assert due["data-due"] == (NOW + timedelta(seconds=100)).isoformat()  # type: ignore[index]


def plain_or_text(part: object) -> object:
    return part if isinstance(part, str) else next(nodes(plain(part)))["props"]  # type: ignore[arg-type]
