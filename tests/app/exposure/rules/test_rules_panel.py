"""The rules panel: next moves in words, the form's values as a rule, nothing for viewers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from app import i18n
from app.components.rule_values import FIELDS, FieldsRefused, rule_of, usual, values_of
from app.components.rule_views import rules_panel
from app.components.rule_words import next_words, now_parts
from app.components.vocabulary import Vocabulary
from app.exposure.model import Actor, State
from app.exposure.reading import Exposure
from app.exposure.rules.book import RuleBook
from app.exposure.rules.deciding import Reading, RuleState
from app.exposure.rules.model import Condition, Doing, Measure, Rule, RuleMode
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
FORM: dict[str, str | float | None] = {field: usual(field) for field in FIELDS} | {
    "rule": "phone-overload", "channel": "phone", "enter-1": 5, "exit-1": 3, "message-en": None,
}  # fmt: skip
#: Everything a rule can have, nothing of it as usual.
WHOLE = Rule(
    name="phone-level",
    channel="phone",
    queue="billing",
    reason="billing",
    conditions=(
        Condition(measure=Measure.SERVICE_LEVEL, enter=0.5, exit=0.8),
        Condition(measure=Measure.LONGEST_WAIT, enter=300, exit=90),
        Condition(measure=Measure.COST, enter=100, exit=12.5),
    ),
    window_s=1200,
    held_s=90,
    dwell_s=1260,
    cooldown_s=0,
    ramp=(5, 20),
    ramp_s=420,
    cap=7,
    stale_s=600,
    lasts_s=5400,
    doing=Doing(
        state=State.CLOSED,
        channel="chat",
        reason="*",
        segment="pro",
        surface="app",
        message_fr="Patience",
        message_en="Patience please",
    ),
)


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
    level = rule_of(FORM | {"measure-1": "service_level", "enter-1": 50, "exit-1": 80})
    assert (level.conditions[0].enter, level.conditions[0].exit) == (0.5, 0.8)


def test_an_untouched_form_says_the_usual_rule() -> None:
    usually = rule_of(FORM | {"rule": RULE.name, "enter-1": 3, "exit-1": 2})
    assert usually == RULE


def test_everything_a_rule_has_is_in_the_form_and_comes_back_from_it() -> None:
    assert rule_of(dict(zip(FIELDS, values_of(WHOLE), strict=True))) == WHOLE
    usually = msgspec.to_builtins(rule_of(FORM))
    told = msgspec.to_builtins(WHOLE)
    assert [name for name in told if told[name] == usually[name]] == ["channel"]


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        ({"enter-1": ""}, {"enter-1": "Write a number of zero or more."}),
        ({"enter-1": None, "cap": 1.5}, {
            "enter-1": "Write a number of zero or more.", "cap": "A whole number from 2 to 20."}),
        ({"measure-1": "mood"}, {"measure-1": "Choose a reading."}),
        ({"measure-2": "longest_wait"}, {"measure-2": "This reading has its condition already."}),
        ({"measure-2": "cost", "exit-2": 1}, {"enter-2": "Write a number of zero or more."}),
        ({"exit-1": 4.9}, {"exit-1": "Too near: 3.5 at most, so that nothing flaps."}),
        ({"enter-1": 0, "exit-1": 0}, {"enter-1": "Above zero."}),
        ({"measure-3": "service_level", "enter-3": 60, "exit-3": 70},
         {"exit-3": "Too near: 85.8 at least, so that nothing flaps."}),
        ({"measure-3": "service_level", "enter-3": 60, "exit-3": 101},
         {"exit-3": "A share is 100 % at most."}),
        ({"dwell": 0}, {"dwell": "From 1 to 1,440 minutes."}),
        ({"held": 241, "ramp": "ten"}, {
            "held": "From 0 to 240 minutes.",
            "ramp": "Rising numbers from 1 to 100, such as 10, 50, 100."}),
    ],
)  # fmt: skip
def test_what_the_form_cannot_mean_is_told_beside_its_fields(
    told: dict[str, str | float | None], wrong: dict[str, str]
) -> None:
    with i18n.speaking("en"), pytest.raises(FieldsRefused) as refused:
        rule_of(FORM | told)
    assert refused.value.wrong == wrong


def test_the_nearest_exit_that_is_advised_is_taken(database: Database) -> None:
    """What the words beside the field propose is no second refusal."""
    ana = Actor("user", "ana", ("operator",))
    told: dict[str, str | float | None] = {
        "measure-2": "service_level", "enter-2": 60, "exit-2": 85.8, "exit-1": 3.5,
    }  # fmt: skip
    kept = RuleBook(database).save(rule_of(FORM | told), ana, NOW)
    assert len(kept.rule.conditions) == 2


def test_viewers_see_the_rules_and_can_act_on_none(database: Database) -> None:
    RuleBook(database).save(RULE, Actor("user", "ana", ("operator",)), NOW)
    rules = RuleBook(database).list()
    vocabulary = Vocabulary.of(Exposure())
    seen, acting = (
        json.dumps(plain(rules_panel("r", vocabulary, rules, acts=acts))) for acts in (False, True)
    )
    assert "phone-overload" in seen
    assert "data-may-act" not in seen
    assert '"data-act"' not in seen
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
